from odoo import api, fields, models
from odoo.tools import SQL

from ..access import AMOUNT_GROUPS
from ..engine.fact import PARAMETERS
from .rule_words import RuleWords

CALL_MINUTES = 45
"""How long a coaching call lasts where no track says it."""
COSTS = ("time_cost", "late_cost", "written_off_amount")
"""What a client costs: what is left is the revenue less these."""


class ClientHealthBalance(models.AbstractModel):
    """What a client brings and costs: a part of ``client.health``.

    Information, for who decides where time goes. It is in no shipped rule and not in
    the score, says nothing about a person and is no claim: the interest was never
    asked, and an estimate of hours is no record of work.

    What is left is revenue less the cost of time, less the interest on late days, less
    what was written off. Discount given is not in the revenue any more: it is shown
    as what could have been, and not subtracted a second time. What was written off is
    the debt, tax included, as the client owed it.
    """

    _name = "client.health.balance"
    _description = "What a Client Brings and Costs"

    # whose balance: the client says more of them
    company_id = fields.Many2one(comodel_name="res.company")
    currency_id = fields.Many2one(related="company_id.currency_id")

    hours_spent = fields.Float(
        fact="effort",
        unit="hours",
        derived="_get_hours_spent_sql",
        readonly=True,
        help="Hours on time sheets within the window; for a client without any an "
        "estimate from tickets and inbound messages.",
    )
    hours_estimated = fields.Float(
        fact="effort",
        unit="hours",
        derived="_get_hours_estimated_sql",
        evidence=[("kind", "=", "estimate")],
        string="Of Which Estimated",
        readonly=True,
        help="Hours spent that are an estimate: the minutes of the settings for each "
        "ticket and each inbound message.",
    )
    hours_after_hours_share = fields.Float(
        fact="effort",
        unit="share",
        derived="_get_hours_after_hours_share_sql",
        evidence=[("after_hours", "!=", 0)],
        string="Time After Hours (Share)",
        readonly=True,
        aggregator=None,
        help="Hours on days without working hours of the hours spent; in an "
        "estimate those for messages outside the working hours.",
    )
    hours_without_cost = fields.Float(
        fact="effort",
        unit="hours",
        derived="_get_hours_without_cost_sql",
        evidence=[("is_costed", "=", False)],
        readonly=True,
        help="Hours spent of which nobody said what they cost: neither the time sheet "
        "nor the settings. What is left is without them.",
    )
    time_cost = fields.Monetary(
        fact="effort",
        derived="_get_time_cost_sql",
        string="Cost of Time",
        readonly=True,
        groups=AMOUNT_GROUPS,
        help="What the time sheets cost, else the hours spent × the cost of an hour in "
        "the settings.",
    )
    revenue_per_hour = fields.Monetary(
        fact="effort",
        derived="_get_revenue_per_hour_sql",
        readonly=True,
        groups=AMOUNT_GROUPS,
        aggregator="avg",
        help="Revenue divided by the hours spent; 0 without hours.",
    )
    revenue_per_hour_ratio = fields.Float(
        fact="effort",
        unit="ratio",
        derived="_get_revenue_per_hour_ratio_sql",
        string="Revenue per Hour (Ratio)",
        readonly=True,
        aggregator="avg",
        help="Revenue per hour divided by that of the client in the middle, of all "
        "clients with hours: 0.5 is half as much. 0 without hours or revenue.",
    )
    discount_given_amount = fields.Monetary(
        fact="sale",
        evidence=[("given_amount", "!=", 0)],
        string="Discount Given",
        readonly=True,
        groups=AMOUNT_GROUPS,
        help="What was let off on invoices within the window, whoever thought of it: "
        "asked for, agreed beforehand or by a promotion. The revenue is without it.",
    )
    late_cost = fields.Monetary(
        fact="payment",
        evidence=[("late_cost", "!=", 0)],
        string="Cost of Late Payment",
        readonly=True,
        groups=AMOUNT_GROUPS,
        help="Interest for the days late on what was paid late or is still open, part "
        "by part, at the percentage in the settings. No claim on the client.",
    )
    net_amount = fields.Monetary(
        fact="sale",
        derived="_get_net_amount_sql",
        string="Left Over",
        readonly=True,
        groups=AMOUNT_GROUPS,
        help="Revenue less the cost of time, the cost of late payment and what was "
        "written off. Where the cost of an hour is not known, without time.",
    )
    hours_month = fields.Float(
        string="Hours a Month",
        compute="_compute_hours_month",
        aggregator=None,
        help="Hours spent by the months of the window: what would be free without this "
        "client.",
    )
    balance = fields.Json(
        compute="_compute_balance",
        help="What came in, what it cost and what is left, as the form shows it.",
    )

    @api.model
    def _valid_field_parameter(self, field, name):
        return name in PARAMETERS or super()._valid_field_parameter(field, name)

    # derived facts: each from those above it and from the inputs of the sources;
    # amounts from hours as they are, not as they are rounded to be stored

    @api.model
    def _get_hours_spent_sql(self):
        """Return the hours on time sheets; a client without any has an estimate."""
        return SQL(
            """
            (CASE WHEN booked_count > 0 THEN GREATEST(booked_hours, 0)
                  ELSE (ticket_count * ticket_minutes + message_count * message_minutes)
                       / 60 END)
            """
        )

    @api.model
    def _get_hours_estimated_sql(self):
        return SQL("CASE WHEN booked_count > 0 THEN 0 ELSE hours_spent END")

    @api.model
    def _get_hours_after_hours_share_sql(self):
        return SQL(
            """
            CASE WHEN hours_spent <= 0 THEN 0
                 WHEN booked_count > 0 THEN booked_after_hours / hours_spent
                 ELSE message_count * after_hours_share * message_minutes / 60
                      / hours_spent END
            """
        )

    @api.model
    def _get_hours_to_cost_sql(self):
        """Return the hours whose cost is not on a time sheet."""
        return SQL(
            "CASE WHEN booked_count > 0 THEN uncosted_hours ELSE %s END",
            self._get_hours_spent_sql(),
        )

    @api.model
    def _get_hours_without_cost_sql(self):
        return SQL(
            "CASE WHEN hourly_cost > 0 THEN 0 ELSE %s END",
            self._get_hours_to_cost_sql(),
        )

    @api.model
    def _get_time_cost_sql(self):
        return SQL("booked_cost + hourly_cost * (%s)", self._get_hours_to_cost_sql())

    @api.model
    def _get_revenue_per_hour_sql(self):
        return SQL(
            "CASE WHEN hours_spent > 0 THEN revenue_amount / %s END",
            self._get_hours_spent_sql(),
        )

    @api.model
    def _get_revenue_per_hour_ratio_sql(self):
        """Return the revenue per hour by the ``hour_median`` of the company."""
        return SQL(
            """
            CASE WHEN hours_spent > 0 AND revenue_amount > 0 AND hour_median > 0
                 THEN revenue_per_hour / hour_median END
            """
        )

    @api.model
    def _get_net_amount_sql(self):
        return SQL("revenue_amount - time_cost - late_cost - written_off_amount")

    # the picture of it

    @api.depends("hours_spent", "company_id")
    def _compute_hours_month(self):
        for health in self:
            # sudo: settings hold for whoever looks
            months = health.sudo().company_id.client_health_window_months
            health.hours_month = health.hours_spent / (months or 1)

    @api.depends_context("lang", "uid")
    def _compute_balance(self):
        is_shown = self._has_field_access(self._fields["net_amount"], "read")
        for health in self:
            health.balance = health._prepare_balance() if is_shown else False

    def _prepare_balance(self):
        """Return the balance as the form shows it; ``False`` where there is nothing.

        ``came`` and ``costs``: dicts with ``name`` of the fact, ``label``, ``text``
        and ``share`` of the bar's width, 0 to 1; ``left`` alike, with ``is_short``;
        ``room``: what would be free without this client; ``notes``: what to know
        beside it; both in sentences.
        """
        self.ensure_one()
        costs = {name: self[name] for name in COSTS}
        came = max(self.revenue_amount, 0)
        whole = max(came, sum(costs.values()))
        if not whole and not self.revenue_amount and not self.hours_spent:
            return False
        left = self._prepare_balance_part("net_amount", self.net_amount, whole)
        return {
            "came": self._prepare_balance_part("revenue_amount", came, whole),
            "costs": [
                self._prepare_balance_part(name, amount, whole)
                for name, amount in costs.items()
            ],
            "left": left | {"is_short": self.net_amount < 0},
            "effort": self._prepare_balance_effort(),
            "room": self._word_room() if self.hours_spent else "",
            "notes": self._word_balance_notes(),
        }

    def _prepare_balance_part(self, name, amount, whole):
        field = self._fields[name]
        is_unknown = name == "time_cost" and not amount and self.hours_without_cost
        return {
            "name": name,
            "label": field._description_string(self.env),
            "help": field._description_help(self.env),
            "text": self.env._("not known") if is_unknown else self._word_fact(name),
            "share": max(amount, 0) / whole if whole else 0,
        }

    def _prepare_balance_effort(self):
        """Return hours, revenue per hour and its ratio, as far as there are any."""
        labels = {
            "hours_spent": self._fields["hours_spent"]._description_string(self.env),
            "revenue_per_hour": self._fields["revenue_per_hour"]._description_string(
                self.env
            ),
            "revenue_per_hour_ratio": self.env._("Beside the client in the middle"),
        }
        return [
            {
                "name": name,
                "label": label,
                "help": self._fields[name]._description_help(self.env),
                "text": self._word_fact(name),
            }
            for name, label in labels.items()
            if self[name]
        ]

    def _word_balance_notes(self):
        """Return what to know beside the numbers, in sentences: how they came to be."""
        notes = [self._word_estimate()] if self.hours_estimated else []
        if self.hours_without_cost:
            notes.append(
                self.env._(
                    "What %(hours)s cost is not known: what is left is without them.",
                    hours=self._word_fact("hours_without_cost"),
                )
            )
        discount = self._fields["discount_given_amount"]
        if self._has_field_access(discount, "read") and self.discount_given_amount:
            notes.append(
                self.env._(
                    "%(amount)s of discount was given: the revenue is without it.",
                    amount=self._word_fact("discount_given_amount"),
                )
            )
        return notes

    def _word_estimate(self):
        """Return how the hours were estimated, in a sentence."""
        company = self.sudo().company_id  # sudo: settings hold for whoever looks
        return self.env._(
            "The hours are an estimate: %(ticket)s minutes for a ticket and "
            "%(message)s for a message.",
            ticket=company.client_health_ticket_minutes,
            message=company.client_health_message_minutes,
        )

    # what would be free

    def _sum_balance(self):
        """Return what these clients bring and take, all of one company.

        :return: dict of ``hours_month`` (hours a month of the window),
            ``hours_share`` (0 to 1, of all hours of the company), ``is_estimate``
            and, for who may see amounts, ``revenue_amount``, ``revenue_share`` (0 to
            1) and ``net_amount``
        """
        company = self.company_id[:1] or self.env.company
        months = company.sudo().client_health_window_months  # sudo: as above
        names = ["hours_spent", "hours_estimated"]
        if self._has_field_access(self._fields["net_amount"], "read"):
            names += ["revenue_amount", "net_amount"]
        own = {name: sum(self.mapped(name)) for name in names}
        [totals] = self._read_group(
            [("company_id", "=", company.id)], [], [f"{name}:sum" for name in names]
        )
        whole = dict(zip(names, totals, strict=True))
        found = {
            "hours_month": own["hours_spent"] / months,
            "hours_share": own["hours_spent"] / (whole["hours_spent"] or 1),
            "is_estimate": bool(own["hours_estimated"]),
        }
        if "net_amount" in own:
            found |= {
                "revenue_amount": own["revenue_amount"],
                "revenue_share": own["revenue_amount"] / (whole["revenue_amount"] or 1),
                "net_amount": own["net_amount"],
            }
        return found

    def _word_room(self):
        """Return how much time these clients take, beside the calls that wait for it.

        A comparison and no advice. Calls are told where ``coaching_leads`` is
        installed, those that wait to who may see them.
        """
        balance = self._sum_balance()
        hours = balance["hours_month"]
        if not hours:
            return self.env._("No hours were counted: nothing would be free.")
        number = RuleWords(self.env).word_number(round(hours, 1))
        text = self.env._("About %(hours)s hours a month would be free.", hours=number)
        if balance["is_estimate"]:
            text = self.env._(
                "About %(hours)s hours a month would be free (an estimate).",
                hours=number,
            )
        return " ".join([text, *self._word_calls(hours)])

    def _word_calls(self, hours):
        """Yield how many coaching calls fit in hours, and how many are asked for.

        :param float hours: a month
        """
        if "coaching.call" not in self.env:
            return
        # sudo: how long a call lasts is on the public page
        tracks = self.env["coaching.track"].sudo()
        [[minutes]] = tracks._read_group([], [], ["call_minutes:max"])
        minutes = minutes or CALL_MINUTES
        count = int(hours * 60 / minutes)
        if count == 1:
            yield self.env._(
                "That is as long as one coaching call of %(minutes)s minutes.",
                minutes=minutes,
            )
        elif count:
            yield self.env._(
                "That is as long as %(count)s coaching calls of %(minutes)s minutes.",
                count=count,
                minutes=minutes,
            )
        Lead = self.env["crm.lead"]
        if Lead.has_access("read"):
            waiting = Lead.search_count(
                [
                    ("coaching_session_state", "=", "requested"),
                    ("won_status", "=", "pending"),
                    ("company_id", "in", [False, *self.company_id.ids]),
                ]
            )
            yield self.env._(
                "Calls asked for and not planned yet: %(count)s.", count=waiting
            )
