import json

from odoo.tests import new_test_user, tagged

from .common_form import FormCase


@tagged("post_install", "-at_install")
class TestFormGeneric(FormCase):
    """The generic website form is no way around ours."""

    def send(self, values=None):
        values = {"name": "Question", "email_from": "x@example.com"} | (values or {})
        return self.url_open("/website/form/crm.lead", data=values)

    def get_lead(self, response):
        return self.env["crm.lead"].browse(response.json()["id"])

    def test_visitor_decides_neither_owner_team_nor_stage(self):
        user = new_test_user(self.env, "not_theirs", "sales_team.group_sale_salesman")
        team = self.env["crm.team"].create({"name": "Not theirs"})
        stage = self.env["crm.stage"].search([], order="sequence desc", limit=1)
        lead = self.get_lead(
            self.send({"user_id": user.id, "team_id": team.id, "stage_id": stage.id})
        )
        self.assertNotEqual(lead.user_id, user)
        self.assertNotEqual(lead.team_id, team)
        self.assertNotEqual(lead.stage_id, stage)

    def test_coaching_fields_cannot_be_set(self):
        lead = self.get_lead(
            self.send({"coaching_track_id": "1", "coaching_session_state": "held"})
        )
        self.assertFalse(lead.coaching_track_id)
        self.assertFalse(lead.coaching_session_state)

    def test_filled_trap_leaves_no_lead(self):
        count = self.env["crm.lead"].search_count([])
        self.assertTrue(self.send({"topic": "buy"}).json()["id"])
        self.assertEqual(self.env["crm.lead"].search_count([]), count)

    def test_limit_is_shared_with_our_form(self):
        self.env["ir.config_parameter"].set_param("coaching_leads.posts_per_hour", 2)
        self.assert_thanked(self.post())
        self.assertIn("id", self.send().json())
        self.assertIn("error", self.send().json())
        self.assertEqual(self.post(email="third@example.com").status_code, 429)

    def test_any_bytes_give_an_answer(self):
        for values in (
            {"name": ""},
            {"name": "\x00"},
            {"description": "a\x00b"},
            {"self": "x"},
            {"type": "nonsense"},
            {"priority": "99"},
            {"lead_properties": "x"},
            {"email_from": "\r\nBcc: a@b.nl"},
            {"model_name": "res.users"},
            {"name": "x" * 10000},
            {"phone": "\x00" * 10},
        ):
            with self.subTest(values=str(values)[:60]):
                response = self.send(values)
                self.assertLess(response.status_code, 500)
                self.assertTrue(set(json.loads(response.text)) & {"id", "error"})

    def test_fields_that_editors_added_cannot_crash_it(self):
        self.env["ir.model.fields"].formbuilder_whitelist(
            "crm.lead", ["priority", "date_deadline", "tag_ids", "expected_revenue"]
        )
        for values in (
            {"priority": "99"},
            {"date_deadline": "never"},
            {"tag_ids": "1,x"},
            {"tag_ids": "999999999"},
            {"expected_revenue": "much"},
        ):
            with self.subTest(values=values):
                response = self.send(values)
                self.assertEqual(response.status_code, 200)
                self.assertNotIn("id", response.json() or {})

    def test_other_models_are_left_alone(self):
        response = self.url_open("/website/form/res.users", data={"name": "x"})
        self.assertIn("does not exist", response.json()["error"])
