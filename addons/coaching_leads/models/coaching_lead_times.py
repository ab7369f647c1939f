from datetime import timedelta

import pytz
from odoo import api, fields, models

from ..dates import format_moment


class CoachingLeadTimes(models.AbstractModel):
    """Who calls a lead, and when they are free."""

    _name = "coaching.lead.times"
    _description = "Coaching Lead: Free Times"

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
                label = start and format_moment(lead, start)
                lead[f"coaching_slot_{number}"] = start
                lead[f"coaching_slot_label_{number}"] = label

    def _coaching_next_starts(self):
        """Return the first free time of each of the next three days on the coach's
        clock, naive in UTC."""
        if not self._coaching_can_plan():
            return []
        owner = self._coaching_owner()
        zone = pytz.timezone(owner.tz or self._coaching_company_tz())
        starts = self._coaching_call_starts(for_visitor=False, owner=owner)
        days = {start.astimezone(zone).date(): start for start in reversed(starts)}
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
        """Return the user who calls: the planned call's coach, the lead's, or who of
        the track is free soonest. May be empty."""
        return self._coaching_coach() or self.coaching_track_id._get_owner(
            self._coaching_company()
        )

    def _coaching_coach(self):
        """Return who calls as far as that is known: the planned call's coach, or the
        lead's."""
        lead = self.sudo()  # sudo: visitors pick a time of colleagues they cannot read
        call = lead.coaching_call_id.filtered(lambda call: call.state == "planned")
        return call.user_id.filtered("active") or lead.user_id.filtered("active")

    def _coaching_get_meet_by(self, coach):
        """Return ``phone`` or ``video``: of the planned call, else as the prospect
        prefers, else the coach, who rings where nobody said otherwise."""
        lead = self.sudo()  # sudo: visitors plan calls without access to them
        call = lead.coaching_call_id.filtered(lambda call: call.state == "planned")
        if said := call.meet_by or lead.coaching_meet_by:
            return said
        coaches = self.env["coaching.coach"].sudo()
        by_video = [("user_id", "=", coach.id), ("by_video", "=", True)]
        return "video" if coaches.search_count(by_video, limit=1) else "phone"

    def _coaching_offer(self):
        """Return who calls, and when visitors may choose, aware and in UTC."""
        if coach := self._coaching_coach():
            return coach, self._coaching_call_starts(owner=coach)
        return self.coaching_track_id._get_offer(self._coaching_company())

    def _coaching_company(self):
        # sudo: visitors may read neither companies nor colleagues
        return self.company_id or self.sudo().user_id.company_id or self.env.company

    def _coaching_length(self):
        return timedelta(minutes=self.coaching_track_id.call_minutes or 45)

    def _coaching_call_starts(self, for_visitor=True, owner=None):
        """Return when the call can start, as aware datetimes in UTC.

        :param bool for_visitor: keep the track's notice; staff may plan at once
        :param owner: who calls, where that is known already
        """
        self.ensure_one()
        owner = owner or self._coaching_owner()
        if not owner:
            return []
        planned = self.coaching_session_state == "planned"
        return owner._coaching_free_starts(
            self._coaching_company(),
            self.coaching_track_id,
            for_visitor=for_visitor,
            # sudo: visitors move their call without access to the calendar
            but=self.sudo().coaching_event_id if planned else None,
        )[owner]

    def _coaching_is_free(self, start):
        """Tell whether who calls is free then, also at a moment that is not offered.

        :param datetime start: aware
        """
        self.ensure_one()
        planned = self.coaching_session_state == "planned"
        return bool(
            self._coaching_owner()._coaching_free_at(
                self._coaching_company(),
                start,
                start + timedelta(minutes=self._coaching_call_minutes()),
                # sudo: as above
                but=self.sudo().coaching_event_id if planned else None,
            )
        )
