from datetime import timedelta

from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.tools import format_date

COURSE_MONTHS = 12
"""Months on the line of the score; the twelve before lie behind it."""
MONTH_AGO_DAYS = 15
"""The first of a month is a month ago from here on: 15 to 45 days, 30 on average."""
EVENTS = 12
"""So many of the latest events are told."""


class ClientHealthCourse(models.AbstractModel):
    """How a client's score went, and what happened on the way."""

    _name = "client.health.course"
    _description = "Course of the Score"

    score_trend = fields.Integer(
        string="Change",
        compute="_compute_score_trend",
        help="Points won or lost in about 30 days: since the last first of a month "
        "that is 15 days ago or more.",
    )
    course = fields.Json(
        compute="_compute_course",
        help="The score month by month, that of the year before, and flags, "
        "decisions, talks and farewells on the way.",
    )

    @api.depends("score", "snapshot_ids.basis", "snapshot_ids.score", "company_id")
    def _compute_score_trend(self):
        for company, clients in self.grouped("company_id").items():
            then = self._get_month_ago(company)
            for health in clients:
                old = health.snapshot_ids.filtered(
                    lambda one, day=then: one.basis == "kept" and one.date <= day
                )
                health.score_trend = health.score - old[:1].score if old else 0

    @api.model
    def _get_month_ago(self, company):
        """Return the last day that counts as a month ago."""
        # sudo: settings hold for whoever looks
        today = company.sudo()._get_client_health_today()
        return today - timedelta(days=MONTH_AGO_DAYS)

    @api.depends("score", "snapshot_ids.score", "flag_ids.history_ids")
    @api.depends_context("lang", "uid")
    def _compute_course(self):
        for health in self:
            health.course = health._prepare_course()

    def _prepare_course(self):
        """Return what the line shows; ``x`` runs from 0 to 1, ``y`` is the score."""
        # sudo: settings hold for whoever looks
        today = self.sudo().company_id._get_client_health_today()
        start = today - relativedelta(months=COURSE_MONTHS)
        before = start - relativedelta(months=COURSE_MONTHS)
        kept = self.snapshot_ids.sorted("date")
        now = [self._prepare_month(start, today, one) for one in kept]
        old = [self._prepare_month(before, start, one) for one in kept]
        now.append(self._prepare_point(start, today, today, self.score))
        return {
            "now": [point for point in now if 0 <= point["x"] <= 1],
            "before": [point for point in old if 0 <= point["x"] <= 1],
            "start": format_date(self.env, start, date_format="MMM y"),
            "end": self.env._("Now"),
            "events": self._list_events(start, today),
        }

    def _prepare_month(self, start, end, snapshot):
        point = self._prepare_point(start, end, snapshot.date, snapshot.score)
        return point | {"day": snapshot._word_month()}

    def _prepare_point(self, start, end, day, score):
        return {
            "x": round((day - start).days / (end - start).days, 4),
            "y": score,
            "day": format_date(self.env, day),
        }

    def _list_events(self, start, today):
        """Return what happened, the latest first, as far as the reader may know."""
        found = [
            *self._get_flag_events(),
            *self._get_talk_events(),
            *self._get_farewell_events(),
        ]
        shown = sorted(
            (event for event in found if start <= event["date"] <= today),
            key=lambda event: event["date"],
            reverse=True,
        )
        return [
            {
                "kind": event["kind"],
                "text": event["text"],
                **self._prepare_point(start, today, event["date"], 0),
            }
            for event in shown[:EVENTS]
        ]

    def _get_flag_events(self):
        History = self.env["client.health.flag.history"]
        labels = dict(History._fields["event"]._description_selection(self.env))
        levels = dict(History._fields["level"]._description_selection(self.env))
        for line in self.flag_ids.history_ids:
            is_level = line.event in ("level", "manual")
            yield {
                "kind": "flag" if is_level else "decision",
                "date": fields.Datetime.context_timestamp(self, line.date).date(),
                "text": f"{line.trait_id.name}: "
                + (levels[line.level] if is_level else labels[line.event]),
            }

    def _get_talk_events(self):
        done = self.env["mail.activity"].with_context(active_test=False)
        for step in done.search(
            [
                ("res_model", "=", self._name),
                ("res_id", "in", self.ids),
                ("active", "=", False),
                ("automated", "=", False),
                ("date_done", "!=", False),
            ]
        ):
            what = step.summary or step.activity_type_id.name
            yield {
                "kind": "talk",
                "date": step.date_done,
                "text": f"{what}: {step.feedback}" if step.feedback else what,
            }

    def _get_farewell_events(self):
        Farewell = self.env["client.farewell"]
        states = dict(Farewell._fields["state"]._description_selection(self.env))
        for case in Farewell.search(
            [
                ("partner_id", "in", self.partner_id.ids),
                ("company_id", "child_of", self.company_id.ids),
            ]
        ):
            yield {
                "kind": "farewell",
                "date": fields.Datetime.context_timestamp(
                    self, case.create_date
                ).date(),
                "text": self.env._(
                    "Farewell: %(state)s", state=states[case.state].lower()
                ),
            }
