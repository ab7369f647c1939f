from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .test_access import AccessCase

INVOICED = "('partner_id.invoice_ids.amount_total', '>', 5)"


@tagged("-at_install", "post_install")
class TestDecideDialog(AccessCase):
    """The dialog in which staff read why reads it with their own rights."""

    def make_late(self, company=None):
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

    def make_trait(self, rule, user=None):
        return (
            self.env["client.health.trait"]
            .with_user(user or self.manager)
            .create({"name": "X", "code": "x", "flag_domain": rule})
        )

    def make_invoice(self):
        self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.partner.id,
                "ref": "SECRET",
            }
        )
        self.env.flush_all()

    def test_a_rule_beyond_its_authors_rights_is_refused(self):
        own = "('late_count', '>=', 3)"
        for rule in (
            f"[{INVOICED}]",
            f"['|', {own}, {INVOICED}]",
            f"['&', {own}, '!', {INVOICED}]",
            "[('partner_id', 'any', [('invoice_ids', 'any', [('id', '>', 0)])])]",
            f"['|', {own}, ('incident_ids.ticket_id.name', 'ilike', 'a')]",
        ):
            with (
                self.subTest(rule=rule),
                self.assertRaisesRegex(UserError, "cannot be used: You"),
                self.env.cr.savepoint(),
            ):
                self.make_trait(rule)

    def test_who_may_see_invoices_makes_rules_on_them(self):
        self.manager.group_ids += self.env.ref("account.group_account_invoice")
        self.assertTrue(self.make_trait(f"[{INVOICED}]"))

    def test_amounts_of_the_facts_are_open_to_every_manager(self):
        self.assertTrue(self.make_trait("[('overdue_amount', '>', 500)]"))

    def count_while_typing(self, rule):
        trait = self.env["client.health.trait"].with_user(self.manager)
        typed = {"flag_domain": rule, "ready_domain": "[]", "watch_domain": "[]"}
        answer = call_kw(
            trait,
            "onchange",
            [[], typed, ["flag_domain"], {"flag_match_count": {}}],
            {},
        )
        return answer["value"].get("flag_match_count", 0)

    def test_what_is_beyond_is_not_counted_while_typing(self):
        self.make_invoice()
        self.partner.ref = "OPEN"
        rule = "[('partner_id.%s', '=', '%s')]"
        beyond = rule % ("invoice_ids.ref", "SECRET")
        self.assertEqual(self.count_while_typing(beyond), 0)
        within = rule % ("ref", "OPEN")
        self.assertEqual(self.count_while_typing(within), 1)

    @mute_logger("odoo.sql_db")
    def test_a_pattern_that_the_database_refuses_breaks_nothing(self):
        self.assertEqual(
            self.count_while_typing("[('partner_id.name', '=like', '\\\\')]"), 0
        )
        self.assertTrue(self.partner.exists().name)

    def test_the_panel_reads_beyond_the_client_with_the_readers_rights(self):
        trait = self.make_trait(
            "['|', ('partner_id.user_ids.login', '=', 'x'),"
            " ('partner_id.invoice_ids.ref', '=', False)]",
            self.env.user,
        )
        self.make_invoice()
        health = self.health.with_user(self.user)
        for reader, hidden in ((health, [False, True]), (self.health, [False, False])):
            self.env.invalidate_all()
            [_ready, _watch, rule] = trait.with_env(reader.env)._explain(reader)
            leaves = rule["tree"]["children"]
            self.assertEqual([leaf["hidden"] for leaf in leaves], hidden)
            self.assertEqual("SECRET" in str(leaves), not hidden[1])

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
