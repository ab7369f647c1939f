from markupsafe import Markup
from odoo import api, fields, models
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


class CrmLead(models.Model):
    """From a visitor's answers to a lead."""

    _inherit = "crm.lead"

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
