from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import format_datetime


class CrmLead(models.Model):
    """When the call can be: who calls, and their free times."""

    _inherit = "crm.lead"

    coaching_slot_1 = fields.Datetime(compute="_compute_coaching_slots")
    coaching_slot_2 = fields.Datetime(compute="_compute_coaching_slots")
    coaching_slot_3 = fields.Datetime(compute="_compute_coaching_slots")
    coaching_slot_label_1 = fields.Char(
        string="First Free Time", compute="_compute_coaching_slots"
    )
    coaching_slot_label_2 = fields.Char(
        string="Second Free Time", compute="_compute_coaching_slots"
    )
    coaching_slot_label_3 = fields.Char(
        string="Third Free Time", compute="_compute_coaching_slots"
    )

    @api.depends("coaching_session_state", "coaching_track_id", "user_id", "active")
    @api.depends_context("uid", "lang", "tz")
    def _compute_coaching_slots(self):
        for lead in self:
            starts = lead._coaching_next_starts() + [False] * 3
            for number, start in enumerate(starts[:3], start=1):
                label = start and format_datetime(
                    self.env, start, dt_format="EEEE d MMMM HH:mm"
                )
                lead[f"coaching_slot_{number}"] = start
                lead[f"coaching_slot_label_{number}"] = label

    def _coaching_next_starts(self):
        """Return the first free time of each of the next three days, naive in UTC."""
        if not self._coaching_can_plan():
            return []
        starts = self._coaching_call_starts(for_visitor=False)
        days = {start.date(): start for start in reversed(starts)}
        return [start.replace(tzinfo=None) for start in sorted(days.values())[:3]]

    def _coaching_can_plan(self):
        """Tell whether a first or another call can be planned."""
        self.ensure_one()
        return bool(
            self.active
            and self.coaching_track_id
            and self.coaching_session_state not in ("planned", "held")
        )

    def _coaching_owner(self):
        """Return the user who calls: the lead's, else the track's first."""
        # sudo: who follows up a track is for sales only, visitors pick slots too
        track = self.coaching_track_id.sudo()
        return (
            self.coaching_event_id.user_id.filtered("active")
            or self.user_id
            or track.user_id
            or track.user_ids[:1]
            or track.team_id.user_id
        )

    def _coaching_company(self):
        return self.company_id or self._coaching_owner().company_id or self.env.company

    def _coaching_length(self):
        return timedelta(minutes=self.coaching_track_id.call_minutes or 45)

    def _coaching_call_starts(self, for_visitor=True):
        """Return when the call can start, as aware datetimes in UTC.

        :param bool for_visitor: keep the track's notice; staff may plan at once
        """
        self.ensure_one()
        owner = self._coaching_owner()
        if not owner:
            return []
        # sudo: notice, horizon and buffer are hidden from visitors
        track = self.coaching_track_id.sudo()
        now = owner._coaching_now()
        notice = timedelta(hours=track.notice_hours if for_visitor else 0)
        return owner._coaching_call_starts(
            company=self._coaching_company(),
            first=now + notice,
            last=now + timedelta(days=track.horizon_days),
            length=self._coaching_length(),
            buffer=timedelta(minutes=track.buffer_minutes),
            but=self.coaching_event_id,
        )
