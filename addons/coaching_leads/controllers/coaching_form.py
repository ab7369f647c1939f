"""The public page on which prospects ask for a call."""

from dataclasses import dataclass
from urllib.parse import urlsplit

import pytz
from odoo import SUPERUSER_ID, http
from odoo.exceptions import UserError
from odoo.http import request

from .. import answers
from ..models.coaching_question import LIMIT
from . import guard

CAPTCHA = "coaching_form"
IN_FRAME = "coaching_frame"  # the layout of the site knows it too
PUBLIC = {"type": "http", "auth": "public", "website": True, "coaching_guard": True}
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
# The extra questions follow those about the wish.
EXTRA_AT = ON_PAGE.index("name")


@dataclass(frozen=True)
class Place:
    """Where a visitor sees the form: on our own page, or in another site's frame."""

    path: str
    thanks: str
    scope: str
    embedded: bool


PAGE = Place("/coaching", "/coaching/thanks", guard.SCOPE, False)
FRAME = Place("/coaching/embed", "/coaching/embed/thanks", guard.EMBED_SCOPE, True)


class CoachingForm(http.Controller):
    """Show the form, check a post, and hand the answers to ``crm.lead``."""

    # -- on our own page -------------------------------------------------------------

    @http.route(PAGE.path, methods=["GET"], sitemap=True, **PUBLIC)
    def coaching_page(self, track=None, **_others):
        """The form; ``track`` preselects one by its code."""
        return self._open_page(PAGE, track)

    @http.route(
        PAGE.path,
        methods=["POST"],
        sitemap=False,
        csrf=False,  # checked below, so that a stale page keeps what was typed
        max_content_length=guard.MAX_BYTES,
        **PUBLIC,
    )
    def coaching_post(self, **_others):
        """Take a visitor's request.

        Answers with 303 to the thank-you page (also for a robot in the trap), 400
        for a stale page, 422 for wrong answers or a post within two seconds, 429
        above the limit. All but the first show the form with what was typed.
        """
        return self._take(PAGE)

    @http.route(PAGE.thanks, methods=["GET"], sitemap=False, **PUBLIC)
    def coaching_thanks(self, **_others):
        """What happens next; with a way to the slots for who just asked."""
        return self._render_thanks(PAGE, request.session.get("coaching_receipt"))

    @http.route("/coaching/privacy", methods=["GET"], sitemap=False, **PUBLIC)
    def coaching_privacy(self, **_others):
        """What is kept and for how long, for sites without their own page."""
        # sudo: visitors may know how long we keep what they tell us.
        company = request.website.sudo().company_id
        return request.render(
            "coaching_leads.privacy_page",
            {
                "months": company.coaching_retention_months,
                "days": company.coaching_spam_days,
            },
        )

    # -- in a frame on another site --------------------------------------------------

    @http.route(
        FRAME.path, methods=["GET"], sitemap=False, save_session=False, **PUBLIC
    )
    def coaching_frame(self, track=None, **_others):
        """The form for a frame; it needs no cookie, which browsers keep from it."""
        return self._open_page(FRAME, track)

    @http.route(
        FRAME.path,
        methods=["POST"],
        sitemap=False,
        csrf=False,  # there is no session to protect: a signed time is checked
        save_session=False,
        max_content_length=guard.MAX_BYTES,
        **PUBLIC,
    )
    def coaching_frame_post(self, **_others):
        """Take a request from a frame, see :meth:`coaching_post`."""
        return self._take(FRAME)

    @http.route(
        FRAME.thanks, methods=["GET"], sitemap=False, save_session=False, **PUBLIC
    )
    def coaching_frame_thanks(self, receipt=None, **_others):
        """What happens next, by the signed ``receipt``."""
        return self._render_thanks(FRAME, receipt)

    # -- pages -----------------------------------------------------------------------

    def _open_page(self, place, track):
        code = track if track in self._get_tracks().mapped("code") else ""
        return self._render_page(place, {"track": code})

    def _render_page(self, place, values, errors=None, notice=None, status=200):
        """The form with ``values`` in it and what is wrong beside each field."""
        errors = errors or {}
        posted = request.httprequest.form
        questions = self._get_questions()
        extra = [question._get_input() for question in questions]
        on_page = [*ON_PAGE[:EXTRA_AT], *extra, *ON_PAGE[EXTRA_AT:]]
        response = request.render(
            "coaching_leads.form_page",
            {
                "place": place,
                "tracks": self._get_tracks(),
                "questions": questions,
                "values": values,
                "errors": errors,
                "on_page": on_page,
                "first_error": next(filter(errors.get, on_page), None),
                "notice": notice,
                "limits": answers.LIMITS | dict.fromkeys(extra, LIMIT),
                "form_token": guard.keep_token(
                    request.env, posted.get("form_token", ""), place.scope
                ),
                "kept": self._get_kept(),
                "captcha": CAPTCHA,
                "privacy_url": request.website.sudo()._coaching_privacy_url(),
            },
            status=status,
        )
        return guard.set_frame(guard.no_store(response), place.embedded)

    def _render_thanks(self, place, receipt):
        """Thank for a request: one page, whatever became of it."""
        lead_id, track_id = guard.read_receipt(request.env, receipt)
        track = request.env["coaching.track"].browse(track_id).exists()
        response = request.render(
            "coaching_leads.thanks_page",
            {
                "place": place,
                "minutes": self._get_minutes(track or self._get_tracks()),
                "booking_url": self._get_booking_path(lead_id, track),
                "questions": track.questions,
            },
        )
        return guard.set_frame(guard.no_store(response), place.embedded)

    def _get_booking_path(self, lead_id, track):
        """Where to choose a moment, for who made the lead; it looks alike for others.

        Who adds to an open lead may not be the one who asked first: from the page
        nobody learns whether an address is known here.
        """
        if not track:
            return None
        # sudo: the signed receipt is what gives access to this one lead.
        lead = request.env["crm.lead"].sudo().browse(lead_id or []).exists()
        url = lead and lead._coaching_booking_url()
        return urlsplit(url).path if url else guard.make_decoy(request.env)

    # -- reading ---------------------------------------------------------------------

    def _get_tracks(self):
        return request.env["coaching.track"].search([])

    def _get_questions(self):
        """The extra questions, those of one track together."""
        questions = request.env["coaching.question"].search([])
        return questions.sorted(lambda question: question.track_id.id)

    @staticmethod
    def _get_minutes(tracks):
        """How long a call takes, as text: 45, or 30–60 where it depends."""
        minutes = sorted(set(tracks.mapped("call_minutes")))
        return "–".join(
            str(length) for length in dict.fromkeys(minutes[:1] + minutes[-1:])
        )

    def _get_posted(self):
        """Every text that the form knows, from the body alone."""
        form = request.httprequest.form
        names = (*answers.LIMITS, answers.TRAP, "form_token", "csrf_token")
        posted = {name: form.get(name, "") for name in names}
        # The days and parts of the day are ticked one by one.
        moments = filter(None, form.getlist("call_moment"))
        return posted | {"call_moment": ", ".join(dict.fromkeys(moments))}

    def _get_kept(self):
        """Where the visitor came from: in a frame no cookie remembers it."""
        given = request.httprequest.values
        kept = {
            parameter: answers.clean(given.get(parameter) or "")[:200]
            for parameter, _field, _cookie in request.env["utm.mixin"].tracking_fields()
        }
        return {name: text for name, text in kept.items() if text}

    def _get_utm(self, env):
        """Campaign, source and medium from the form or the visitor's cookies."""
        mixin = env["utm.mixin"]
        kept = self._get_kept()
        values = {}
        for parameter, field, cookie in mixin.tracking_fields():
            name = answers.clean(request.cookies.get(cookie) or "")[:200]
            name = kept.get(parameter) or name
            comodel = env["crm.lead"]._fields[field].comodel_name
            values[field] = name and mixin._find_or_create_record(comodel, name).id
        medium = values.get("medium_id")
        website = env["utm.medium"]._fetch_or_create_utm_medium
        return values | {"medium_id": medium or website("website").id}

    # -- taking a request ------------------------------------------------------------

    def _take(self, place):
        posted = self._get_posted()
        tracks = self._get_tracks()
        read = answers.read(
            posted, tracks.mapped("code"), request.website._coaching_country()
        )
        track = tracks.filtered(lambda track: track.code == read.values["track"])
        questions = self._get_questions()
        self._read_extra(read, questions, track)
        age = guard.get_age(request.env, posted["form_token"], place.scope)
        if age is None or not self._is_own(place, posted):
            return self._render_page(place, read.values, {}, "stale", 400)
        trapped = bool(posted[answers.TRAP])
        if read.errors and not trapped:
            return self._render_page(place, read.values, read.errors, "errors", 422)
        if not guard.is_within_limit(answers.single_email(read.values["email"])):
            page = self._render_page(place, read.values, {}, "limit", 429)
            page.headers["Retry-After"] = guard.RETRY_SECONDS
            return page
        if trapped:
            self._quarantine("trap", read.values)
            if not read.errors:
                self._pretend(read.values)
            return self._thank(place, track or tracks[:1])
        if age < guard.MIN_SECONDS:
            self._quarantine("too_fast", read.values)
            return self._render_page(place, read.values, {}, "too_fast", 422)
        asked = questions.filtered(lambda question: question.track_id == track)
        return self._accept(place, read.values, track, asked)

    def _is_own(self, place, posted):
        """Whether we showed the form to who posts it."""
        return place.embedded or guard.is_own_session(posted["csrf_token"])

    def _read_extra(self, read, questions, track):
        """Add the answers to extra questions; only the track's own must be right."""
        values, errors = questions._read_answers(request.httprequest.form)
        asked = {q._get_input() for q in questions if q.track_id == track}
        read.values.update(values)
        read.errors.update({name: errors[name] for name in asked & errors.keys()})

    def _quarantine(self, reason, values):
        """Keep the post where staff can rescue it."""
        extra = {name: values[name] for name in values.keys() - answers.LIMITS.keys()}
        # sudo: visitors have no access to the quarantine.
        request.env["coaching.quarantine"].sudo()._keep(
            reason, values, request.website, request.env.lang, extra
        )

    def _pretend(self, values):
        """Take as long as for a real request."""
        env = request.env(user=SUPERUSER_ID, su=True)
        env["crm.lead"]._coaching_pretend(
            {name: values[name] for name in answers.LIMITS},
            request.website.with_env(env),
            request.env.lang,
        )

    def _thank(self, place, track, lead=None):
        """On to the thank-you page, so that loading it again sends nothing."""
        lead = lead or request.env["crm.lead"]
        receipt = guard.make_receipt(request.env, lead, track)
        own = request.website.coaching_thanks_url
        if not place.embedded:
            request.session["coaching_receipt"] = receipt
        if not place.embedded:
            url = own or place.thanks
        elif own:
            url = self._mark_framed(own)
        else:
            url = f"{place.thanks}?receipt={receipt}"
        return request.redirect(url, code=303, local=url.startswith("/"))

    @staticmethod
    def _mark_framed(url):
        """Have a page of this site leave out what surrounds it: in a frame there is
        the other site's header already. Pages elsewhere know no such mark."""
        parts = urlsplit(url)
        if parts.netloc and parts.netloc != request.httprequest.host:
            return url
        query = "&".join(filter(None, [parts.query, f"{IN_FRAME}=1"]))
        return parts._replace(query=query).geturl()

    def _accept(self, place, values, track, questions):
        """Make the lead, unless the site's captcha says no."""
        try:
            request.env["ir.http"]._verify_request_recaptcha_token(CAPTCHA)
        except UserError:
            return self._render_page(place, values, {}, "captcha", 422)
        # Odoo's own user: visitors may not read or write leads.
        env = request.env(user=SUPERUSER_ID, su=True)
        lead, created = env["crm.lead"]._coaching_receive(
            {name: values[name] for name in answers.LIMITS},
            request.website.with_env(env),
            request.env.lang,
            self._get_utm(env),
        )
        lead._coaching_keep_answers(
            questions.with_env(env(context=request.env.context)), values
        )
        env["coaching.quarantine"]._forget(answers.single_email(values["email"]))
        if created:
            self._keep_visitor(lead)
        theirs = created or self._is_same_person(lead, values)
        return self._thank(place, track, lead if theirs else None)

    def _keep_visitor(self, lead):
        """Tie the lead to who visits: what they looked at, and their clock."""
        tz = request.httprequest.form.get("tz")
        if tz in pytz.all_timezones_set:
            lead.coaching_tz = tz
        visitor = request.env["website.visitor"]._get_visitor_from_request(
            force_create=True
        )
        visitor.write({"lead_ids": [(4, lead.id)]})

    def _is_same_person(self, lead, values):
        """Whether who asks again gives the name and number that the lead has."""
        country = request.website._coaching_country()
        phones = (answers.full_phone(values["phone"], *country), values["phone"])
        return lead.contact_name == values["name"] and lead.phone in phones
