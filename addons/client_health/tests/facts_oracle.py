"""Every fact once more: slow, obvious Python over records, without a line of SQL.

Written from the meaning of the facts and not from their implementation, so that the
two can be wrong together only where the meaning is.
"""

from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

import pytz
from dateutil.relativedelta import relativedelta
from odoo.tools import email_normalize, is_html_empty

from .ledger_oracle import LedgerOracle


class FactsOracle:
    """The facts of clients in one company on one day."""

    def __init__(self, env, company, today):
        self.env = env(su=True)
        self.company = company
        self.today = today
        self.start = today - relativedelta(months=company.client_health_window_months)
        self.sale_start = today - relativedelta(
            months=2 * company.client_health_window_months
        )
        self.zone = pytz.timezone(company.resource_calendar_id.tz)

    def get_all(self, clients):
        """Return the facts by client, the workload compared among all of them."""
        facts = {client: self.get_facts(client) for client in clients}
        workloads = {
            client: (own["ticket_count"] + own["message_count"])
            * 1000
            / own["revenue_amount"]
            for client, own in facts.items()
            if own["ticket_count"] and own["revenue_amount"] > 0
        }
        middle = median(workloads.values()) if workloads else 0
        for client, own in facts.items():
            own["workload_ratio"] = (
                workloads[client] / middle if client in workloads and middle else 0
            )
        rates = [
            own["revenue_per_hour"]
            for own in facts.values()
            if own["hours_spent"] and own["revenue_amount"] > 0
        ]
        middle = median(rates) if rates else 0
        for own in facts.values():
            own["revenue_per_hour_ratio"] = (
                max(own["revenue_per_hour"], 0) / middle if middle else 0
            )
        return facts

    def get_facts(self, client):
        facts = {
            **LedgerOracle(self.env, self.company, self.today).get_facts(client),
            **self.get_sale_facts(client),
            **self.get_ticket_facts(client),
            **self.get_promise_facts(client),
            **self.get_incident_facts(client),
        }
        return {**facts, **self.get_balance_facts(client, facts)}

    def is_within(self, day, start=None):
        return (start or self.start) < day <= self.today

    def get_moves(self, client):
        return (
            self.env["account.move"]
            .search(
                [
                    ("company_id", "=", self.company.id),
                    ("state", "=", "posted"),
                    ("move_type", "in", ("out_invoice", "out_refund")),
                ]
            )
            .filtered(
                lambda move: move.commercial_partner_id.commercial_partner_id == client
            )
        )

    # ---- sales

    def get_sale_facts(self, client):
        moves = self.get_sales(client)
        recent = moves.filtered(lambda move: self.is_within(move.invoice_date))
        counted = moves.filtered(self.counts)
        invoices = counted.filtered(self.is_sale)
        discounts = {
            move: sum(self.get_list_and_discount(line)[1] for line in move.line_ids)
            for move in invoices
        }
        listed = sum(
            self.get_list_and_discount(line)[0] for line in invoices.invoice_line_ids
        )
        invoiced = self.get_revenue(invoices)
        last = max(invoices.mapped("invoice_date"), default=self.today)
        gap = relativedelta(self.today, last)
        return {
            "invoice_count": len(
                recent.filtered(
                    lambda move: self.is_sale(move) and not self.is_credited(move)
                )
            ),
            "revenue_amount": self.get_revenue(recent),
            "sale_invoice_count": len(invoices),
            "list_amount": listed,
            "discount_amount": sum(discounts.values()),
            "discount_given_amount": sum(
                self.get_given(line)
                for move in invoices & recent
                for line in move.invoice_line_ids
            ),
            "discount_share": sum(discounts.values()) / listed if listed else 0,
            "discounted_invoice_count": sum(
                discount > 0 for discount in discounts.values()
            ),
            "credit_note_share": (
                -self.get_revenue(counted - invoices) / invoiced if invoiced else 0
            ),
            "months_since_last_invoice": gap.years * 12 + gap.months,
        }

    def get_sales(self, client):
        """Return the client's invoices, receipts and credit notes of two windows."""
        return (
            self.env["account.move"]
            .search([("company_id", "=", self.company.id), ("state", "=", "posted")])
            .filtered(
                lambda move: (
                    move.is_sale_document(include_receipts=True)
                    and move.partner_id.commercial_partner_id == client
                    and self.is_within(move.invoice_date, self.sale_start)
                )
            )
        )

    def is_sale(self, move):
        return move.move_type != "out_refund"

    def get_revenue(self, moves):
        lines = moves.line_ids
        return -sum(
            line.balance for line in lines if line.account_id.internal_group == "income"
        )

    def is_credited(self, move):
        own = move.reversal_move_ids.filtered(lambda refund: refund.state == "posted")
        return bool(own) and sum(own.mapped("amount_total")) >= move.amount_total

    def counts(self, move):
        """Return whether it may count; a credit note goes by its invoice as well."""
        origin = move.reversed_entry_id
        return not (
            move.client_health_disputed
            or move.client_health_offered
            or (self.is_sale(move) and self.is_credited(move))
            or (origin and not self.counts(origin))
        )

    def get_list_and_discount(self, line):
        """Return the price before discount and the discount, in company currency."""
        if line.display_type != "product" or not line.price_unit:
            return 0, 0
        if line.price_unit * line.quantity < 0:
            asked = line.product_id in self.company.client_health_discount_product_ids
            return 0, line.balance * self.get_asked_share(line.move_id) if asked else 0
        untaxed = line.tax_ids.compute_all(line.price_unit, quantity=line.quantity)
        price = line.price_unit * line.quantity
        if line.tax_ids:
            price = untaxed["total_excluded"]
        price /= line.move_id.invoice_currency_rate
        beyond = line.discount - self.get_agreed(line.move_id)
        is_sale = line.account_id.internal_group == "income"
        listed = price if is_sale or line.discount > 0 else 0
        return listed, price * max(beyond, 0) / 100

    def get_given(self, line):
        """Return what was let off on a line, agreed beforehand or not."""
        if line.price_unit * line.quantity < 0:
            asked = self.company.client_health_discount_product_ids
            return line.balance if line.product_id in asked else 0
        untaxed = line.tax_ids.compute_all(line.price_unit, quantity=line.quantity)
        price = line.price_unit * line.quantity
        if line.tax_ids:
            price = untaxed["total_excluded"]
        return price * line.discount / 100 / line.move_id.invoice_currency_rate

    def get_agreed(self, move):
        return move.partner_id.commercial_partner_id.client_health_agreed_discount

    def get_asked_share(self, move):
        """Return the part of its discount lines that was not agreed beforehand."""
        agreed = self.get_agreed(move)
        asked = left_over = 0
        for line in move.invoice_line_ids:
            own = line.product_id in self.company.client_health_discount_product_ids
            if line.balance > 0 and own:
                asked += line.balance
            elif line.balance < 0 and line.discount < agreed:
                before = -line.balance / (1 - line.discount / 100)
                left_over += before * (agreed - line.discount) / 100
        return max(1 - left_over / asked, 0)

    # ---- tickets

    def get_ticket_facts(self, client):
        tickets = (
            self.env["helpdesk.ticket"]
            .with_context(active_test=False)
            .search([("company_id", "=", self.company.id)])
            .filtered(
                lambda ticket: (
                    ticket.commercial_partner_id == client
                    and not ticket.client_health_own_fault
                    and not ticket.client_health_merged_into_id
                    and self.is_within(self.to_local(ticket.create_date).date())
                )
            )
        )
        messages = outside = rushes = reopened = 0
        ratings = []
        for ticket in tickets:
            talk = self.get_talk(ticket, client)
            closed = self.get_closed_times(ticket)
            inbound = [moment for moment, is_inbound in talk if is_inbound]
            messages += len(inbound)
            outside += sum(self.is_after_hours(moment) for moment in inbound)
            rushes += self.count_rushes(talk, closed)
            reopened += self.count_reopenings(ticket)
            ratings += [
                rating.rating
                for rating in ticket.rating_ids
                if rating.consumed and rating.rating
            ]
        low = [rating for rating in ratings if rating < 3]
        return {
            "ticket_count": len(tickets),
            "message_count": messages,
            "messages_per_ticket": messages / len(tickets) if tickets else 0,
            "reopen_count": reopened,
            "after_hours_share": outside / messages if messages else 0,
            "rush_count": rushes,
            "rating_count": len(ratings),
            "rating_avg": sum(ratings) / len(ratings) if ratings else 0,
            "rating_low_share": len(low) / len(ratings) if ratings else 0,
        }

    def to_local(self, moment):
        return pytz.utc.localize(moment).astimezone(self.zone)

    def get_talk(self, ticket, client):
        """Return when who wrote: pairs of a moment and whether the client did."""
        talk = []
        messages = self.env["mail.message"].search(
            [("model", "=", "helpdesk.ticket"), ("res_id", "=", ticket.id)]
        )
        for message in messages.sorted(lambda said: (self.get_moment(said), said.id)):
            inbound = self.is_inbound(message, ticket, client)
            if inbound is not None:
                talk.append((self.get_moment(message), inbound))
        return talk

    def get_moment(self, message):
        """Return when it was said: a mail whose clock is off, when it reached us."""
        off = abs(message.date - message.create_date) > timedelta(days=1)
        imported = (
            "-openerp-" in message.message_id
            and message.create_date == message.write_date
        )
        if message.message_type == "email" and off and not imported:
            return message.create_date
        return message.date

    def is_inbound(self, message, ticket, client):
        """Return whether the client wrote it to us; ``None`` where nobody wrote."""
        kind, author = message.message_type, message.author_id
        if kind not in ("email", "comment", "email_outgoing"):
            return None
        if message.client_health_automatic:
            return None
        if self.is_colleague(author):
            hidden = message.is_internal or message.subtype_id.internal
            return None if hidden else False
        ours = author.commercial_partner_id == client
        unknown = not author and kind == "email" and self.is_sender(message, ticket)
        removed = is_html_empty(message.body) and "edited" in (message.body or "")
        if kind == "email_outgoing" or removed and not message.attachment_ids:
            return None
        return True if ours or unknown else None

    def is_colleague(self, contact):
        users = contact.with_context(active_test=False).user_ids
        return any(not user.share for user in users)

    def is_sender(self, message, ticket):
        """Return whether a mail without author is from an address of the client."""
        contacts = self.env["res.partner"].search(
            [("commercial_partner_id", "=", ticket.commercial_partner_id.id)]
        )
        first = self.env["mail.message"].search(
            [("model", "=", "helpdesk.ticket"), ("res_id", "=", ticket.id)],
            order="id",
            limit=1,
        )
        own = [ticket.partner_email, first.email_from, *contacts.mapped("email")]
        address = email_normalize(message.email_from)
        return bool(address) and address in map(email_normalize, own)

    def is_after_hours(self, moment):
        local = self.to_local(moment)
        calendar = self.company.resource_calendar_id
        hours = calendar.attendance_ids.filtered(
            lambda work: (
                work.dayofweek == str(local.weekday()) and work.day_period != "lunch"
            )
        )
        if not hours:
            return True
        leaves = self.env["resource.calendar.leaves"].search(
            [("resource_id", "=", False), ("calendar_id", "in", (False, calendar.id))]
        )
        if any(leave.date_from <= moment < leave.date_to for leave in leaves):
            return True
        hour = local.hour + local.minute / 60 + local.second / 3600
        return not min(hours.mapped("hour_from")) <= hour < max(hours.mapped("hour_to"))

    def count_rushes(self, talk, closed):
        rushes = 0
        for (before, was_inbound), (moment, is_inbound) in pairwise(talk):
            silent = moment - before >= timedelta(days=14)
            waited = not any(start <= moment < end for start, end in closed)
            if is_inbound and not was_inbound and silent and waited:
                soon = [
                    when
                    for when, also_inbound in talk
                    if also_inbound and moment <= when <= moment + timedelta(days=2)
                ]
                rushes += len(soon) >= 3
        return rushes

    def get_changes(self, ticket):
        """Return when who moved the ticket to which stage, in order."""
        changes = [
            (told.date, told.id, told.author_id, value)
            for told in ticket.message_ids
            for value in told.tracking_value_ids
            if value.field_id.name == "stage_id"
        ]
        Stage = self.env["helpdesk.ticket.stage"]
        return [
            (moment, author, Stage.browse(value.new_value_integer).closed)
            for moment, _id, author, value in sorted(changes, key=lambda one: one[:2])
        ]

    def get_closed_times(self, ticket):
        """Return from when to when the ticket was closed."""
        times, start = [], None
        for moment, _author, closed in self.get_changes(ticket):
            if closed and not start:
                start = moment
            elif start and not closed:
                times.append((start, moment))
                start = None
        return [*times, (start, datetime.max)] if start else times

    def count_reopenings(self, ticket):
        reopened = 0
        for before, after in pairwise(self.get_changes(ticket)):
            (closed_at, closer, closed), (opened_at, opener, still_closed) = (
                before,
                after,
            )
            soon = opened_at - closed_at <= timedelta(hours=1)
            slip = closer == opener and soon
            if closed and not still_closed and self.is_colleague(opener):
                reopened += not slip
        return reopened

    # ---- what a client brings and costs

    def get_balance_facts(self, client, own):
        company, days = self.company, self.get_timesheets(client)
        hours = sum(line.unit_amount for line in days)
        off = sum(line.unit_amount for line in days if self.is_day_off(line.date))
        uncosted = sum(line.unit_amount for line in days if not line.amount)
        cost = -sum(days.mapped("amount"))
        if not days:
            per_message = company.client_health_message_minutes / 60
            hours = uncosted = (
                own["ticket_count"] * company.client_health_ticket_minutes / 60
                + own["message_count"] * per_message
            )
            off = own["message_count"] * own["after_hours_share"] * per_message
        cost += uncosted * company.client_health_hourly_cost
        return {
            "hours_spent": hours,
            "hours_estimated": 0 if days else hours,
            "hours_after_hours_share": off / hours if hours else 0,
            "hours_without_cost": 0 if company.client_health_hourly_cost else uncosted,
            "time_cost": cost,
            "revenue_per_hour": own["revenue_amount"] / hours if hours else 0,
            "net_amount": own["revenue_amount"]
            - cost
            - own["late_cost"]
            - own["written_off_amount"],
        }

    def get_timesheets(self, client):
        Line = self.env["account.analytic.line"]
        if "project_id" not in Line._fields:
            return Line
        lines = Line.search(
            [("company_id", "=", self.company.id), ("project_id", "!=", False)]
        )
        return lines.filtered(
            lambda line: (
                line.partner_id.commercial_partner_id == client
                and self.is_within(line.date)
            )
        )

    def is_day_off(self, day):
        hours = self.company.resource_calendar_id.attendance_ids
        return str(day.weekday()) not in hours.mapped("dayofweek")

    # ---- promises and incidents

    def get_own(self, model, client, day):
        return (
            self.env[model]
            .search([("company_id", "=", self.company.id)])
            .filtered(
                lambda found: (
                    found.partner_id.commercial_partner_id == client
                    and self.is_within(found[day])
                )
            )
        )

    def get_promise_facts(self, client):
        promises = self.get_own("client.health.promise", client, "date_promised")
        settled = [found.state for found in promises if found.state != "open"]
        settled = [state for state in settled if state != "void"]
        return {
            "promise_count": len(settled),
            "promise_broken_count": settled.count("broken"),
            "promise_kept_share": (
                settled.count("kept") / len(settled) if settled else 0
            ),
        }

    def get_incident_facts(self, client):
        incidents = self.get_own("client.health.incident", client, "date")
        conduct = incidents.filtered(lambda found: found.kind == "conduct")
        kinds = incidents.mapped("kind")
        return {
            "integrity_incident_count": kinds.count("integrity"),
            "demand_incident_count": kinds.count("demand"),
            "freebie_incident_count": kinds.count("freebie"),
            "conduct_incident_count": len(conduct),
            "conduct_reporter_count": len(conduct.user_id),
            "conduct_day_count": len(set(conduct.mapped("date"))),
            "conduct_severe_count": len(conduct.filtered("severe")),
        }


def at(day, hours):
    """Return the moment so many hours after midnight of a day, in UTC."""
    return datetime.combine(day, datetime.min.time()) + timedelta(hours=hours)
