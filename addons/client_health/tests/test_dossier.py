import io

from lxml import html
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import format_date
from pypdf import PdfReader

from .common import new_test_user
from .flags_common import FlagsCase

REPORT = "client_health.action_report_client_health_dossier"


@tagged("-at_install", "post_install")
class TestDossier(FlagsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("nl_NL")
        cls.health = cls.make_client(
            name="Joanna Client",
            conduct_incident_count=1,
            conduct_severe_count=1,
            instalment_due_count=4,
            overdue_amount=123.45,
        )
        cls.judge(cls.health)
        cls.flag = cls.flag_of(cls.health, cls.grumpy)
        cls.flag.with_user(cls.user).action_dismiss("Was having a bad day")
        cls.env["client.health.incident"].create(
            {
                "partner_id": cls.health.partner_id.id,
                "kind": "conduct",
                "description": "Shouted at Anna",
                "severe": True,
            }
        )
        cls.env["client.health.promise"].create(
            {
                "partner_id": cls.health.partner_id.id,
                "description": "Send the figures",
                "date_promised": "2026-01-01",
            }
        )
        cls.env["client.health.snapshot"]._take()
        cls.bookkeeper = new_test_user(
            cls.env,
            login="bookkeeper",
            groups="client_health.client_health_group_manager,"
            "account.group_account_invoice",
        )

    def render(self, user, health=None):
        content, _type = (
            self.env["ir.actions.report"]
            .with_user(user)
            ._render_qweb_html(REPORT, (health or self.health).ids)
        )
        return content.decode()

    def test_it_holds_all_that_is_kept(self):
        text = self.render(self.bookkeeper)
        for part in (
            "Joanna Client",
            "Severe Conduct Incidents: at least 1",
            "Was having a bad day",
            self.user.name,
            "Shouted at Anna",
            "Send the figures",
            "123.45",
            "There is not enough data to judge this.",
        ):
            self.assertIn(part, text)
        for fact in ("Instalments Due", "Month Ends Overdue", "Reopened"):
            self.assertIn(fact, text)

    def test_a_decision_is_one_sentence(self):
        page = html.fromstring(self.render(self.bookkeeper))
        words = " ".join(page.text_content().split())
        until = format_date(self.env, self.flag.decision_until)
        self.assertIn(f"by {self.user.name} until {until}: Was having a bad day", words)

    def test_each_trait_stands_with_its_own_flag(self):
        own = self.grumpy.copy({"code": "ours", "company_id": self.env.company.id})
        dossier = self.health.with_user(self.bookkeeper)._get_dossier()
        parts = {part["trait"]: part for part in dossier["traits"]}
        self.assertIn(own, parts, "what only this company judges is told as well")
        self.assertEqual(parts[self.grumpy]["flag"], self.flag)
        self.assertFalse(parts[own]["flag"])
        not_ready = self.health.not_ready_trait_ids
        self.assertTrue(not_ready)
        for trait, part in parts.items():
            self.assertEqual(part["ready"], trait not in not_ready, trait.code)

    def test_what_was_decided_on_a_trait_that_was_switched_off_is_told(self):
        self.grumpy.active = False
        text = self.render(self.bookkeeper)
        self.assertIn("This is not judged any more.", text)
        self.assertIn("Was having a bad day", text)

    def test_amounts_are_left_out_for_who_may_not_see_them(self):
        text = self.render(self.manager)
        self.assertNotIn("123.45", text)
        self.assertIn("left out", text)

    def test_only_a_manager_prints_it(self):
        internal = new_test_user(self.env, login="internal", groups="base.group_user")
        for user in (self.user, internal):
            with self.assertRaises(AccessError):
                self.render(user)

    def test_it_is_in_the_clients_language(self):
        self.health.partner_id.lang = "nl_NL"
        self.grumpy.with_context(lang="nl_NL").name = "Respectloze omgang"
        self.assertIn("Respectloze omgang", self.render(self.bookkeeper))

    def test_it_prints_several_at_once(self):
        other, _flag = self.make_flagged(name="Another Client")
        text = self.render(self.bookkeeper, self.health + other)
        self.assertIn("Joanna Client", text)
        self.assertIn("Another Client", text)
        self.assertEqual(text.count('class="article'), 1)

    def test_no_page_ends_in_the_middle_of_a_row(self):
        words = "what happened, in facts " * 20
        self.env["client.health.incident"].create(
            [
                {
                    "partner_id": self.health.partner_id.id,
                    "kind": "conduct",
                    "description": f"begin{number} {words} end{number}",
                }
                for number in range(30)
            ]
        )
        content, _kind = (
            self.env["ir.actions.report"]
            .with_user(self.bookkeeper)
            .with_context(force_report_rendering=True)
            ._render_qweb_pdf(REPORT, self.health.ids)
        )
        pages = [
            page.extract_text().split() for page in PdfReader(io.BytesIO(content)).pages
        ]
        for number in range(30):
            (page,) = [page for page in pages if f"begin{number}" in page]
            self.assertIn(f"end{number}", page)
