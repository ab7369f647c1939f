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
# A new request starts the way to a call again from here.
RESTART_STATES = (False, "no_show", "cancelled")
ANSWERS = (
    "coaching_goal",
    "coaching_obstacle",
    "coaching_strengths",
    "coaching_note_strengths",
    "coaching_note_challenge",
    "coaching_note_chances",
    "coaching_note_tips",
    "coaching_note_steps",
)
CALL = (
    "coaching_session_state",
    "coaching_event_id",
    "coaching_planned_on",
    "coaching_held_on",
    "coaching_reminded_on",
    "coaching_tz",
    "coaching_link_seq",
)
OTHERS = (
    "coaching_track_id",
    "coaching_call_moment",
    "coaching_requested_on",
    "coaching_call_before",
    "coaching_outcome",
    "coaching_first_contact_on",
    "coaching_summary_sent_on",
)
# which call of several leads is kept: what is agreed goes before what was
CALL_RANK = ["planned", "held", "no_show", "cancelled", "requested", False]
BATCH = 100


class CrmLead(models.Model):
    """How leads come from the page, become one and are forgotten."""

    _inherit = "crm.lead"

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
        lead = receiver._coaching_find_open(asked["email_from"], website.company_id)
        if lead:
            lead._coaching_add(asked)
            return lead, False
        lead = receiver.create(
            receiver._coaching_prepare_new_vals(asked, website, lang) | (utm or {})
        )
        lead._coaching_request_call()
        return lead, True

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
    def _coaching_find_open(self, email, company):
        """The lead that this visitor has open already.

        One about coaching goes first. Another is used while nothing was offered:
        an opportunity with an amount is about something else.
        """
        found = self.search(
            [
                ("email_normalized", "=", email),
                ("company_id", "in", (company.id, False)),
                ("won_status", "=", "pending"),
            ]
        )
        usable = found.filtered(
            lambda lead: lead.coaching_track_id or not lead.expected_revenue
        )
        return usable.sorted(lambda lead: (not lead.coaching_track_id, -lead.id))[:1]

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
        """Add what is new to an open lead; nothing that stands is overwritten.

        The same answers again change nothing and mail nobody.
        """
        restart = self.coaching_session_state in RESTART_STATES
        again = asked["coaching_digest"] == self.coaching_digest
        if not again:
            self._coaching_note(asked)
            self.write(self._coaching_get_missing(asked))
        if restart:
            self._coaching_request_call()
        elif not again and self.coaching_session_state != "requested":
            # A call is planned or held: somebody should look at the note.
            self._coaching_schedule(fields.Datetime.now())

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

    # -- merging ----------------------------------------------------------------------

    def _merge_get_fields(self):
        return [*super()._merge_get_fields(), *OTHERS]

    def _merge_get_fields_specific(self):
        joined = dict.fromkeys(ANSWERS, self._coaching_join_answers)
        kept = dict.fromkeys(CALL, self._coaching_kept_value)
        return {**super()._merge_get_fields_specific(), **joined, **kept}

    def _merge_dependences(self, opportunities):
        """Cancel the calls that are not kept: the prospect expects only one."""
        leads = self | opportunities
        planned = leads.filtered(lambda lead: lead.coaching_event_id)
        for lead in planned - leads._coaching_lead_with_call():
            if lead.coaching_event_id._coaching_upcoming():
                lead._coaching_cancel()
        return super()._merge_dependences(opportunities)

    @staticmethod
    def _coaching_join_answers(fname, leads):
        """Return the different answers under each other."""
        return "\n\n".join(dict.fromkeys(filter(None, leads.mapped(fname)))) or False

    @staticmethod
    def _coaching_kept_value(fname, leads):
        value = leads._coaching_lead_with_call()[fname]
        return value.id if isinstance(value, models.BaseModel) else value

    def _coaching_lead_with_call(self):
        """Return the lead whose call is kept; the earliest of several planned ones."""
        return min(
            self,
            key=lambda lead: (
                CALL_RANK.index(lead.coaching_session_state),
                lead.coaching_call_start.timestamp() if lead.coaching_call_start else 0,
            ),
        )

    # -- retention --------------------------------------------------------------------

    @api.model
    def _cron_coaching_forget(self):
        """Delete lost coaching leads that are older than their company keeps them."""
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

        A lead without a company goes by the first company's. Lost long ago counts from
        the last change of its stage or its closing, whichever is known.
        """
        companies = self.env["res.company"].search([], order="id")
        domain = Domain.FALSE
        for company in companies.filtered("coaching_retention_months"):
            owned = Domain("company_id", "=", company.id)
            if company == companies[0]:
                owned |= Domain("company_id", "=", False)
            months = company.coaching_retention_months
            before = fields.Datetime.now() - relativedelta(months=months)
            domain |= owned & Domain("date_closed", "<", before)
        return (
            domain
            & Domain("coaching_track_id", "!=", False)
            & Domain("won_status", "=", "lost")
        )

    def _coaching_forget(self):
        """Delete the leads with everything that names the prospect."""
        events = self.env["calendar.event"].with_context(active_test=False)
        events.search([("opportunity_id", "in", self.ids)]).unlink()
        self.unlink()
