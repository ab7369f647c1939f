from odoo.tests import tagged

from .flags_common import FlagsCase


@tagged("-at_install", "post_install")
class TestPrivacy(FlagsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.health, cls.flag = cls.make_flagged(name="Joanna Client")
        cls.partner = cls.health.partner_id
        cls.partner.email = "joanna@client.example"
        cls.incident = cls.env["client.health.incident"].create(
            {
                "partner_id": cls.partner.id,
                "kind": "conduct",
                "description": "Shouted",
            }
        )
        cls.env["client.health.snapshot"]._take()
        cls.farewell = cls.env["client.farewell"].create(
            {"partner_id": cls.partner.id, "company_id": cls.company.id}
        )

    def look_up(self):
        wizard = self.env["privacy.lookup.wizard"].create(
            {"name": "Joanna Client", "email": "joanna@client.example"}
        )
        wizard.action_lookup()
        return wizard

    def test_privacy_lookup_finds_all_we_keep(self):
        found = {(line.res_model, line.res_id) for line in self.look_up().line_ids}
        for record in (
            self.health,
            self.flag,
            self.incident,
            self.health.snapshot_ids,
            self.farewell,
        ):
            self.assertIn((record._name, record.id), found)

    def test_erasing_a_person_leaves_nothing_behind(self):
        traces = [self.health, self.flag, self.incident, self.flag.history_ids]
        traces += [self.farewell, self.farewell.message_ids]
        self.look_up().line_ids.action_unlink_all()
        self.env.invalidate_all()
        for trace in traces:
            self.assertFalse(trace.exists(), trace._name)
        found = self.look_up().line_ids.mapped("res_model")
        self.assertFalse([name for name in found if name.startswith("client.")])

    def test_a_person_of_another_name_is_not_found(self):
        other, _flag = self.make_flagged(name="Somebody else")
        found = {(line.res_model, line.res_id) for line in self.look_up().line_ids}
        self.assertNotIn(("client.health", other.id), found)

    def test_a_farewell_that_was_sent_goes_with_its_letter(self):
        letter = self.env["ir.attachment"].create(
            {
                "name": "letter.pdf",
                "res_model": "client.farewell",
                "res_id": self.farewell.id,
            }
        )
        self.farewell.sudo().state = "sent"
        traces = [self.farewell, letter, self.farewell.message_post(body="Sent")]
        self.partner.unlink()
        for trace in traces:
            self.assertFalse(trace.exists(), trace._name)

    def test_deleting_a_person_refreshes_their_company(self):
        person = self.env["res.partner"].create(
            {"name": "Person", "parent_id": self.partner.id}
        )
        self.env["client.health.incident"].create(
            {"partner_id": person.id, "kind": "demand", "description": "Called"}
        )
        self.env.cr.precommit.run()
        self.env["client.health.stale"].search([]).unlink()
        person.unlink()
        self.env.cr.precommit.run()
        stale = self.env["client.health.stale"].search([]).mapped("partner_ref")
        self.assertIn(self.partner.id, stale)
