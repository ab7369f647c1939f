from datetime import datetime

import pytz
from odoo import http
from odoo.exceptions import UserError
from odoo.http import request
from odoo.tools import format_time, groupby
from werkzeug.exceptions import MethodNotAllowed

from .. import answers
from ..dates import format_day
from ..models.coaching_call import MEET_BY
from ..models.coaching_lead_mail import BOOKING_DAYS
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
            return self._dead_link("book", token)
        return self._slots_page(lead, f"/coaching/call/{token}", {"tz": tz})

    @http.route("/coaching/call/<string:token>", methods=["POST"], **PUBLIC)
    def coaching_call_book(self, token, **form):
        """Plan the call at the picked time, by telephone or by video."""
        self._check_post()
        lead = self._lead_to_book(token)
        if not lead:
            return self._dead_link("book", token)
        return self._plan(lead, f"/coaching/call/{token}", form)

    # -- managing --------------------------------------------------------------------

    @http.route("/coaching/manage/<string:token>", methods=["GET"], **PUBLIC)
    def coaching_manage(self, token, tz=None, move=None, **_query):
        """Show the planned call, or with ``move`` the free times instead."""
        lead = self._lead_to_manage(token)
        if not lead:
            return self._dead_link("manage", token)
        path = f"/coaching/manage/{token}"
        if move:
            return self._slots_page(lead, path, {"tz": tz})
        return self._planned_page(lead, path)

    @http.route("/coaching/manage/<string:token>", methods=["POST"], **PUBLIC)
    def coaching_manage_move(self, token, **form):
        """Move the call to the picked time."""
        self._check_post()
        lead = self._lead_to_manage(token)
        if not lead:
            return self._dead_link("manage", token)
        return self._plan(lead, f"/coaching/manage/{token}", form)

    @http.route("/coaching/manage/<string:token>/how", methods=["POST"], **PUBLIC)
    def coaching_manage_how(self, token, **form):
        """Change the number, or between telephone and video; the time stays."""
        self._check_post()
        lead = self._lead_to_manage(token)
        if not lead:
            return self._dead_link("manage", token)
        path = f"/coaching/manage/{token}"
        phone, wrong = self._read_phone(lead, form)
        if wrong:
            return self._planned_page(lead, path, form, wrong)
        if page := guard.refuse_change(lead):
            return page
        if self._keep_how(lead, phone, form):
            lead._coaching_confirm_how()
            guard.count_change(lead)
        return self._no_store(request.redirect(path, code=303))

    @http.route("/coaching/manage/<string:token>/cancel", methods=["POST"], **PUBLIC)
    def coaching_manage_cancel(self, token, **_form):
        """Cancel the call; the same link says so from now on."""
        self._check_post()
        lead = self._lead_to_manage(token)
        if not lead:
            return self._dead_link("manage", token)
        if page := guard.refuse_change(lead):
            return page
        lead.coaching_call_id._cancel("client")
        guard.count_change(lead)
        path = f"/coaching/manage/{token}"
        return self._no_store(request.redirect(path, code=303))

    @http.route("/coaching/manage/<string:token>/call.ics", methods=["GET"], **PUBLIC)
    def coaching_manage_ics(self, token, **_query):
        """Return the call for the prospect's calendar."""
        lead = self._lead_to_manage(token)
        if not lead:
            return self._dead_link("manage", token)
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
        """Ask whether the prospect really wants no call any more, or say that we know
        it already."""
        if self._lead_to_stop(token):
            values = {"stopped": False, "path": f"/coaching/stop/{token}"}
        elif self._why_dead("stop", token)[0] == "closed":
            values = {"stopped": True}
        else:
            return self._dead_link("stop", token)
        return self._no_store(request.render("coaching_leads.call_stop_page", values))

    @http.route("/coaching/stop/<string:token>", methods=["POST"], **PUBLIC)
    def coaching_stop_confirm(self, token, **_form):
        """Take the prospect at their word."""
        self._check_post()
        if lead := self._lead_to_stop(token):
            lead._coaching_withdraw()
        path = f"/coaching/stop/{token}"
        return self._no_store(request.redirect(path, code=303))

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

    def _plan(self, lead, path, form):
        """Plan or move the call; on anything but a free time, show the times again."""
        start = self._read_slot(form.get("slot"))
        phone, wrong = self._read_phone(lead, form)
        if not start:
            error = request.env._("Please choose a time first.")
            return self._slots_page(lead, path, form, error, wrong)
        if wrong:
            return self._slots_page(lead, path, form, wrong=wrong)
        if page := guard.refuse_change(lead, start):
            return page
        lead.coaching_tz = self._read_tz(lead, form.get("tz"))
        try:
            with request.env.cr.savepoint():
                self._keep_how(lead, phone, form)
                lead._coaching_plan(start)
        except UserError as refused:
            return self._slots_page(lead, path, form, str(refused))
        guard.count_change(lead)
        return self._no_store(request.redirect(lead._coaching_manage_url(), code=303))

    def _keep_how(self, lead, phone, form):
        """Keep the number to call, and whether to meet by video instead.

        :return: whether anything changed
        """
        lead = lead.with_context(coaching_keep_contact=True)
        corrected = bool(phone) and lead._coaching_correct_number(phone)
        if not lead.phone and phone:
            lead.phone, corrected = phone, True
        meet_by = form.get("meet_by")
        if meet_by not in dict(MEET_BY):
            return corrected
        lead.coaching_meet_by = meet_by
        call = lead.coaching_call_id._upcoming()
        return bool(call and call._switch_to(meet_by)) or corrected

    def _read_phone(self, lead, form):
        """Return the number that was typed in full, and what is wrong with it."""
        text = answers.clean(form.get("phone") or "")[: answers.LIMITS["phone"]]
        if not text or text == lead.phone:
            return None, None
        number = answers.full_phone(text, *request.website._coaching_country())
        if not number:
            return None, "phone"
        return number, "phone_paid" if answers.is_paid_number(number) else None

    def _prepare_how(self, lead, form, wrong, coach):
        """What the part of the page on telephone and video shows."""
        chosen = form.get("meet_by")
        known = lead._coaching_get_meet_by(coach)
        return {
            "lead": lead,
            "meet_by": chosen if chosen in dict(MEET_BY) else known,
            "phone": form.get("phone") or lead.phone or "",
            "errors": {"phone": wrong} if wrong else {},
            "limits": answers.LIMITS,
        }

    def _planned_page(self, lead, path, form=None, wrong=None):
        values = self._prepare_how(lead, form or {}, wrong, lead._coaching_coach())
        return self._no_store(
            request.render(
                "coaching_leads.call_planned_page",
                values | {"path": path, "main_object": lead.coaching_track_id},
                status=422 if wrong else 200,
            )
        )

    def _slots_page(self, lead, path, form, error=None, wrong=None):
        tz = self._read_tz(lead, form.get("tz"))
        ours = lead._coaching_company_tz()
        owner, starts = lead._coaching_offer()
        values = self._prepare_how(lead, form, wrong, owner) | {
            "owner": owner,
            # search engines see nothing of this page: no need to read what for
            "main_object": lead.coaching_track_id,
            "path": path,
            "error": error,
            "picked": form.get("slot"),
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
                "label": format_day(request.env, day),
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

    def _dead_link(self, kind, token):
        """Say what became of the link, with a way on where there is one."""
        why, lead = self._why_dead(kind, token)
        again = lead and lead._coaching_booking_url()
        return self._no_store(
            request.render(
                "coaching_leads.call_dead_page",
                {"why": why, "again": again, "link_days": BOOKING_DAYS},
                status=410,
            )
        )

    def _why_dead(self, kind, token):
        if guard.is_decoy(request.env, token):
            return "mailed", None
        # sudo: the signed link is what lets its holder know what became of this lead
        return request.env["crm.lead"].sudo()._coaching_why_dead(kind, token)

    @staticmethod
    def _no_store(response):
        """Keep the signed address and what is behind it out of caches and logs."""
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        return response
