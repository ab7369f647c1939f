from collections import defaultdict
from contextlib import suppress

from dateutil.relativedelta import relativedelta
from markupsafe import Markup
from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools.misc import hmac

from ..answers import full_phone, single_email

# The answers that are kept, by input name.
ANSWER_FIELDS = {
    "goal": "coaching_goal",
    "obstacle": "coaching_obstacle",
    "strengths": "coaching_strengths",
    "call_moment": "coaching_call_moment",
}
# Texts of which merging keeps every different one.
JOINED = (
    "coaching_goal",
    "coaching_obstacle",
    "coaching_strengths",
)
MERGED = (
    "coaching_track_id",
    "coaching_call_moment",
    "coaching_tz",
    "coaching_requested_on",
    "coaching_call_before",
    "coaching_waiting_since",
    "coaching_attention",
    "coaching_first_contact_on",
)
# which call of several leads is kept: what is agreed goes before what was
CALL_RANK = ["planned", "held", "no_show", "cancelled", "requested", False]
# The same answers within this time are a double click.
DOUBLE_CLICK = relativedelta(minutes=10)
BATCH = 100

# Why somebody waits for us: what is most pressing goes first.
TODO = [
    ("no_coach", "Nobody is assigned: find a coach"),
    ("coach_away", "The coach is away: hand over or move"),
    ("number", "Corrected the number: call the new one"),
    ("again", "Asked again: look and answer"),
    ("late", "Call now: the hour has passed"),
    ("requested", "Call: asked for a call"),
    ("cancelled", "The call is cancelled: offer a new time"),
    ("no_show", "Did not answer: try again"),
    ("passed", "Was the call held?"),
    ("outcome", "Record what comes of the call"),
    ("today", "Call at the agreed time"),
]
WAITING_STATES = ("requested", "cancelled", "no_show")


class Pretended(Exception):
    """Ends work that only had to take its time."""


class CoachingLeadLife(models.AbstractModel):
    """How leads come from the page, wait for us, merge, end and are forgotten.

    A part of ``crm.lead``, where its fields are.
    """

    _name = "coaching.lead.life"
    _description = "How Coaching Leads Come, Wait and End"

    # -- intake -----------------------------------------------------------------------

    @api.model
    def _coaching_receive(self, values, website, lang, utm=None):
        """Make a lead of a visitor's answers, or add them to the open one.

        To be called with rights on all leads: which one is open is found by mail
        address, whoever follows it up.

        :param dict values: checked texts by input name, see ``answers.read``
        :param website: website that was visited; its company gets the lead
        :param str lang: code of the visitor's language
        :param dict utm: ids of campaign, source and medium by field
        :return: the lead, and whether it is new
        :rtype: tuple(crm.lead, bool)
        """
        staff_lang = website.company_id.partner_id.lang or website.default_lang_id.code
        receiver = self.with_context(
            lang=staff_lang,
            coaching_keep_contact=True,
            mail_create_nosubscribe=True,
            mail_auto_subscribe_no_notify=True,
        ).with_company(website.company_id)
        asked = receiver._coaching_prepare_vals(values, website)
        lead = receiver._coaching_find_open(asked, website.company_id)
        vals = receiver._coaching_prepare_new_vals(asked, website, lang) | (utm or {})
        if lead:
            receiver._coaching_take_as_long(vals)
            lead._coaching_add(asked)
            return lead, False
        lead = receiver.create(vals)
        lead._coaching_request_call()
        return lead, True

    @api.model
    def _coaching_pretend(self, values, website, lang):
        """Do what :meth:`_coaching_receive` does for a new lead, and leave nothing:
        how long it takes tells a robot nothing either."""
        with suppress(Pretended), self.env.cr.savepoint():
            self._coaching_receive(values, website, lang)
            raise Pretended

    @api.model
    def _coaching_take_as_long(self, vals):
        """Create a lead that is gone again: how long a request takes tells nobody
        whether we know the address."""
        with suppress(Pretended), self.env.cr.savepoint():
            self.create(vals)
            raise Pretended

    @api.model
    def _coaching_prepare_vals(self, values, website):
        """What the visitor said of themselves and of their wish."""
        phone = full_phone(values["phone"], *website._coaching_country())
        track = self.env["coaching.track"].search([("code", "=", values["track"])])
        return {
            "contact_name": values["name"],
            "partner_name": values["company"] or False,
            "email_from": single_email(values["email"]),
            "phone": phone or values["phone"],
            "coaching_track_id": track.id,
            "coaching_digest": hmac(
                self.env(su=True), "coaching_leads.answers", sorted(values.items())
            ),
        } | {field: values[name] or False for name, field in ANSWER_FIELDS.items()}

    @api.model
    def _coaching_prepare_new_vals(self, asked, website, lang):
        """Complete the visitor's words with who follows them up."""
        track = self.env["coaching.track"].browse(asked["coaching_track_id"])
        company = website.company_id
        team = track._get_team(website)
        who = asked["partner_name"] or asked["contact_name"]
        return asked | {
            "name": f"{who}: {track.name}",
            "type": "lead" if team.use_leads else "opportunity",
            "company_id": company.id,
            "team_id": team.id,
            "user_id": track._get_owner(company).id,
            "partner_id": self._coaching_find_contact(asked, company).id,
            "lang_id": self.env["res.lang"]._get_data(code=lang).id,
        }

    @api.model
    def _coaching_find_open(self, asked, company):
        """The lead that this visitor has open already.

        Another name with another number at the same address is somebody else. One
        about coaching goes first. Another is used while nothing was offered: an
        opportunity with an amount is about something else.
        """
        found = self.search(
            [
                ("email_normalized", "=", asked["email_from"]),
                ("company_id", "in", (company.id, False)),
                ("won_status", "=", "pending"),
            ]
        )
        usable = found.filtered(
            lambda lead: (
                (lead.coaching_track_id or not lead.expected_revenue)
                and lead._coaching_is_same_person(asked)
            )
        )
        return usable.sorted(lambda lead: (not lead.coaching_track_id, -lead.id))[:1]

    def _coaching_is_same_person(self, asked):
        """Of name and number one is the same, or not known."""
        name, asked_name = _plain(self.contact_name), _plain(asked["contact_name"])
        number, asked_number = _digits(self.phone), _digits(asked["phone"])
        return not name or not number or name == asked_name or number == asked_number

    @api.model
    def _coaching_find_contact(self, asked, company):
        """The contact with this address, people before companies."""
        return self.env["res.partner"].search(
            [
                ("email_normalized", "=", asked["email_from"]),
                ("company_id", "in", (company.id, False)),
            ],
            order="is_company, id",
            limit=1,
        )

    def _coaching_add(self, asked):
        """Add what is new to an open lead; of what stands only the number is replaced.

        A double click changes nothing and mails nobody. Whoever asks again gets what
        the page announces, however far the lead is: the call that is planned is
        confirmed again, else a new call is asked for.
        """
        again = asked["coaching_digest"] == self.coaching_digest
        now = fields.Datetime.now()
        self._coaching_set_aside_call(now)
        last = self.coaching_requested_on
        waits = self.coaching_session_state in ("requested", "planned")
        if again and waits and last and last > now - DOUBLE_CLICK:
            return
        corrected = self._coaching_correct_number(asked["phone"])
        if not again:
            self._coaching_note(asked)
            self.write(self._coaching_get_missing(asked))
        self = self.with_context(coaching_wish=asked["coaching_goal"])
        if self.coaching_session_state == "planned":
            self._coaching_confirm_planned(corrected)
        elif self.coaching_session_state == "requested":
            self._coaching_request_again()
        else:
            self._coaching_request_call()
        if corrected or waits:
            self.coaching_attention = "number" if corrected else "again"
            self.coaching_waiting_since = now

    def _coaching_set_aside_call(self, now):
        """End the planned call whose time is over: its time is confirmed to nobody.

        What became of it nobody recorded, so it counts neither as held nor as missed.
        """
        call = self.coaching_call_id
        if call.state == "planned" and call.stop <= now:
            call.state = "cancelled"
            call.event_id.activity_ids.unlink()

    def _coaching_request_again(self):
        """Who still waits gets the confirmation again; the time to call stays, unless
        somebody made contact since: then it is a new question."""
        if self.coaching_first_contact_on or not self.coaching_call_before:
            return self._coaching_request_call()
        self._coaching_confirm()
        return self._coaching_tell_request()

    def _coaching_confirm_planned(self, corrected):
        """Confirm the planned call again; with the number where that changed."""
        if call := self.coaching_call_id:
            call.revision += bool(corrected)
            self._coaching_mail_call("coaching_leads.mail_template_call_planned")
        self._coaching_schedule(fields.Datetime.now())
        self._coaching_tell_request()

    def _coaching_correct_number(self, phone):
        """Call the number that was given last. The one of before stays in the thread.

        :return: whether it is another one
        """
        before = self.phone
        if not before or _digits(before) == _digits(phone):
            return False
        self.phone = phone
        self.message_post(
            body=self.env._(
                "Gave another telephone number: %(new)s instead of %(old)s.",
                new=phone,
                old=before,
            ),
            subtype_xmlid="mail.mt_note",
        )
        return True

    def _inverse_phone(self):
        """A visitor's request never changes the contact it is linked to.

        Its mail address is how the contact was found: that cannot differ.
        """
        if not self.env.context.get("coaching_keep_contact"):
            return super()._inverse_phone()
        return None

    def _coaching_get_missing(self, asked):
        """The visitor's words for what the lead does not hold yet."""
        missing = {name: value for name, value in asked.items() if not self[name]}
        return missing | {"coaching_digest": asked["coaching_digest"]}

    def _coaching_note(self, asked):
        """Log what the visitor sent this time, for staff only."""
        shown = [name for name in asked if asked[name] and name != "coaching_digest"]
        described = self.fields_get(shown, ["string"])
        asked = self.new(asked)
        lines = Markup().join(
            Markup("<li>%s: %s</li>")
            % (described[name]["string"], asked._coaching_get_text(name))
            for name in shown
        )
        self.message_post(
            body=Markup("<p>%s</p><ul>%s</ul>")
            % (self.env._("Asked for a coaching call again."), lines),
            subtype_xmlid="mail.mt_note",
        )

    def _coaching_get_text(self, name):
        """A field's value as text."""
        value = self[name]
        return value.display_name if isinstance(value, models.BaseModel) else value

    # -- first contact ----------------------------------------------------------------

    @api.depends("coaching_first_contact_on", "coaching_requested_on")
    def _compute_coaching_first_contact_hours(self):
        for lead in self:
            asked = lead.coaching_requested_on or lead.create_date
            contact = lead.coaching_first_contact_on
            hours = 0
            if contact and asked and contact > asked:
                calendar = lead._coaching_company().resource_calendar_id
                hours = calendar.get_work_hours_count(asked, contact)
            lead.coaching_first_contact_hours = hours

    @api.depends(
        "coaching_session_state", "coaching_call_before", "coaching_first_contact_on"
    )
    def _compute_coaching_is_late(self):
        late = self.filtered_domain(self._coaching_late_domain())
        late.coaching_is_late = True
        (self - late).coaching_is_late = False

    def _search_coaching_is_late(self, operator, value):
        if operator != "in":
            return NotImplemented
        return self._coaching_late_domain()

    @api.model
    def _coaching_late_domain(self):
        return (
            Domain("coaching_session_state", "=", "requested")
            & Domain("coaching_first_contact_on", "=", False)
            & Domain("coaching_call_before", "<", fields.Datetime.now())
        )

    def _message_post_after_hook(self, message, msg_vals):
        """What a colleague writes, notes or finishes first is the first contact."""
        if self._coaching_is_contact(message):
            self._coaching_mark_contacted()
        return super()._message_post_after_hook(message, msg_vals)

    def _coaching_is_contact(self, message):
        """A colleague's message, mail, note or finished call; no automatic reply."""
        if self.env.context.get("coaching_auto_reply"):
            return False
        by_staff = message.author_id.user_ids.filtered(lambda user: not user.share)
        called = message.mail_activity_type_id.category == "phonecall"
        wrote = message.message_type in ("comment", "email")
        return bool(by_staff and (called or wrote))

    def _coaching_mark_contacted(self):
        """Record the first contact, once; nobody has to look any more."""
        leads = self.filtered("coaching_track_id")
        new = leads.filtered(lambda lead: not lead.coaching_first_contact_on)
        new.coaching_first_contact_on = fields.Datetime.now()
        leads.filtered("coaching_attention").coaching_attention = False

    # -- today ------------------------------------------------------------------------

    def action_coaching_seen(self):
        """Take the lead off the list of what asks for a look."""
        self.check_access("write")
        self.coaching_attention = False
        return True

    @api.depends_context("uid", "tz")
    @api.depends(
        "coaching_session_state",
        "coaching_attention",
        "coaching_call_start",
        "coaching_outcome",
        "won_status",
        "user_id",
        "active",
    )
    def _compute_coaching_todo(self):
        """What is ours to do, most pressing first; nothing on leads that are closed
        but to make the call that is still agreed."""
        away = self._coaching_away_leads()
        for lead in self:
            lead.coaching_todo = lead._coaching_get_todo(lead in away)
            agreed = lead.coaching_session_state == "planned" and (
                lead.coaching_todo in ("today", "passed", "coach_away")
            )
            lead.coaching_todo_since = lead.coaching_todo and (
                (agreed and lead.coaching_call_start)
                or lead.coaching_waiting_since
                or lead.coaching_requested_on
                or lead.create_date
            )

    def _coaching_get_todo(self, is_away):
        """:param bool is_away: whether the coach is not there to do it"""
        state = self.coaching_session_state
        if not self.coaching_track_id or self.won_status == "lost" or not self.active:
            return False
        if state != "planned" and self.won_status == "won":
            return False
        if (waits := state in WAITING_STATES) and not self.user_id:
            return "no_coach"
        if is_away:
            return "coach_away"
        if self.coaching_attention:
            return self.coaching_attention
        if state == "planned":
            return self._coaching_get_planned_todo()
        if state == "held":
            return False if self.coaching_outcome else "outcome"
        if waits:
            return "late" if self.coaching_is_late else state
        return False

    def _coaching_get_planned_todo(self):
        if not self.coaching_call_stop or (
            self.coaching_call_stop <= fields.Datetime.now()
        ):
            return "passed"
        day = fields.Datetime.context_timestamp(self, self.coaching_call_start).date()
        return "today" if day <= fields.Date.context_today(self) else False

    def _coaching_away_leads(self):
        """The leads whose coach is not there now, or not at the time of the call."""
        now = fields.Datetime.now()
        when = {lead: lead._coaching_when_needed(now) for lead in self}
        asked = defaultdict(set)
        for lead, times in when.items():
            if times and lead.user_id.active:
                asked[lead.user_id].add(times)
        away = self.env["res.users"]._coaching_who_is_away(asked)
        return self.filtered(
            lambda lead: (
                when[lead]
                and lead.user_id
                and (not lead.user_id.active or (lead.user_id, when[lead]) in away)
            )
        )

    def _coaching_when_needed(self, now):
        """When the coach has to be there: now, or at the planned call; else None."""
        if self.coaching_session_state in WAITING_STATES:
            return now, now
        start, stop = self.coaching_call_start, self.coaching_call_stop
        planned = self.coaching_session_state == "planned" and stop and stop > now
        return (start, stop) if planned else None

    def _search_coaching_todo(self, operator, value):
        if operator not in ("in", "not in"):
            return NotImplemented
        nothing = False in value
        kinds = {kind for kind, _label in TODO}
        wanted = kinds.difference(value) if nothing else kinds.intersection(value)
        open_leads = self.search(
            Domain("coaching_track_id", "!=", False)
            & Domain("won_status", "!=", "lost")
            & (
                Domain("coaching_session_state", "in", (*WAITING_STATES, "planned"))
                | Domain("coaching_attention", "!=", False)
                | (
                    Domain("coaching_session_state", "=", "held")
                    & Domain("coaching_outcome", "=", False)
                )
            )
        )
        found = open_leads.filtered(lambda lead: lead.coaching_todo in wanted)
        return Domain(
            "id", "in" if (operator == "in") != nothing else "not in", found.ids
        )

    # -- how it ends ------------------------------------------------------------------

    def write(self, vals):
        """A call follows its lead: to another coach, and to its end."""
        coaches = {}
        if "user_id" in vals and not self.env.context.get("coaching_quiet"):
            coaches = {lead: lead.user_id for lead in self}
        ended = "active" in vals and not vals["active"]
        result = super().write(vals)
        if ended:
            self._coaching_close()
        for lead, before in coaches.items():
            if lead.coaching_track_id and lead.user_id and lead.user_id != before:
                lead._coaching_hand_over()
        return result

    def _coaching_close(self):
        """Nobody waits for a call about a lead that is lost or archived."""
        # sudo: who may not see the calendar's coach can still close the lead
        leads = self.sudo().filtered("coaching_track_id")
        leads.coaching_call_id._upcoming()._cancel()
        leads._coaching_drop_activities()
        leads.coaching_attention = False

    def _coaching_hand_over(self):
        """Let the new coach have the activities and make the planned call."""
        # sudo: the lead may be the other coach's alone by now
        lead = self.sudo()
        activities = lead._coaching_call_activities().with_context(
            mail_activity_quick_update=True
        )
        activities.filtered(lambda a: a.user_id != lead.user_id).write(
            {"user_id": lead.user_id.id}
        )
        call = lead.coaching_call_id
        if call.state == "planned" and call.user_id != lead.user_id:
            call._hand_over(lead.user_id)

    def unlink(self):
        """Cancel what is planned: the prospect and the coach expect a call. The mail
        about it outlives the lead."""
        self.check_access("unlink")
        # sudo: who may delete the lead ends its call, in another's calendar too
        leads = self.sudo()
        before = self._coaching_waiting_mails(leads)
        leads.coaching_call_ids._upcoming()._cancel()
        for mail in self._coaching_waiting_mails(leads) - before:
            mail.attachment_ids.write({"res_model": False, "res_id": False})
            mail.write({"model": False, "res_id": False, "coaching_lead_id": False})
        events = leads.env["calendar.event"].with_context(active_test=False)
        events.search(
            [("res_model", "=", self._name), ("res_id", "in", self.ids)]
        ).write({"res_id": False, "res_model_id": False})
        return super().unlink()

    def _coaching_waiting_mails(self, leads):
        return (
            self.env["mail.mail"]
            .sudo()
            .search(  # sudo: nobody reads mails
                [("coaching_lead_id", "in", leads.ids), ("state", "=", "outgoing")]
            )
        )

    def _coaching_withdraw(self):
        """The prospect wants no call any more: close the lead, with their word for it.

        To be called for who holds the signed link, with all rights.
        """
        self.message_post(
            body=self.env._("The prospect wants no call any more."),
            subtype_xmlid="mail.mt_note",
        )
        reason = self.env.ref(
            "coaching_leads.crm_lost_reason_withdrawn", raise_if_not_found=False
        )
        self.action_set_lost(lost_reason_id=reason and reason.id)

    # -- merging ----------------------------------------------------------------------

    def _merge_get_fields(self):
        return [*super()._merge_get_fields(), *MERGED]

    def _merge_get_fields_specific(self):
        joined = dict.fromkeys(JOINED, self._coaching_join_answers)
        return {**super()._merge_get_fields_specific(), **joined}

    def _merge_dependences(self, opportunities):
        """Keep every call, one of them as the current one, and cancel what else is
        planned: the prospect expects only one."""
        # sudo: only methods write calls
        leads = (self | opportunities).sudo()
        kept = leads._coaching_lead_with_call()
        vals = {
            "coaching_session_state": kept.coaching_session_state,
            "coaching_link_seq": max(leads.mapped("coaching_link_seq")),
        }
        # one call stays: the mail about another one offers no new time
        for lead in (leads - kept).with_context(coaching_no_link=True):
            lead.coaching_call_id._upcoming()._cancel()
        mails = self._coaching_waiting_mails(leads)
        subjects = {mail: mail.subject for mail in mails}
        gone = leads - self
        self.env["coaching.former.lead"].sudo()._keep(
            gone, self.sudo(), vals["coaching_link_seq"]
        )
        result = super()._merge_dependences(opportunities)
        # core says in every subject which lead it was of: to colleagues, not to who
        # gets a mail that still waits
        for mail, subject in subjects.items():
            mail.subject = subject
        current = kept.coaching_call_id
        leads.coaching_call_ids.write({"lead_id": self.id})
        self.sudo().write({"coaching_call_id": current.id})
        if not current:
            self.sudo().write(vals)
        else:
            self.sudo().coaching_link_seq = vals["coaching_link_seq"]
        return result

    def _merge_dependences_calendar_events(self, opportunities):
        # sudo: the calls move along, also those in a colleague's private calendar
        lead = self.sudo()
        return super(CoachingLeadLife, lead)._merge_dependences_calendar_events(
            opportunities
        )

    @staticmethod
    def _coaching_join_answers(fname, leads):
        """Return the different answers under each other."""
        return "\n\n".join(dict.fromkeys(filter(None, leads.mapped(fname)))) or False

    def _coaching_lead_with_call(self):
        """Return the lead whose call is kept: the earliest planned one, else who asked
        after the last call, else what came furthest."""
        held = max(filter(None, self.mapped("coaching_held_on")), default=None)

        def rank(lead):
            start, asked = lead.coaching_call_start, lead.coaching_requested_on
            state = lead.coaching_session_state
            waits = state == "requested" and asked and (not held or asked > held)
            return (
                state != "planned",
                not waits,
                CALL_RANK.index(state),
                start.timestamp() if start else 0,
            )

        return min(self, key=rank)

    # -- retention --------------------------------------------------------------------

    @api.model
    def _cron_coaching_forget(self):
        """Delete what came to nothing and is older than its company keeps it."""
        leads = self.with_context(active_test=False)
        domain = leads._coaching_forget_domain()
        self.env["ir.cron"]._commit_progress(remaining=leads.search_count(domain))
        while batch := leads.search(domain, limit=BATCH).try_lock_for_update():
            size = len(batch)
            batch._coaching_forget()
            if not self.env["ir.cron"]._commit_progress(size):
                break

    @api.model
    def _coaching_forget_domain(self):
        """Return the domain of what is too old, by each company's own setting.

        Lost leads count from their closing. Leads that nobody ever closed count from
        the last change, while there is no opportunity, call or younger activity. A
        lead without a company goes by the first company's.
        """
        companies = self.env["res.company"]
        first = companies.search([], order="id", limit=1)
        domain = Domain.FALSE
        for company in companies.search([("coaching_retention_months", ">", 0)]):
            owned = Domain("company_id", "=", company.id)
            if company == first:
                owned |= Domain("company_id", "=", False)
            months = company.coaching_retention_months
            before = fields.Datetime.now() - relativedelta(months=months)
            domain |= owned & (
                Domain("won_status", "=", "lost") & Domain("date_closed", "<", before)
                | self._coaching_stale_domain(before)
            )
        return domain & Domain("coaching_track_id", "!=", False)

    @api.model
    def _coaching_stale_domain(self, before):
        return (
            Domain("won_status", "=", "pending")
            & Domain("write_date", "<", before)
            & Domain("coaching_session_state", "!=", False)
            & (
                Domain("coaching_call_start", "=", False)
                | Domain("coaching_call_start", "<", before)
            )
            & Domain("coaching_outcome", "!=", "opportunity")
            & Domain("expected_revenue", "in", (0, False))
            # what nobody did for as long as that, nobody will
            & Domain("activity_ids", "not any", [("date_deadline", ">=", before)])
        )

    def _coaching_forget(self):
        """Delete the leads with everything that names the prospect."""
        events = self.env["calendar.event"].with_context(active_test=False)
        events.search([("opportunity_id", "in", self.ids)]).unlink()
        self.unlink()


def _plain(name):
    """A name for comparison: letters only, in one case.

    >>> _plain("Noor  VISSER ") == _plain("noor visser")
    True
    """
    return "".join((name or "").casefold().split())


def _digits(number):
    """The last nine digits of a number: the same with and without a prefix.

    >>> _digits("+31 6 12345678") == _digits("06-12345678")
    True
    """
    return "".join(filter(str.isdigit, number or ""))[-9:]
