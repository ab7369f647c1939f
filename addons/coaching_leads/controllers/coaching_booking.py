from datetime import datetime

import pytz
from odoo import http
from odoo.exceptions import UserError
from odoo.http import request
from odoo.tools import format_date, format_time, groupby
from werkzeug.exceptions import MethodNotAllowed

from . import guard

PUBLIC = {"type": "http", "auth": "public", "website": True, "sitemap": False}


class CoachingBooking(http.Controller):
    """The pages behind the links in the mails. Only a POST changes anything: what
    opens links by itself (mail scanners, previews) sends GET and HEAD."""

    # -- booking ---------------------------------------------------------------------

    @http.route("/coaching/call/<string:token>", methods=["GET"], **PUBLIC)
    def coaching_call(self, token, tz=None, **_query):
        """Show the free times to pick from."""
        lead = self._lead_to_book(token)
        if not lead:
            return self._dead_link()
        return self._slots_page(lead, f"/coaching/call/{token}", tz=tz)

    @http.route("/coaching/call/<string:token>", methods=["POST"], **PUBLIC)
    def coaching_call_book(self, token, slot=None, tz=None, **_form):
        """Plan the call at the picked time."""
        self._check_post()
        lead = self._lead_to_book(token)
        if not lead:
            return self._dead_link()
        return self._plan(lead, f"/coaching/call/{token}", slot, tz)

    # -- managing --------------------------------------------------------------------

    @http.route("/coaching/manage/<string:token>", methods=["GET"], **PUBLIC)
    def coaching_manage(self, token, tz=None, move=None, **_query):
        """Show the planned call, or with ``move`` the free times instead."""
        lead = self._lead_to_manage(token)
        if not lead:
            return self._dead_link()
        if move:
            return self._slots_page(lead, f"/coaching/manage/{token}", tz=tz)
        return self._no_store(
            request.render(
                "coaching_leads.call_planned_page",
                {"lead": lead, "path": f"/coaching/manage/{token}"},
            )
        )

    @http.route("/coaching/manage/<string:token>", methods=["POST"], **PUBLIC)
    def coaching_manage_move(self, token, slot=None, tz=None, **_form):
        """Move the call to the picked time."""
        self._check_post()
        lead = self._lead_to_manage(token)
        if not lead:
            return self._dead_link()
        return self._plan(lead, f"/coaching/manage/{token}", slot, tz)

    @http.route("/coaching/manage/<string:token>/cancel", methods=["POST"], **PUBLIC)
    def coaching_manage_cancel(self, token, **_form):
        """Cancel the call."""
        self._check_post()
        lead = self._lead_to_manage(token)
        if not lead:
            return self._dead_link()
        if page := guard.refuse_change(lead):
            return page
        lead.coaching_call_id._cancel("client")
        guard.count_change(lead)
        return self._no_store(
            request.render("coaching_leads.call_cancelled_page", {"lead": lead})
        )

    @http.route("/coaching/manage/<string:token>/call.ics", methods=["GET"], **PUBLIC)
    def coaching_manage_ics(self, token, **_query):
        """Return the call for the prospect's calendar."""
        lead = self._lead_to_manage(token)
        if not lead:
            return self._dead_link()
        lead = lead.with_context(lang=lead._coaching_lang())
        return self._no_store(
            request.make_response(
                lead.coaching_call_id._write_ics(lead),
                [
                    ("Content-Type", "text/calendar; charset=utf-8"),
                    ("Content-Disposition", 'attachment; filename="call.ics"'),
                ],
            )
        )

    # -- no call any more -------------------------------------------------------------

    @http.route("/coaching/stop/<string:token>", methods=["GET"], **PUBLIC)
    def coaching_stop(self, token, **_query):
        """Ask whether the prospect really wants no call any more."""
        if not self._lead_to_stop(token):
            return self._dead_link()
        return self._stop_page(token, stopped=False)

    @http.route("/coaching/stop/<string:token>", methods=["POST"], **PUBLIC)
    def coaching_stop_confirm(self, token, **_form):
        """Take the prospect at their word."""
        self._check_post()
        lead = self._lead_to_stop(token)
        if not lead:
            return self._dead_link()
        lead._coaching_withdraw()
        return self._stop_page(token, stopped=True)

    def _stop_page(self, token, stopped):
        values = {"stopped": stopped, "path": f"/coaching/stop/{token}"}
        return self._no_store(request.render("coaching_leads.call_stop_page", values))

    def _lead_to_stop(self, token):
        # sudo: the signed link is what gives access to this one lead
        return request.env["crm.lead"].sudo()._coaching_lead_to_stop(token)

    # -- what they share -------------------------------------------------------------

    def _check_post(self):
        """Refuse OPTIONS, which core lets through to every route, without a check of
        the session's token."""
        if request.httprequest.method != "POST":
            raise MethodNotAllowed(["POST"])

    def _lead_to_book(self, token):
        # sudo: the signed link is what gives access to this one lead
        return request.env["crm.lead"].sudo()._coaching_lead_to_book(token)

    def _lead_to_manage(self, token):
        # sudo: the signed link is what gives access to this one lead
        return request.env["crm.lead"].sudo()._coaching_lead_to_manage(token)

    def _plan(self, lead, path, slot, tz):
        """Plan or move the call; on anything but a free time, show the times again."""
        start = self._read_slot(slot)
        if not start:
            error = request.env._("Please choose a time first.")
            return self._slots_page(lead, path, tz=tz, error=error)
        if page := guard.refuse_change(lead, start):
            return page
        lead.coaching_tz = self._read_tz(lead, tz)
        try:
            lead._coaching_plan(start)
        except UserError as refused:
            return self._slots_page(lead, path, tz=tz, error=str(refused))
        guard.count_change(lead)
        return self._no_store(request.redirect(lead._coaching_manage_url(), code=303))

    def _slots_page(self, lead, path, tz=None, error=None):
        tz = self._read_tz(lead, tz)
        ours = lead._coaching_company_tz()
        owner, starts = lead._coaching_offer()
        values = {
            "lead": lead,
            "owner": owner,
            # search engines see nothing of this page: no need to read what for
            "main_object": lead.coaching_track_id,
            "path": path,
            "error": error,
            "tz": tz,
            "zones": pytz.common_timezones,
            "ours": ours,
            "days": self._prepare_days(starts, tz, ours),
        }
        return self._no_store(request.render("coaching_leads.call_slots_page", values))

    def _prepare_days(self, starts, tz, ours):
        """Return the free times by the visitor's days, with ours beside where the
        clocks differ."""
        here, there = pytz.timezone(tz), pytz.timezone(ours)
        days = groupby(starts, lambda start: start.astimezone(here).date())
        return [
            {
                "label": format_date(request.env, day, date_format="EEEE d MMMM"),
                "slots": [self._prepare_slot(start, here, there) for start in group],
            }
            for day, group in days
        ]

    def _prepare_slot(self, start, here, there):
        same = start.astimezone(here).utcoffset() == start.astimezone(there).utcoffset()
        return {
            "value": f"{start:%Y%m%dT%H%MZ}",
            "label": self._show_clock(start, here),
            "ours": "" if same else self._show_clock(start, there),
        }

    def _show_clock(self, start, tz):
        naive = start.replace(tzinfo=None)
        return format_time(request.env, naive, tz=tz.zone, time_format="short")

    @staticmethod
    def _read_slot(slot):
        """Return the aware moment that a form posted, or None for anything else."""
        try:
            return pytz.utc.localize(datetime.strptime(slot or "", "%Y%m%dT%H%MZ"))
        except (TypeError, ValueError):
            return None

    @staticmethod
    def _read_tz(lead, tz):
        """Return a time zone that exists: asked for, chosen before, or ours."""
        zones = (tz, lead.coaching_tz, lead._coaching_company_tz())
        return next(zone for zone in zones if zone in pytz.all_timezones_set)

    def _dead_link(self):
        return self._no_store(
            request.render("coaching_leads.call_dead_page", {}, status=410)
        )

    @staticmethod
    def _no_store(response):
        """Keep the signed address and what is behind it out of caches and logs."""
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        return response
