from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from .common import new_test_user
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

    def test_only_who_may_know_is_addressed(self):
        """Whoever a message is addressed to may read it, whatever else they may."""
        outsiders = self.client + self.portal.partner_id + self.internal.partner_id
        people = (outsiders + self.manager.partner_id).ids
        message = self.post(partner_ids=people, message_type="comment")
        self.assertEqual(message.partner_ids, self.manager.partner_id)
        self.health.with_user(self.user)._message_update_content(
            message, body="Mended", partner_ids=people
        )
        self.assertEqual(message.partner_ids, self.manager.partner_id)
        for user in (self.portal, self.internal):
            with self.assertRaises(AccessError):
                message.with_user(user).read(["body"])

    def test_a_colleague_of_another_company_is_not_told(self):
        other = self.env["res.company"].create({"name": "Company B"})
        self.manager.write(
            {"company_id": other.id, "company_ids": [Command.set(other.ids)]}
        )
        message = self.post(
            partner_ids=self.manager.partner_id.ids, message_type="comment"
        )
        self.assertFalse(message.partner_ids + message.notified_partner_ids)
        self.health.message_subscribe(self.manager.partner_id.ids)
        self.assertNotIn(self.manager.partner_id, self.health.message_partner_ids)

    def test_nothing_is_planned_for_who_may_not_know(self):
        plan = "mail.mail_activity_data_todo"
        own = self.health.with_user(self.user)
        activity = own.activity_schedule(plan, user_id=self.manager.id)
        for user in (self.internal, self.portal):
            with self.assertRaises(ValidationError):
                own.activity_schedule(plan, user_id=user.id)
            with self.assertRaises(ValidationError):
                activity.user_id = user
        self.assertTrue(
            self.client.activity_schedule(plan, user_id=self.internal.id),
            "others are none of our business",
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

    def test_the_composer_writes_to_nobody_who_may_not_know(self):
        """It writes to many past the thread, whoever it is told to write to."""
        composer = (
            self.env["mail.compose.message"]
            .with_user(self.user)
            .create(
                {
                    "composition_mode": "mass_mail",
                    "model": "client.health",
                    "res_ids": str(self.health.ids),
                    "subject": "Between us",
                    "body": "Between us",
                    "partner_ids": [
                        Command.set((self.client + self.manager.partner_id).ids)
                    ],
                }
            )
        )
        composer._action_send_mail(auto_commit=False)
        found = self.env["mail.mail"].search([("subject", "=", "Between us")])
        self.assertTrue(found)
        sent = [email["partner_id"] for email in found._prepare_outgoing_list()]
        self.assertEqual(sent, [self.manager.partner_id])
