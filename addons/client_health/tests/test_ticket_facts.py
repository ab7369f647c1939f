from datetime import date, datetime, timedelta

from freezegun import freeze_time
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL

from .facts_common import TODAY, FactsCase

MONDAY = date(2026, 11, 16)


def local(day, hour, minute=0, offset=1):
    """Return a moment in UTC of a clock in Amsterdam, in winter unless told."""
    return datetime(day.year, day.month, day.day, hour, minute) - timedelta(
        hours=offset
    )


class TicketCase(FactsCase):
    """A client's tickets, with messages at chosen moments."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        stages = cls.env["helpdesk.ticket.stage"].search([])
        cls.opened = stages.filtered(lambda stage: not stage.closed)[:1]
        cls.closed = stages.filtered("closed")[:1]
        cls.staff = cls.env.ref("base.user_admin").partner_id
        cls.contact = cls.env["res.partner"].create(
            {"name": "Contact", "parent_id": cls.client.id}
        )
        calendar = cls.company.resource_calendar_id
        calendar.attendance_ids = [(5, 0, 0)] + [
            (0, 0, {"name": "Work", "dayofweek": str(day), **hours})
            for day in range(5)
            for hours in (
                {"hour_from": 9, "hour_to": 12},
                {"hour_from": 13, "hour_to": 17, "day_period": "afternoon"},
            )
        ]

    def open_ticket(self, created=None, **vals):
        ticket = self.env["helpdesk.ticket"].create(
            {
                "name": "Help",
                "description": "Help",
                "partner_id": self.contact.id,
                "stage_id": self.opened.id,
                "company_id": self.company.id,
                **vals,
            }
        )
        if created:
            self.env.flush_all()
            self.env.cr.execute(
                "UPDATE helpdesk_ticket SET create_date = %s WHERE id = %s",
                (created, ticket.id),
            )
            ticket.invalidate_recordset()
        return ticket

    def write_message(self, ticket, moment, author=None, **vals):
        return self.env["mail.message"].create(
            {
                "model": "helpdesk.ticket",
                "res_id": ticket.id,
                "date": moment,
                "author_id": (author or self.contact).id,
                "message_type": "email",
                "subtype_id": self.env.ref("mail.mt_comment").id,
                **vals,
            }
        )

    def assert_facts(self, **facts):
        self.assertRecordValues(self.refresh(), [facts])


@tagged("post_install", "-at_install")
class TestTicketFacts(TicketCase):
    def assert_after_hours(self, moment, expected):
        ticket = self.open_ticket()
        self.write_message(ticket, moment)
        self.assertEqual(self.refresh().after_hours_share, float(expected), moment)
        ticket.unlink()

    def test_what_the_client_writes_is_inbound_and_nothing_else(self):
        ticket = self.open_ticket()
        moment = local(MONDAY, 10)
        self.write_message(ticket, moment)
        self.write_message(ticket, moment, self.client, message_type="comment")
        self.write_message(ticket, moment, message_type="notification")
        self.write_message(ticket, moment, message_type="email_outgoing")
        self.write_message(ticket, moment, self.staff)
        self.write_message(ticket, moment, self.make_client("Somebody else"))
        self.assert_facts(ticket_count=1, message_count=2, messages_per_ticket=2.0)

    def test_a_ticket_without_messages_counts(self):
        self.open_ticket()
        self.assert_facts(
            ticket_count=1, message_count=0, messages_per_ticket=0.0, reopen_count=0
        )

    def test_an_archived_ticket_took_time_as_well(self):
        self.open_ticket(active=False)
        self.assert_facts(ticket_count=1)

    def test_a_ticket_caused_by_us_does_not_count(self):
        ticket = self.open_ticket()
        self.write_message(ticket, local(MONDAY, 3))
        ticket.client_health_own_fault = True
        self.assertFalse(self.refresh().ticket_count)

    def test_the_window_opens_at_midnight_where_the_company_works(self):
        self.open_ticket(created=local(date(2025, 11, 23), 23, 59))
        self.assertFalse(self.refresh().ticket_count)
        self.open_ticket(created=local(date(2025, 11, 24), 0))
        self.assert_facts(ticket_count=1)

    def test_working_hours_begin_at_the_hour_and_end_before_it(self):
        self.assert_after_hours(local(MONDAY, 8, 59), True)
        self.assert_after_hours(local(MONDAY, 9), False)
        self.assert_after_hours(local(MONDAY, 16, 59), False)
        self.assert_after_hours(local(MONDAY, 17), True)

    def test_lunch_is_not_after_hours_and_the_weekend_is(self):
        self.assert_after_hours(local(MONDAY, 12, 30), False)
        self.assert_after_hours(local(MONDAY - timedelta(days=1), 12, 30), True)

    def test_summer_time_moves_the_hours_along(self):
        summer = date(2026, 7, 6)
        self.assert_after_hours(local(summer, 9, offset=2), False)
        self.assert_after_hours(local(summer, 8, 59, offset=2), True)
        self.assert_after_hours(local(summer, 17, offset=2), True)

    def test_a_day_off_of_everybody_is_after_hours(self):
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Company day",
                "calendar_id": self.company.resource_calendar_id.id,
                "date_from": local(MONDAY, 0),
                "date_to": local(MONDAY, 11),
            }
        )
        self.assert_after_hours(local(MONDAY, 10), True)
        self.assert_after_hours(local(MONDAY, 11), False)

    def test_two_weeks_that_alternate_alternate_here_too(self):
        calendar = self.company.resource_calendar_id
        calendar.switch_calendar_type()
        weekday = str(MONDAY.weekday())
        week = self.env["resource.calendar.attendance"].get_week_type(MONDAY)
        calendar.attendance_ids.filtered(
            lambda work: work.week_type == str(week) and work.dayofweek == weekday
        ).unlink()
        self.assert_after_hours(local(MONDAY, 10), True)
        self.assert_after_hours(local(MONDAY - timedelta(days=7), 10), False)

    def test_the_companys_own_choice_of_calendar_goes_first(self):
        self.company.client_health_calendar_id = self.env["resource.calendar"].create(
            {
                "name": "Nights",
                "company_id": self.company.id,
                "tz": "UTC",
                "attendance_ids": [
                    (
                        0,
                        0,
                        {"name": "N", "dayofweek": "0", "hour_from": 1, "hour_to": 4},
                    )
                ],
            }
        )
        self.assert_after_hours(datetime(2026, 11, 16, 3, 59), False)
        self.assert_after_hours(datetime(2026, 11, 16, 9), True)

    def test_without_fixed_hours_nothing_is_after_hours(self):
        self.company.resource_calendar_id.flexible_hours = True
        self.assert_after_hours(local(MONDAY, 3), False)

    def assert_rush(self, expected, silence, steps, author=None):
        ticket = self.open_ticket()
        start = local(MONDAY, 10) - timedelta(days=60)
        self.write_message(ticket, start, author or self.staff)
        for step in steps:
            self.write_message(ticket, start + silence + timedelta(hours=step))
        self.assertEqual(self.refresh().rush_count, expected)
        ticket.unlink()

    def test_a_rush_is_three_messages_in_two_days_after_two_silent_weeks(self):
        weeks = timedelta(days=14)
        self.assert_rush(1, weeks, (0, 24, 48))
        self.assert_rush(0, weeks - timedelta(seconds=1), (0, 24, 48))
        self.assert_rush(0, weeks, (0, 24, 48.1))
        self.assert_rush(0, weeks, (0, 24))
        self.assert_rush(1, weeks, (0, 1, 2, 3, 4))

    def test_a_silence_of_ours_is_no_rush(self):
        self.assert_rush(0, timedelta(days=14), (0, 24, 48), author=self.contact)

    def test_a_note_of_ours_is_no_message_to_the_client(self):
        ticket = self.open_ticket()
        start = local(MONDAY, 10) - timedelta(days=60)
        note = self.env.ref("mail.mt_note")
        self.write_message(ticket, start, self.staff, subtype_id=note.id)
        self.write_message(ticket, start, self.staff, is_internal=True)
        for hours in (0, 1, 2):
            then = start + timedelta(days=20, hours=hours)
            self.write_message(ticket, then)
        self.assert_facts(rush_count=0)

    def test_our_mail_breaks_the_silence_and_a_strangers_does_not(self):
        start = local(MONDAY, 10) - timedelta(days=60)
        for author, kind, expected in (
            (self.staff, "email_outgoing", 0),
            (self.make_client("Stranger"), "email", 1),
        ):
            ticket = self.open_ticket()
            self.write_message(ticket, start, self.staff)
            between = start + timedelta(days=10)
            self.write_message(ticket, between, author, message_type=kind)
            for hours in (0, 1, 2):
                then = start + timedelta(days=20, hours=hours)
                self.write_message(ticket, then)
            self.assertEqual(self.refresh().rush_count, expected, kind)
            ticket.unlink()

    def test_our_answer_in_between_does_not_end_a_rush(self):
        ticket = self.open_ticket()
        start = local(MONDAY, 10) - timedelta(days=60)
        self.write_message(ticket, start, self.staff)
        later = start + timedelta(days=20)
        self.write_message(ticket, later)
        self.write_message(ticket, later + timedelta(hours=1), self.staff)
        self.write_message(ticket, later + timedelta(hours=2))
        self.write_message(ticket, later + timedelta(hours=3))
        self.assert_facts(rush_count=1)

    def test_reopened_is_from_a_closed_to_an_open_stage(self):
        ticket = self.open_ticket().with_context(
            tracking_disable=False, mail_notrack=False
        )
        self.env.cr.flush()
        other_open = self.opened.copy({"name": "Working"})
        other_closed = self.closed.copy({"name": "Cancelled"})
        for day, stage in enumerate(
            (other_open, self.closed, self.opened, self.closed, other_closed)
        ):
            with freeze_time(MONDAY + timedelta(days=day)):
                ticket.stage_id = stage
                self.env.cr.flush()
        self.assert_facts(reopen_count=1)

    def rate(self, ticket, value, **vals):
        return self.env["rating.rating"].create(
            {
                "res_model_id": self.env["ir.model"]._get_id("helpdesk.ticket"),
                "res_id": ticket.id,
                "rating": value,
                "consumed": True,
                **vals,
            }
        )

    def test_ratings_that_were_given_count_and_below_3_is_low(self):
        ticket = self.open_ticket()
        for value in (1, 3, 5, 5):
            self.rate(ticket, value)
        self.rate(ticket, 1, consumed=False)
        self.rate(ticket, 0)
        self.assert_facts(rating_count=4, rating_avg=3.5, rating_low_share=0.25)

    def test_workload_is_compared_with_the_client_in_the_middle(self):
        others = [self.make_client(f"Client {number}") for number in range(2)]
        for client, tickets in zip((self.client, *others), (4, 2, 1), strict=True):
            self.invoice(due=TODAY, amount=1000.0, client=client)
            for _number in range(tickets):
                self.open_ticket(partner_id=client.id)
        self.env["client.health"].sudo().search([]).unlink()
        self.env["client.health"]._refresh()
        self.assertEqual(self.company.client_health_workload_median, 2.0)
        ratios = self.env["client.health"].search(
            [("partner_id", "in", (self.client + others[0] + others[1]).ids)],
            order="workload_ratio",
        )
        self.assertEqual(ratios.mapped("workload_ratio"), [0.5, 1.0, 2.0])
        self.open_ticket()
        self.assert_facts(workload_ratio=2.5)
        self.assertEqual(self.company.client_health_workload_median, 2.0)

    def test_without_revenue_there_is_no_workload_to_compare(self):
        self.open_ticket()
        self.env["client.health"]._refresh()
        self.assert_facts(ticket_count=1, workload_ratio=0.0)


@tagged("post_install", "-at_install")
class TestWhatPeopleWrote(TicketCase):
    """Only what a person of the client wrote counts, at the moment it reached us."""

    def receive(self, ticket=None, sender="contact@client.nl", **headers):
        """Let the mail gateway process a mail, an answer on a ticket or a new one."""
        self.received = getattr(self, "received", 0) + 1
        headers = {
            "From": sender,
            "To": "help@company.nl",
            "Subject": "Help",
            "Message-Id": f"<{self.received}@client.nl>",
            "Date": "Mon, 16 Nov 2026 10:00:00 +0100",
            **headers,
        }
        lines = [f"{name}: {value}" for name, value in headers.items() if value]
        ticket_id = self.env["mail.thread"].message_process(
            "helpdesk.ticket",
            "\n".join([*lines, "", "Hello"]),
            thread_id=ticket and ticket.id,
        )
        self.env.flush_all()
        return self.env["helpdesk.ticket"].browse(ticket_id)

    def get_last(self, ticket):
        return self.env["mail.message"].search(
            [("model", "=", "helpdesk.ticket"), ("res_id", "=", ticket.id)], limit=1
        )

    def test_automatic_mails_are_not_written_by_anybody(self):
        self.contact.email = "contact@client.nl"
        ticket = self.open_ticket()
        self.receive(ticket)
        for name, value in (
            ("Auto-Submitted", "auto-replied"),
            ("X-Auto-Response-Suppress", "OOF, AutoReply"),
            ("Precedence", "bulk"),
            ("Return-Path", "<>"),
        ):
            self.receive(ticket, **{name: value})
            message = self.get_last(ticket)
            self.assertEqual(message.author_id, self.contact)
            self.assertTrue(message.client_health_automatic, name)
        self.receive(ticket, **{"Auto-Submitted": "no"})
        self.assertFalse(self.get_last(ticket).client_health_automatic)
        self.assert_facts(ticket_count=1, message_count=2)

    def test_answers_while_away_of_many_programs_are_not_written_by_anybody(self):
        """As Outlook, Exchange, Gmail and older programs send them."""
        self.contact.email = "contact@client.nl"
        ticket = self.open_ticket()
        for headers in (
            {"Subject": "Automatisch antwoord: Offerte"},
            {"Subject": "Automatic reply: Quotation"},
            {"Subject": "=?utf-8?Q?Automatisch_antwoord=3A_Offerte?="},
            {"Subject": "Out of Office: Quotation", "X-Mailer": "GroupWise"},
            {"Subject": "Afwezigheidsbericht: met vakantie"},
            {"Subject": "Away", "Precedence": "auto_reply", "X-Autoreply": "yes"},
            {"Subject": "Away", "X-Autorespond": "vacation"},
            {"Subject": "Away", "Auto-Submitted": "auto-generated (rejected)"},
        ):
            self.receive(ticket, **headers)
            self.assertTrue(self.get_last(ticket).client_health_automatic, headers)
        for subject in (
            "Re: Automatisch antwoord: Offerte",
            "Automatisch antwoord uitzetten",
            "Out of office hours",
        ):
            self.receive(ticket, Subject=subject)
            self.assertFalse(self.get_last(ticket).client_health_automatic, subject)
        self.assert_facts(ticket_count=1, message_count=3)

    def test_a_mail_with_others_in_copy_is_written_by_its_sender_alone(self):
        """A contact mails with us and a stranger in copy, who answers to all."""
        self.contact.email = "contact@client.nl"
        copies = {"Cc": "adviser@elsewhere.nl, colleague@client.nl"}
        ticket = self.receive(**copies)
        self.receive(ticket, sender="adviser@elsewhere.nl", **copies)
        self.assert_facts(ticket_count=1, message_count=1)
        self.env["res.partner"].create(
            {
                "name": "Second contact",
                "email": "colleague@client.nl",
                "parent_id": self.client.id,
            }
        )
        self.receive(ticket, sender="colleague@client.nl", **copies)
        self.assert_facts(ticket_count=1, message_count=2)

    def test_a_mail_that_arrives_twice_is_written_once(self):
        self.contact.email = "contact@client.nl"
        ticket = self.receive(**{"Message-Id": "<same@client.nl>"})
        self.receive(ticket, **{"Message-Id": "<same@client.nl>"})
        self.assert_facts(ticket_count=1, message_count=1)

    def test_a_ticket_of_another_company_counts_there_alone(self):
        self.contact.email = "contact@client.nl"
        other = self.env["res.company"].create({"name": "Other"})
        self.receive()
        self.receive().company_id = other
        self.assert_facts(ticket_count=1, message_count=1)

    def test_a_ticket_that_goes_to_another_client_takes_its_mails_along(self):
        self.contact.email = "contact@client.nl"
        ticket = self.receive()
        other = self.make_client("Other")
        ticket.partner_id = other
        self.assertFalse(self.refresh().ticket_count)
        self.assertEqual(self.refresh(other).message_count, 0)
        ticket.partner_id = self.contact
        self.assert_facts(ticket_count=1, message_count=1)

    def test_a_stage_moved_and_moved_back_reopens_nothing(self):
        """From open to waiting and back, as colleagues do all day."""
        waiting = self.opened.copy({"name": "Waiting", "closed": False})
        ticket = self.open_ticket()
        self.env.cr.flush()
        for stage in (waiting, self.opened, waiting, self.opened):
            ticket.stage_id = stage
            self.env.cr.flush()
            self.env.flush_all()
            self.cr.precommit.run()
        self.assert_facts(ticket_count=1, reopen_count=0)

    def test_a_ticket_that_an_automatic_mail_opened_counts_once_somebody_writes(self):
        self.contact.email = "contact@client.nl"
        ticket = self.receive(**{"Auto-Submitted": "auto-generated"})
        self.assertEqual(ticket.partner_id, self.contact)
        self.assertFalse(self.refresh().ticket_count)
        self.receive(ticket)
        self.assert_facts(ticket_count=1, message_count=1)

    def test_an_answer_while_away_does_not_undo_a_ticket_of_ours(self):
        self.contact.email = "contact@client.nl"
        ticket = self.open_ticket()
        self.write_message(ticket, local(MONDAY, 9), self.staff)
        self.receive(ticket, **{"Auto-Submitted": "auto-replied"})
        self.assert_facts(ticket_count=1, message_count=0)

    def test_other_documents_keep_their_mails_as_they_are(self):
        partner = self.make_client("Thread")
        self.env["mail.thread"].message_process(
            "res.partner",
            "From: a@b.nl\nTo: c@d.nl\nMessage-Id: <x@b.nl>\nAuto-Submitted: "
            "auto-replied\nSubject: Away\n\nAway",
            thread_id=partner.id,
        )
        message = partner.message_ids[0]
        self.assertFalse(message.client_health_automatic)

    def reach(self, message, moment):
        """Let a message have reached us at a moment."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE mail_message SET create_date = %s WHERE id = %s",
            (moment, message.id),
        )
        self.env.invalidate_all()

    def test_a_mail_whose_clock_is_wrong_counts_when_it_reached_us(self):
        for clock, expected in (
            (local(MONDAY, 3) - timedelta(days=400), 0.0),
            (local(MONDAY, 3) + timedelta(days=2), 0.0),
            (local(MONDAY, 3), 1.0),  # less than a day: as the client saw it
        ):
            ticket = self.open_ticket()
            self.reach(self.write_message(ticket, clock), local(MONDAY, 10))
            self.assert_facts(message_count=1, after_hours_share=expected)
            ticket.unlink()

    def test_a_mail_that_waited_for_days_counts_when_it_reached_us(self):
        self.contact.email = "contact@client.nl"
        ticket = self.receive(Date="Mon, 16 Nov 2020 03:00:00 +0100")
        reached = self.get_last(ticket).create_date
        self.receive(ticket, Date="Mon, 16 Nov 2020 03:00:00 +0100")
        [row] = self.env.execute_query_dict(
            SQL(
                "SELECT min(date) AS first, max(date) AS last FROM (%s) AS message",
                self.env["client.health.ticket"]._get_messages_sql(
                    [self.company._get_client_health_period()], self.client.ids
                ),
            )
        )
        self.assertEqual(set(row.values()), {reached})

    def test_what_was_imported_at_once_keeps_its_own_dates(self):
        ticket = self.open_ticket()
        for week in range(3):
            self.write_message(ticket, local(MONDAY, 10) - timedelta(weeks=week))
        self.assert_facts(message_count=3, after_hours_share=0.0)

    def test_what_the_client_removed_is_not_there(self):
        ticket = self.open_ticket()
        said = {"message_type": "comment", "body": "<p>Stupid!</p>"}
        removed = self.write_message(ticket, local(MONDAY, 10), **said)
        edited = self.write_message(ticket, local(MONDAY, 10), **said)
        ticket._message_update_content(edited, body="Sorry")
        self.assert_facts(message_count=2)
        self.env["client.health.stale"]._clear()
        ticket._message_update_content(removed, body="")
        self.assertTrue(removed.exists())
        self.assert_facts(message_count=1)

    def test_removing_a_message_asks_for_fresh_facts(self):
        ticket = self.open_ticket()
        message = self.write_message(
            ticket, local(MONDAY, 10), message_type="comment", body="<p>Stupid!</p>"
        )
        self.env["client.health.stale"]._clear()
        ticket._message_update_content(message, body="")
        stale = self.env["client.health.stale"].search([])
        self.assertIn(self.client.id, stale.mapped("partner_ref"))

    def test_the_first_mail_of_an_unknown_sender_counts_once_linked(self):
        ticket = self.receive(sender='"New" <New@Client.nl>')
        self.assertFalse(self.get_last(ticket).author_id)
        self.receive(ticket, sender="new@client.nl")
        self.receive(ticket, sender="somebody@else.nl")
        ticket.partner_id = self.contact
        ticket.partner_email = False
        self.assert_facts(ticket_count=1, message_count=2)

    def test_a_mail_without_author_from_an_address_of_the_client_counts(self):
        ticket = self.open_ticket()
        nobody = self.env["res.partner"]
        self.contact.email = "contact@client.nl"
        for sender in ("Contact <contact@client.nl>", "other@else.nl", False):
            message = self.write_message(ticket, local(MONDAY, 10), email_from=sender)
            message.author_id = nobody
        self.write_message(
            ticket, local(MONDAY, 10), email_from="contact@client.nl"
        ).write({"author_id": False, "message_type": "comment"})
        # the first one is from who opened the ticket, the third from nowhere
        self.assert_facts(message_count=1)

    def test_a_colleague_at_the_client_is_one_of_us(self):
        user = new_test_user(self.env, login="seconded", groups="base.group_user")
        user.partner_id.parent_id = self.client
        ticket = self.open_ticket()
        self.write_message(ticket, local(MONDAY, 10), user.partner_id)
        self.assert_facts(message_count=0)

    def test_a_colleague_who_left_was_one_of_us(self):
        user = new_test_user(self.env, login="former", groups="base.group_user")
        ticket = self.open_ticket()
        start = local(MONDAY, 10) - timedelta(days=60)
        self.write_message(ticket, start, user.partner_id)
        user.active = False
        for hours in (0, 1, 2):
            self.write_message(ticket, start + timedelta(days=14, hours=hours))
        self.assert_facts(rush_count=1)

    def test_ocas_merge_of_tickets_counts_once(self):
        if "helpdesk.ticket.merge" not in self.env:
            self.skipTest("helpdesk_mgmt_merge is not installed")
        tickets = self.open_ticket() + self.open_ticket() + self.open_ticket()
        for ticket in tickets:
            self.write_message(ticket, local(MONDAY, 10))
        self.assert_facts(ticket_count=3, message_count=3)
        Merge = self.env["helpdesk.ticket.merge"]
        Merge.with_context(active_ids=tickets[:2].ids).create({}).merge_tickets()
        self.assert_facts(ticket_count=2, message_count=3, messages_per_ticket=1.5)
        Merge.with_context(active_ids=(tickets[0] + tickets[2]).ids).create(
            {"create_new_ticket": True, "dst_ticket_name": "Both"}
        ).merge_tickets()
        self.assert_facts(ticket_count=1, message_count=3)

    def test_merged_tickets_count_once(self):
        one, two = self.open_ticket(), self.open_ticket()
        for ticket in (one, two):
            self.write_message(ticket, local(MONDAY, 10))
        two.message_ids.filtered(
            lambda message: message.message_type != "notification"
        ).write({"res_id": one.id})
        two.active = False
        self.assertEqual(two.client_health_merged_into_id, one)
        self.assertFalse(one.client_health_merged_into_id)
        self.assert_facts(ticket_count=1, message_count=2)


@tagged("post_install", "-at_install")
class TestStagesOfTickets(TicketCase):
    """A rush needs a ticket that waited, a reopening somebody who came back."""

    def move(self, ticket, stage, moment, user=None):
        """Let a user move a ticket to a stage at a moment."""
        ticket = ticket.with_context(tracking_disable=False, mail_notrack=False)
        with freeze_time(moment):
            ticket.with_user(user or self.env.user).sudo().stage_id = stage
            self.env.flush_all()
            self.env.cr.flush()

    def make_user(self, login, group="base.group_user", **vals):
        return new_test_user(self.env, login=login, groups=group, **vals)

    def rush(self, ticket, start):
        self.write_message(ticket, start, self.staff)
        for hours in (0, 1, 2):
            self.write_message(ticket, start + timedelta(days=20, hours=hours))

    def test_messages_on_a_ticket_that_we_had_closed_are_no_rush(self):
        start = local(MONDAY, 10) - timedelta(days=60)
        ticket = self.open_ticket()
        self.env.cr.flush()
        self.rush(ticket, start)
        self.assert_facts(rush_count=1)
        self.move(ticket, self.closed, start + timedelta(days=1))
        self.assert_facts(rush_count=0)

    def test_a_ticket_opened_again_waits_again(self):
        start = local(MONDAY, 10) - timedelta(days=60)
        ticket = self.open_ticket()
        self.env.cr.flush()
        self.rush(ticket, start)
        self.move(ticket, self.closed, start + timedelta(days=1))
        self.move(ticket, self.opened, start + timedelta(days=2))
        self.assert_facts(rush_count=1)

    def test_a_ticket_closed_after_the_rush_waited(self):
        start = local(MONDAY, 10) - timedelta(days=60)
        ticket = self.open_ticket()
        self.env.cr.flush()
        self.rush(ticket, start)
        self.move(ticket, self.closed, start + timedelta(days=30))
        self.assert_facts(rush_count=1)

    def test_without_changes_of_stage_the_day_of_closing_tells(self):
        start = local(MONDAY, 10) - timedelta(days=60)
        ticket = self.open_ticket()
        self.rush(ticket, start)
        ticket.with_context(tracking_disable=True).stage_id = self.closed
        ticket.closed_date = start + timedelta(days=1)
        self.assert_facts(rush_count=0)
        ticket.closed_date = start + timedelta(days=30)
        self.assert_facts(rush_count=1)

    def test_a_ticket_that_was_made_closed_never_waited(self):
        ticket = self.open_ticket(stage_id=self.closed.id)
        self.rush(ticket, local(MONDAY, 10) - timedelta(days=60))
        self.assert_facts(rush_count=0)

    def assert_reopened(self, expected, after, closer=None, opener=None):
        ticket = self.open_ticket()
        self.env.cr.flush()
        start = local(MONDAY, 10)
        self.move(ticket, self.closed, start, closer)
        self.move(ticket, self.opened, start + after, opener)
        self.assert_facts(reopen_count=expected)
        ticket.unlink()

    def test_closing_and_opening_by_the_same_colleague_in_an_hour_is_a_slip(self):
        one, two = self.make_user("one"), self.make_user("two")
        hour = timedelta(hours=1)
        self.assert_reopened(0, hour, one, one)
        self.assert_reopened(1, hour + timedelta(seconds=1), one, one)
        self.assert_reopened(1, hour, one, two)

    def test_a_stage_that_the_client_moved_in_the_portal_is_no_evidence(self):
        client = self.make_user("portal", "base.group_portal")
        client.partner_id.parent_id = self.client
        self.assert_reopened(0, timedelta(days=1), None, client)
        self.assert_reopened(1, timedelta(days=1), client, None)
