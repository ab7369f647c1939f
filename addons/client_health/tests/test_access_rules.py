from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import tagged

from ..engine.rule import iter_leaves
from .common import new_test_user
from .test_access import AccessCase

AMOUNT_RULE = "[('written_off_amount', '>', 0)]"
INVOICED = "('partner_id.invoice_ids.amount_total', '>', 5)"


@tagged("-at_install", "post_install")
class TestDecideDialog(AccessCase):
    """The dialog in which staff read why reads it with their own rights."""

    def make_late(self, company=None):
        self.late_payer.flag_domain = AMOUNT_RULE
        health = self.make_client(
            "Late", company, instalment_due_count=8, written_off_amount=987
        )
        self.judge(health)
        self.env.flush_all()
        self.env.invalidate_all()
        return self.flag_of(health, self.late_payer)

    def test_it_shows_no_amount_without_invoice_rights(self):
        flag = self.make_late()
        dialog = (
            self.env["client.health.flag.decide"]
            .with_user(self.user)
            .create({"flag_ids": [Command.set(flag.ids)]})
        )
        self.env.invalidate_all()
        [shown] = dialog.web_read({"explanation_html": {}})
        self.assertIn("not shown to you", shown["explanation_html"])
        self.assertNotIn("987", shown["explanation_html"])

    def test_it_shows_the_amount_to_who_may_see_invoices(self):
        self.user.group_ids += self.env.ref("account.group_account_invoice")
        flag = self.make_late()
        dialog = self.env["client.health.flag.decide"].with_user(self.user)
        dialog = dialog.create({"flag_ids": [Command.set(flag.ids)]})
        self.assertIn("987", dialog.explanation_html)

    def test_it_tells_nothing_of_another_company_before_it_is_saved(self):
        theirs = self.make_late(self.env["res.company"].create({"name": "B"}))
        theirs.sudo().decision_reason = "SECRET"
        self.env.flush_all()
        self.env.invalidate_all()
        dialog = self.env["client.health.flag.decide"].with_user(self.user)
        for name in ("decision_reason", "level", "explanation_html", "guidance"):
            asked = {"flag_ids": {}, "flag_id": {}, name: {}}
            typed = [{"flag_ids": [Command.set(theirs.ids)]}, [], asked]
            self.assert_nothing(
                name,
                lambda typed=typed: call_kw(dialog, "onchange", [[], *typed], {}),
            )


@tagged("-at_install", "post_install")
class TestRules(AccessCase):
    """A rule is judged on all facts, but reaches no further than its author."""

    def make_trait(self, rule, user=None, code="x"):
        return (
            self.env["client.health.trait"]
            .with_user(user or self.manager)
            .create({"name": "X", "code": code, "flag_domain": rule})
        )

    def test_a_rule_beyond_the_client_is_refused_whoever_writes_it(self):
        self.manager.group_ids += self.env.ref("account.group_account_invoice")
        own = "('late_count', '>=', 3)"
        for rule in (
            f"[{INVOICED}]",
            f"['|', {own}, {INVOICED}]",
            f"['&', {own}, '!', {INVOICED}]",
            "[('partner_id', 'any', [('invoice_ids', 'any', [('id', '>', 0)])])]",
            f"['|', {own}, ('incident_ids.ticket_id.name', 'ilike', 'a')]",
            "[('partner_id.name', '=like', 'a%')]",
            "[('partner_id.user_ids.password', 'like', 'a')]",
            "[('partner_id.category_id.create_uid.login', '=', 'a')]",
            "[('create_uid', '=', 1)]",
            "[('score', '<', 50)]",
        ):
            for user in (self.manager, self.env.user):
                with (
                    self.subTest(rule=rule, user=user.login),
                    self.assertRaisesRegex(UserError, "neither a fact nor"),
                    self.env.cr.savepoint(),
                ):
                    self.make_trait(rule, user)

    def test_amounts_are_for_who_may_see_invoices(self):
        rule = "[('overdue_amount', '>', 500)]"
        self.late_payer.flag_domain = AMOUNT_RULE
        trait = self.make_trait("[('late_count', '>', 5)]")
        for change in (
            lambda: self.make_trait(rule, code="y"),
            lambda: trait.write({"watch_domain": rule}),
            lambda: trait.with_context(default_flag_domain=rule).create(
                {"name": "Y", "code": "y"}
            ),
            lambda: self.late_payer.with_user(self.manager).copy({"code": "y"}),
        ):
            with self.assertRaisesRegex(UserError, "invoices"), self.env.cr.savepoint():
                change()
        self.manager.group_ids += self.env.ref("account.group_account_readonly")
        trait.flag_domain = rule
        self.assertTrue(trait.flag_domain)

    def test_amounts_that_stand_in_a_rule_leave_the_others_open(self):
        trait = self.late_payer.with_user(self.manager)
        trait.write(
            {"watch_domain": "[('late_count', '>', 5)]", "name": "Late", "weight": 5}
        )
        self.assertFalse(trait.rule_error)

    def count_while_typing(self, rule, ready="[]", user=None):
        trait = self.env["client.health.trait"].with_user(user or self.manager)
        typed = {"flag_domain": rule, "ready_domain": ready, "watch_domain": "[]"}
        names = {"flag_match_count": {}, "rule_error": {}}
        answer = call_kw(trait, "onchange", [[], typed, ["flag_domain"], names], {})
        value = answer["value"]
        return value.get("flag_match_count", 0), value.get("rule_error") or ""

    def test_what_is_beyond_is_not_counted_while_typing(self):
        self.partner.ref = "SECRET"
        count, error = self.count_while_typing("[('partner_id.ref', '=', 'SECRET')]")
        self.assertEqual(count, 0)
        self.assertIn("neither a fact nor", error)
        count, error = self.count_while_typing("[('late_count', '>=', '3')]")
        self.assertEqual(count, 0)
        self.assertIn("cannot be compared", error)

    def test_amounts_are_not_counted_while_typing_for_who_sees_no_invoices(self):
        self.health.overdue_amount = 700
        rule = "[('overdue_amount', '>=', 700)]"
        count, error = self.count_while_typing(rule)
        self.assertEqual(count, 0)
        self.assertIn("invoices", error)
        only_here = f"[('partner_id.user_id', '=', {self.user.id})]"
        self.partner.user_id = self.user
        for typed in ((only_here, rule), (rule, only_here)):
            self.assertEqual(self.count_while_typing(*typed)[0], 0)
        self.manager.group_ids += self.env.ref("account.group_account_invoice")
        self.assertEqual(self.count_while_typing(rule), (1, ""))

    def test_anothers_rule_is_no_way_to_narrow_an_amount_down(self):
        self.late_payer.flag_domain = AMOUNT_RULE
        self.health.write({"instalment_due_count": 3, "written_off_amount": 700})
        trait = self.late_payer.with_user(self.manager)
        self.assertEqual(trait.flag_match_count, 1)
        answer = call_kw(
            trait,
            "onchange",
            [
                trait.ids,
                {"ready_domain": f"[('partner_id.lang', '=', '{self.partner.lang}')]"},
                ["ready_domain"],
                {"flag_match_count": {}, "ready_domain": {}},
            ],
            {},
        )
        self.assertEqual(answer["value"]["flag_match_count"], 0)

    def test_every_reader_gets_the_same_explanation(self):
        self.manager.group_ids += self.env.ref("account.group_account_invoice")
        country = self.env.ref("base.be")
        trait = self.make_trait(
            f"['|', ('partner_id.country_id', '=', {country.id}),"
            " ('overdue_amount', '>', 5)]"
        )
        self.partner.country_id = country
        readers = []
        for user in (self.user, self.manager):
            self.env.invalidate_all()
            health = self.health.with_user(user)
            readers.append(trait.with_user(user)._explain(health)[2]["tree"])
        hidden = [[leaf["hidden"] for leaf in iter_leaves(tree)] for tree in readers]
        self.assertEqual(hidden, [[False, True], [False, False]])
        for tree in readers:
            for leaf in iter_leaves(tree):
                leaf.pop("hidden")
                if leaf["field"] == "overdue_amount":
                    leaf.pop("value")
        self.assertEqual(*readers)

    def test_who_may_not_read_invoices_is_refused_by_the_rule_itself(self):
        with self.assertRaises(AccessError):
            self.health.with_user(self.manager).search(
                [("partner_id.invoice_ids.amount_total", ">", 5)]
            )


@tagged("-at_install", "post_install")
class TestOtherScreens(AccessCase):
    """What core shows of any model with all rights, it does not show of ours."""

    def look_up(self, user):
        wizard = self.env["privacy.lookup.wizard"].with_user(user)
        wizard = wizard.create({"name": self.partner.name, "email": "x@y.example"})
        wizard.action_lookup()
        self.env.flush_all()
        self.env.invalidate_all()
        lines = wizard.line_ids.filtered(lambda line: line.res_model[:7] == "client.")
        return {name for name in lines.mapped("res_name")}

    def test_privacy_lookup_names_what_is_kept_by_number_only(self):
        administrator = new_test_user(
            self.env, "privacy_officer", groups="base.group_system"
        )
        names = self.look_up(administrator)
        self.assertIn(f"Client Health Flag/{self.flag.id}", names)
        self.assertIn(f"Client Health Incident/{self.incident.id}", names)
        self.assertFalse([name for name in names if "onduct" in name])
        self.manager.group_ids += self.env.ref("base.group_system")
        names = self.look_up(self.manager)
        self.assertTrue([name for name in names if "onduct" in name])

    def test_no_dashboard_of_clients_is_shared_by_a_link(self):
        ours = self.env.ref("client_health.client_health_dashboard")
        harmless = self.env["spreadsheet.dashboard"].create(
            {"name": "Other", "dashboard_group_id": ours.dashboard_group_id.id}
        )
        share = self.env["spreadsheet.dashboard.share"]
        for dashboard in (ours, ours.copy()):
            with self.assertRaises(UserError):
                share.create({"dashboard_id": dashboard.id})
        shared = share.create({"dashboard_id": harmless.id})
        with self.assertRaises(UserError):
            shared.dashboard_id = ours

    def test_a_failed_mark_names_no_contact_of_another_company(self):
        other = self.env["res.company"].create({"name": "Company B"})
        theirs = self.partner.copy({"name": "SECRET", "company_id": other.id})
        for partner in (theirs, self.partner):
            self.env["client.health.stale"]._report(partner.id, "error")
        self.env.invalidate_all()
        marks = self.env["client.health.stale"].with_user(self.manager)
        names = marks.search([("error", "=", "error")]).mapped("display_name")
        self.assertCountEqual(names, [str(theirs.id), self.partner.name])


@tagged("-at_install", "post_install")
class TestArguments(AccessCase):
    """What a script passes wrongly is refused in words, not with a traceback."""

    def test_wrong_arguments_are_said_to_be_wrong(self):
        calls = (
            (self.health, "action_raise_flag", [None, "flag", "Why"]),
            (self.health, "action_raise_flag", [[1], "flag", "Why"]),
            (self.health, "action_raise_flag", [self.grumpy.id, "flag", None]),
            (self.health, "action_raise_flag", [self.grumpy.id, [], "Why"]),
            (self.flag, "action_dismiss", [None]),
            (self.flag, "action_dismiss", ["Why", {"a": 1}]),
            (self.flag, "action_open_evidence", [["late_count"]]),
        )
        for record, name, arguments in calls:
            self.assert_nothing(
                (name, arguments),
                lambda r=record, n=name, a=arguments: call_kw(
                    r.with_user(self.user), n, [r.ids, *a], {}
                ),
                UserError,
            )
        batch = self.env["client.farewell.batch"].with_user(self.user)
        for arguments in (["print", None], ["fax", [1]], [[], [1]], ["send", []]):
            self.assert_nothing(
                arguments,
                lambda a=arguments: call_kw(batch, "action_start", a, {}),
                UserError,
            )

    def test_a_reason_that_is_no_text_is_kept_as_text(self):
        call_kw(
            self.flag.with_user(self.user), "action_confirm", [self.flag.ids, 5], {}
        )
        self.assertEqual(self.flag.decision_reason, "5")
