from datetime import timedelta

from odoo import Command

from . import conversations
from .base import Base
from .clients import BOOK


class Tickets(Base):
    """What clients asked, what was answered and how they rated it."""

    def _create_tickets(self):
        """Tickets of the last year, with what was said on them and how they ended."""
        plan = [
            (client, nth, self._get_ticket_date(client, nth))
            for client in BOOK
            for nth in range(client.tickets)
        ]
        tickets = self.env["helpdesk.ticket"].create(
            [self._prepare_ticket_vals(*item) for item in plan]
        )
        self._backdate(tickets, [self._at(date, 10) for _c, _n, date in plan])
        messages = []
        for (client, nth, date), ticket in zip(plan, tickets, strict=True):
            messages += self._prepare_message_vals(client, nth, date, ticket)
        self.env["mail.message"].create(messages)
        self._create_ratings(plan, tickets)

    def _get_ticket_date(self, client, nth):
        """Spread over the year up to a month ago, on a working day."""
        step = 310 // client.tickets
        ago = 30 + nth * step + self._random(f"{client.code} {nth}").randrange(step)
        return self._to_working_day(self._today() - timedelta(days=ago))

    def _to_working_day(self, date):
        """That day, or the Monday after it."""
        days = 7 - date.weekday() if date.weekday() > 4 else 0
        return date + timedelta(days=days)

    def _get_topic(self, client, nth):
        start = sum(client.code.encode())
        return conversations.TOPICS[(start + nth) % len(conversations.TOPICS)]

    def _is_open(self, client, nth):
        """The newest ticket of some clients is still being worked on."""
        return nth == 0 and sum(client.code.encode()) % 3 == 0

    def _get_colleague(self, nth):
        return self._get_user(("sanne", "joost")[nth % 2])

    def _get_stage(self, name):
        return self.env.ref(f"helpdesk_mgmt.helpdesk_ticket_stage_{name}")

    def _prepare_ticket_vals(self, client, nth, date):
        contact = self._ref(client.code).child_ids[:1]
        subject, question, *_rest = self._get_topic(client, nth)
        stage = "in_progress" if self._is_open(client, nth) else "done"
        team = self.env.ref("client_health.helpdesk_ticket_team_service_demo")
        return {
            "name": subject,
            "description": question,
            "partner_id": contact.id,
            "partner_name": contact.name,
            "partner_email": contact.email,
            "team_id": team.id,
            "user_id": self._get_colleague(nth).id,
            "stage_id": self._get_stage(stage).id,
            "channel_id": self.env.ref(
                "helpdesk_mgmt.helpdesk_ticket_channel_email"
            ).id,
            "assigned_date": self._at(date, 10, 30),
            "closed_date": stage == "done" and self._at(date + timedelta(days=8), 9),
            "client_health_own_fault": client.own_fault,
        }

    def _prepare_message_vals(self, client, nth, date, ticket):
        """Everything said on one ticket, as values for ``mail.message``."""
        if nth < client.rush:
            said = self._tell_rush(date)
        else:
            said = self._tell_ticket(client, nth, date)
        reopened = client.rush <= nth < client.rush + client.reopened
        if reopened:
            said.append((True, date + timedelta(days=6), 11, conversations.REOPENED))
        vals = [self._prepare_said_vals(client, nth, ticket, *item) for item in said]
        if not self._is_open(client, nth):
            vals += self._prepare_stage_vals(ticket, date, reopened)
        return vals

    def _tell_ticket(self, client, nth, date):
        """Question and answer: (by the client, date, hour, text)."""
        _subject, question, replies, answers = self._get_topic(client, nth)
        reminders = conversations.REMINDERS[: client.insistent]
        evening = 22 if client.after_hours and nth % 4 else 0
        next_day = self._to_working_day(date + timedelta(days=1))
        return [
            (True, date, evening or 10, question),
            *(
                (True, date, evening or 11 + n, text)
                for n, text in enumerate(reminders)
            ),
            (False, next_day, 10, answers[0]),
            (True, next_day, evening or 13, replies[0]),
            (False, self._to_working_day(next_day + timedelta(days=1)), 11, answers[1]),
            (True, self._to_working_day(next_day + timedelta(days=2)), 14, replies[1]),
        ]

    def _tell_rush(self, date):
        """We ask, hear nothing for weeks, and then everything is urgent."""
        asked = self._to_working_day(date - timedelta(days=22))
        return [
            (False, asked, 10, conversations.RUSH_QUESTION),
            *((True, date, 10 + n, text) for n, text in enumerate(conversations.RUSH)),
            (False, date, 15, "We hebben het vanmiddag online gezet."),
        ]

    def _prepare_said_vals(self, client, nth, ticket, inbound, date, hour, text):
        colleague = self._get_colleague(nth).partner_id
        author = ticket.partner_id if inbound else colleague
        minute = self._random(f"{client.code} {text}").randrange(50)
        return {
            "model": ticket._name,
            "res_id": ticket.id,
            "author_id": author.id,
            "email_from": author.email_formatted,
            "message_type": "email" if inbound else "comment",
            "subtype_id": self.env.ref("mail.mt_comment").id,
            "date": self._at(date, hour, minute),
            "body": text,
        }

    def _prepare_stage_vals(self, ticket, date, reopened):
        """The stages a ticket went through, as the chatter logs them."""
        moves = [("in_progress", "done", 4)]
        if reopened:
            moves += [("done", "in_progress", 6), ("in_progress", "done", 8)]
        return [self._prepare_move_vals(ticket, date, *move) for move in moves]

    def _prepare_move_vals(self, ticket, date, old, new, days):
        old, new = self._get_stage(old), self._get_stage(new)
        tracking = {
            "field_id": self.env["ir.model.fields"]._get(ticket._name, "stage_id").id,
            "old_value_integer": old.id,
            "old_value_char": old.name,
            "new_value_integer": new.id,
            "new_value_char": new.name,
        }
        return {
            "model": ticket._name,
            "res_id": ticket.id,
            "author_id": ticket.user_id.partner_id.id,
            "email_from": ticket.user_id.email_formatted,
            "message_type": "notification",
            "subtype_id": self.env.ref("mail.mt_note").id,
            "date": self._at(date + timedelta(days=days), 15),
            "tracking_value_ids": [Command.create(tracking)],
        }

    def _create_ratings(self, plan, tickets):
        """Every client that rates, rates its first ticket of the year."""
        rated = [
            (client, date, ticket)
            for (client, nth, date), ticket in zip(plan, tickets, strict=True)
            if client.rating and nth == client.tickets - 1
        ]
        ratings = self.env["rating.rating"].create(
            [self._prepare_rating_vals(client, ticket) for client, _d, ticket in rated]
        )
        moments = [self._at(date + timedelta(days=9), 12) for _c, date, _t in rated]
        for rating, moment in zip(ratings, moments, strict=True):
            rating.rated_on = moment
        self._backdate(ratings, moments)

    def _prepare_rating_vals(self, client, ticket):
        return {
            "res_model_id": self.env["ir.model"]._get_id(ticket._name),
            "res_id": ticket.id,
            "partner_id": ticket.partner_id.id,
            "rated_partner_id": ticket.user_id.partner_id.id,
            "rating": client.rating,
            "feedback": conversations.FEEDBACK[client.rating],
            "consumed": True,
        }
