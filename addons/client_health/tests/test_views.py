from datetime import timedelta

from freezegun import freeze_time
from lxml import etree
from odoo import fields
from odoo.tests import new_test_user, tagged
from odoo.tools.safe_eval import safe_eval

from .flags_common import FlagsCase

STOCK = (
    "base.group_partner_manager,account.group_account_invoice,"
    "helpdesk_mgmt.group_helpdesk_user"
)


class ViewCase(FlagsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        groups = f"{STOCK},client_health.client_health_group_manager"
        cls.reader = new_test_user(cls.env, login="reader", groups=groups)
        cls.outsider = new_test_user(cls.env, login="outsider", groups=STOCK)

    def read_arch(self, model, view_type, user=None):
        Model = self.env[model].with_user(user or self.reader)
        return etree.fromstring(Model.get_view(view_type=view_type)["arch"])


@tagged("post_install", "-at_install")
class TestFilters(ViewCase):
    """Each filter finds what it says."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        today = fields.Date.today()
        cls.suggested, cls.confirmed, cls.dismissed, cls.expired, cls.cleared = (
            cls.make_flagged(level, name=name)[1]
            for level, name in (
                ("flag", "Suggested"),
                ("watch", "Confirmed"),
                ("flag", "Dismissed"),
                ("flag", "Expired"),
                ("watch", "Cleared"),
            )
        )
        cls.later = cls.make_flagged(name="Dismissed for long")[1]
        calm = cls.make_client(name="Calm")
        cls.manual = calm.action_raise_flag("haggler", "watch", "Heard it")
        cls.confirmed.with_user(cls.reader).action_confirm("Agreed")
        cls.dismissed.action_dismiss("A bad day", today + timedelta(days=10))
        cls.later.action_dismiss("A bad day", today + timedelta(days=40))
        with freeze_time(today - timedelta(days=60)):
            (cls.expired | cls.cleared).action_dismiss(
                "A bad day", today - timedelta(days=20)
            )
        cls.gone = cls.make_flagged(name="Confirmed and over")[1]
        cls.gone.action_confirm("Agreed")
        (cls.cleared | cls.gone).health_id.write(
            {"conduct_incident_count": 0, "conduct_severe_count": 0}
        )
        cls.grumpy.clear_after_days = 0
        cls.flags = (
            cls.suggested | cls.confirmed | cls.dismissed | cls.later | cls.expired
        )
        cls.flags |= cls.cleared | cls.manual | cls.gone
        cls.judge(cls.flags.health_id)
        cls.env.invalidate_all()

    def find(self, model, name, among, user=None):
        """Return what a filter leaves of some records."""
        [node] = self.read_arch(model, "search", user).xpath(
            f"//filter[@name='{name}']"
        )
        domain = safe_eval(node.get("domain"), {"uid": self.reader.id})
        Model = self.env[model].with_user(user or self.reader)
        return Model.search([*domain, ("id", "in", among.ids)]).with_user(self.env.user)

    def test_filters_of_flags(self):
        at_flag = self.suggested | self.dismissed | self.later | self.expired
        expected = {
            "needs_decision": self.suggested | self.expired,
            "expired": self.expired,
            "is_active": self.suggested | self.confirmed | self.expired | self.manual,
            "confirmed": self.confirmed | self.manual | self.gone,
            "dismissed": self.dismissed | self.later | self.expired | self.cleared,
            "flag": at_flag,
            "watch": self.confirmed | self.manual,
            "manual": self.manual,
            "mine": self.confirmed,
        }
        for name, flags in expected.items():
            with self.subTest(filter=name):
                found = self.find("client.health.flag", name, self.flags)
                self.assertEqual(set(found), set(flags))

    def test_filters_of_clients(self):
        clients = self.flags.health_id
        self.suggested.health_id.overdue_amount = 10
        self.suggested.health_id.activity_schedule(
            "mail.mail_activity_data_todo", user_id=self.reader.id
        )
        self.confirmed.health_id.activity_schedule(
            "mail.mail_activity_data_todo", user_id=self.manager.id
        )
        self.env["client.health.stale"]._report(self.expired.partner_id.id, "Broken")
        expected = {
            "not_healthy": self.suggested | self.expired,
            "undecided": self.suggested | self.expired,
            "confirmed": self.confirmed | self.manual,
            "expiring": self.dismissed,
            "refresh_failed": self.expired,
            "overdue": self.suggested,
            "activities_my": self.suggested,
        }
        for name, flags in expected.items():
            with self.subTest(filter=name):
                found = self.find("client.health", name, clients)
                self.assertEqual(set(found), set(flags.health_id))

    def test_filters_of_contacts(self):
        contacts = self.flags.partner_id
        states = ["watch", "at_risk", "to_discuss"]
        expected = {
            "client_health_undecided": self.suggested | self.expired,
            "client_health_expiring": self.dismissed,
            "client_health_grumpy": self.suggested | self.confirmed | self.expired,
            "client_health_haggler": self.manual,
        }
        some = (self.suggested, self.confirmed, self.manual)
        codes = ("late_payer", "integrity", "time_demander")
        for code, flag in zip(codes, some, strict=True):
            flag.health_id.action_raise_flag(code, "watch", "Heard it")
            expected[f"client_health_{code}"] = flag
        contacts.client_health_ids.state = "healthy"
        for state, flag in zip(states, some, strict=True):
            flag.health_id.state = state
            expected[f"client_health_{state}"] = flag
        self.env.invalidate_all()
        for name, flags in expected.items():
            with self.subTest(filter=name):
                found = self.find("res.partner", name, contacts)
                self.assertEqual(set(found), set(flags.partner_id))

    def test_filters_that_actions_switch_on_exist(self):
        actions = self.env["ir.actions.act_window"].search(
            [("res_model", "=like", "client.%")]
        )
        used = 0
        for action in actions:
            context = safe_eval(action.context or "{}", {"uid": 1, "active_id": 1})
            arch = self.read_arch(action.res_model, "search")
            names = set(arch.xpath("//filter/@name | //field/@name"))
            wanted = {
                key.removeprefix("search_default_")
                for key in context
                if key.startswith("search_default_")
            }
            self.assertLessEqual(wanted, names, action.name)
            used += len(wanted)
        self.assertTrue(used)
        inbox = self.env.ref("client_health.client_health_flag_action")
        self.assertIn("search_default_needs_decision", inbox.context)


@tagged("post_install", "-at_install")
class TestButtons(ViewCase):
    """Buttons stand where they can be used, for who may use them."""

    def shows(self, arch, xpath, **values):
        """Return whether one of these nodes is visible, with these values."""
        nodes = arch.xpath(xpath)
        self.assertTrue(nodes, xpath)
        return any(self.is_shown(arch, node, values) for node in nodes)

    def is_shown(self, arch, node, values):
        """Return whether a node is visible; fields without a value are empty."""
        others = dict.fromkeys(arch.xpath("//field/@name"), False)
        return not safe_eval(node.get("invisible") or "False", {**others, **values})

    def test_others_see_nothing_of_ours_in_their_documents(self):
        for model in ("res.partner", "account.move", "helpdesk.ticket"):
            for user, ours in ((self.outsider, False), (self.reader, True)):
                with self.subTest(model=model, user=user.login):
                    arch = self.read_arch(model, "form", user)
                    text = etree.tostring(arch, encoding="unicode")
                    for word in ("client_health", "action_log_incident"):
                        self.assertEqual(word in text, ours, word)

    def test_buttons_on_an_invoice(self):
        arch = self.read_arch("account.move", "form")
        values = {
            "move_type": "out_invoice",
            "state": "posted",
            "payment_state": "not_paid",
        }
        cases = [
            ({}, True, True),
            ({"payment_state": "partial"}, True, True),
            ({"payment_state": "paid"}, False, True),
            ({"payment_state": "reversed"}, False, True),
            ({"state": "draft"}, False, False),
            ({"move_type": "out_refund"}, False, True),
            ({"move_type": "in_invoice"}, False, False),
        ]
        for changed, promise, incident in cases:
            with self.subTest(**changed):
                for name, shown in (
                    ("action_note_promise", promise),
                    ("action_log_incident", incident),
                ):
                    xpath = f"//button[@name='{name}']"
                    self.assertEqual(
                        self.shows(arch, xpath, **{**values, **changed}), shown, name
                    )

    def test_button_and_line_on_a_ticket(self):
        arch = self.read_arch("helpdesk.ticket", "form")
        button = "//button[@name='action_log_incident']"
        for record_id, partner_id, shown in (
            (1, 1, True),
            (1, False, False),
            (False, 1, False),
        ):
            values = {"id": record_id, "partner_id": partner_id}
            self.assertEqual(self.shows(arch, button, **values), shown, values)
        line = "//div[.//field[@name='client_health_notice']]"
        for notice in ("Often pays late", False):
            shown = self.shows(arch, line, client_health_notice=notice)
            self.assertEqual(shown, bool(notice))

    def test_button_and_flags_on_a_contact(self):
        arch = self.read_arch("res.partner", "form")
        button = "//button[@name='action_open_client_health']"
        for state in ("watch", False):
            shown = self.shows(arch, button, client_health_state=state)
            self.assertEqual(shown, bool(state))
        for record_id in (1, False):
            shown = self.shows(arch, "//div[@name='client_health']", id=record_id)
            self.assertEqual(shown, bool(record_id))

    def test_steps_of_a_farewell(self):
        arch = self.read_arch("client.farewell", "form")
        values = {
            "delivery": "email",
            "send_error": False,
            "sending_date": False,
            "partner_active": True,
            "welcome_back_date": False,
            "may_approve": True,
            "is_asked": False,
        }
        expected = {
            "draft": {"action_approve", "action_cancel"},
            "approved": {
                "action_send",
                "action_mark_posted",
                "action_draft",
                "action_cancel",
            },
            "sent": {"action_done", "action_welcome_back"},
            "done": {"action_archive_client", "action_welcome_back"},
            "cancelled": {"action_draft"},
        }
        for state, steps in expected.items():
            with self.subTest(state=state):
                shown = self.get_steps(arch, **values, state=state)
                self.assertEqual(shown, steps)
        written = {**values, "state": "draft", "may_approve": False}
        for missing, steps in ((0, {"action_ask_approval"}), (2, set())):
            shown = self.get_steps(arch, **written, missing_count=missing)
            self.assertEqual(shown, {"action_cancel"} | steps)
        asked = {**written, "missing_count": 0, "is_asked": True}
        self.assertEqual(self.get_steps(arch, **asked), {"action_cancel"})
        interrupted = {**values, "state": "approved", "sending_date": "2026-01-01"}
        self.assertEqual(
            self.get_steps(arch, **interrupted),
            {"action_confirm_sent", "action_send_again"},
        )
        by_post = {**values, "state": "approved", "delivery": "post"}
        self.assertNotIn("action_send", self.get_steps(arch, **by_post))
        back = {**values, "state": "done", "welcome_back_date": "2026-01-01"}
        self.assertEqual(self.get_steps(arch, **back), set())
        colleague = self.read_arch("client.farewell", "form", self.user)
        self.assertFalse(colleague.xpath("//button[@name='action_approve']"))

    def get_steps(self, arch, **values):
        return {
            button.get("name")
            for button in arch.xpath("//header/button[@type='object']")
            if self.is_shown(arch, button, values)
        }

    def test_buttons_of_the_why_panel(self):
        arch = self.read_arch("client.health.flag.decide", "form")
        one = ("action_open_evidence", "action_talk_first", "action_log_incident")
        for flag_id in (1, False):
            for name in one:
                shown = self.shows(arch, f"//button[@name='{name}']", flag_id=flag_id)
                self.assertEqual(shown, bool(flag_id), name)
            for name in ("action_confirm", "action_dismiss"):
                xpath = f"//button[@name='{name}']"
                self.assertTrue(self.shows(arch, xpath, flag_id=flag_id), name)
