"""The public page on which prospects ask for a call."""

from odoo import SUPERUSER_ID, http
from odoo.exceptions import UserError
from odoo.http import request

from .. import answers
from . import guard

THANKS = "/coaching/thanks"
CAPTCHA = "coaching_form"
# The order of the answers on the page: the first wrong one gets the focus.
ON_PAGE = (
    "track",
    "goal",
    "obstacle",
    "strengths",
    "name",
    "company",
    "phone",
    "email",
    "call_moment",
)


class CoachingForm(http.Controller):
    """Show the form, check a post, and hand the answers to ``crm.lead``."""

    @http.route(
        "/coaching",
        type="http",
        auth="public",
        methods=["GET"],
        website=True,
        sitemap=True,
        coaching_guard=True,
    )
    def coaching_page(self, track=None, **_others):
        """The form; ``track`` preselects one by its code."""
        return self._render_page({"track": track if track in self._codes() else ""})

    @http.route(
        "/coaching",
        type="http",
        auth="public",
        methods=["POST"],
        website=True,
        sitemap=False,
        csrf=False,  # checked below, so that a stale page keeps what was typed
        coaching_guard=True,
        max_content_length=guard.MAX_BYTES,
    )
    def coaching_post(self, **_others):
        """Take a visitor's request.

        Answers with 303 to the thank-you page (also for a robot in the trap), 400
        for a stale page, 422 for wrong answers or a post within two seconds, 429
        above the limit. All but the first and the last show the form with what was
        typed.
        """
        posted = self._get_posted()
        read = answers.read(posted, self._codes(), request.website._coaching_country())
        email = answers.single_email(read.values["email"])
        age = guard.get_age(request.env, posted["form_token"])
        if age is None or not guard.is_own_session(request, posted["csrf_token"]):
            return self._render_page(read.values, {}, "stale", 400)
        trapped = bool(posted[answers.TRAP])
        if read.errors and not trapped:
            return self._render_page(read.values, read.errors, "errors", 422)
        if not guard.is_within_limit(request, email):
            return self._render_limit()
        if trapped:
            return self._quarantine("trap", read.values, self._thank)
        if age < guard.MIN_SECONDS:
            return self._quarantine("too_fast", read.values, self._ask_again)
        return self._accept(read.values, email)

    @http.route(
        THANKS,
        type="http",
        auth="public",
        methods=["GET"],
        website=True,
        sitemap=False,
        coaching_guard=True,
    )
    def coaching_thanks(self, **_others):
        """What happens next; with a way to the slots for who just asked."""
        # sudo: the lead is the one that this very session made.
        lead = request.env["crm.lead"].sudo()
        lead = lead.browse(request.session.get("coaching_lead_id")).exists()
        return request.render(
            "coaching_leads.thanks_page",
            {
                "booking_url": lead and lead._coaching_booking_url(),
                "questions": lead.coaching_track_id.questions,
            },
        )

    @http.route(
        "/coaching/privacy",
        type="http",
        auth="public",
        methods=["GET"],
        website=True,
        sitemap=False,
        coaching_guard=True,
    )
    def coaching_privacy(self, **_others):
        """What is kept and for how long, for sites without their own page."""
        return request.render("coaching_leads.privacy_page", {})

    def _get_posted(self):
        """Every text that the form knows, from the body alone."""
        form = request.httprequest.form
        names = (*answers.LIMITS, answers.TRAP, "form_token", "csrf_token")
        posted = {name: form.get(name, "") for name in names}
        # The days and parts of the day are ticked one by one.
        moments = filter(None, form.getlist("call_moment"))
        return posted | {"call_moment": ", ".join(dict.fromkeys(moments))}

    def _get_tracks(self):
        return request.env["coaching.track"].search([])

    def _codes(self):
        return self._get_tracks().mapped("code")

    def _render_page(self, values, errors=None, notice=None, status=200):
        """The form with ``values`` in it and what is wrong beside each field."""
        response = request.render(
            "coaching_leads.form_page",
            {
                "tracks": self._get_tracks(),
                "values": values,
                "errors": errors or {},
                "on_page": ON_PAGE,
                "first_error": next(filter((errors or {}).get, ON_PAGE), None),
                "notice": notice,
                "limits": answers.LIMITS,
                "form_token": guard.keep_token(
                    request.env, request.httprequest.form.get("form_token", "")
                ),
                "captcha": CAPTCHA,
                "privacy_url": request.website.sudo()._coaching_privacy_url(),
            },
            status=status,
        )
        response.headers["Cache-Control"] = "no-store"
        return response

    def _render_limit(self):
        """Too many posts in an hour: a friendly page, no form."""
        response = request.render("coaching_leads.limit_page", {}, status=429)
        response.headers["Retry-After"] = "3600"
        return response

    def _quarantine(self, reason, values, answer):
        """Keep the post where staff can rescue it."""
        # sudo: visitors have no access to the quarantine.
        request.env["coaching.quarantine"].sudo()._keep(
            reason, values, request.website, request.env.lang
        )
        return answer(values)

    def _thank(self, _values=None):
        return request.redirect(THANKS, code=303)

    def _ask_again(self, values):
        return self._render_page(values, {}, "too_fast", 422)

    def _accept(self, values, email):
        """Make the lead, unless the site's captcha says no."""
        try:
            request.env["ir.http"]._verify_request_recaptcha_token(CAPTCHA)
        except UserError:
            return self._render_page(values, {}, "captcha", 422)
        # Odoo's own user: visitors may not read or write leads.
        env = request.env(user=SUPERUSER_ID, su=True)
        lead, created = env["crm.lead"]._coaching_receive(
            values, request.website, request.env.lang, self._get_utm(env)
        )
        env["coaching.quarantine"]._forget(email)
        if created:
            # Whoever adds to an open lead may not be the one who asked first.
            request.session["coaching_lead_id"] = lead.id
            self._link_visitor(lead)
        return self._thank()

    def _get_utm(self, env):
        """Campaign, source and medium from the visitor's cookies."""
        mixin = env["utm.mixin"]
        values = {}
        for _parameter, field, cookie in mixin.tracking_fields():
            name = answers.clean(request.cookies.get(cookie) or "")[:200]
            comodel = env["crm.lead"]._fields[field].comodel_name
            values[field] = name and mixin._find_or_create_record(comodel, name).id
        medium = values.get("medium_id")
        website = env["utm.medium"]._fetch_or_create_utm_medium
        return values | {"medium_id": medium or website("website").id}

    def _link_visitor(self, lead):
        """Show the pages that the prospect looked at on the lead."""
        visitor = request.env["website.visitor"]._get_visitor_from_request(
            force_create=True
        )
        visitor.write({"lead_ids": [(4, lead.id)]})
