from odoo.tests import new_test_user, tagged

from .flags_common import FlagsCase


@tagged("-at_install", "post_install")
class TestThread(FlagsCase):
    """Nothing of a client's health reaches the client."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.health, cls.flag = cls.make_flagged()
        cls.client = cls.health.partner_id
        cls.client.email = "client@example.com"
        cls.portal = new_test_user(cls.env, login="portal", groups="base.group_portal")
        cls.portal.partner_id.parent_id = cls.client
        cls.internal = new_test_user(
            cls.env, login="internal", groups="base.group_user"
        )

    def post(self, **values):
        return self.health.with_user(self.user).message_post(
            body="Between us", subtype_xmlid="mail.mt_comment", **values
        )

    def test_a_colleague_posts_and_plans_though_facts_are_read_only(self):
        self.assertTrue(self.post())
        activity = self.health.with_user(self.user).activity_schedule(
            "mail.mail_activity_data_todo", user_id=self.manager.id
        )
        self.assertTrue(activity)

    def test_only_who_may_know_is_notified(self):
        people = self.client + self.portal.partner_id + self.internal.partner_id
        message = self.post(
            partner_ids=(people + self.manager.partner_id).ids,
            message_type="comment",
        )
        self.assertEqual(message.notified_partner_ids, self.manager.partner_id)
        self.assertFalse(
            self.env["mail.mail"]
            .search([("mail_message_id", "=", message.id)])
            .recipient_ids
            & people
        )

    def test_only_who_may_know_follows(self):
        self.health.message_subscribe(
            (
                self.client
                + self.portal.partner_id
                + self.internal.partner_id
                + self.manager.partner_id
            ).ids
        )
        self.assertEqual(
            self.health.message_partner_ids & self.manager.partner_id,
            self.manager.partner_id,
        )
        self.assertFalse(
            self.health.message_partner_ids
            & (self.client + self.portal.partner_id + self.internal.partner_id)
        )

    def test_the_client_is_not_suggested_as_recipient(self):
        suggested = self.health._message_get_suggested_recipients()
        self.assertNotIn(
            self.client.id, [found.get("partner_id") for found in suggested]
        )

    def test_decisions_leave_no_trace_on_the_partner(self):
        before = self.client.message_ids
        self.flag.action_dismiss("A judgement nobody else may read")
        self.assertEqual(self.client.message_ids, before)
        self.assertFalse(self.client.activity_ids)
