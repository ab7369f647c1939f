from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from .. import answers


class CoachingQuarantine(models.Model):
    """A post that looked like a robot's, kept for a while in case it was not."""

    _name = "coaching.quarantine"
    _description = "Quarantined Coaching Request"
    _order = "create_date desc, id desc"

    reason = fields.Selection(
        selection=[
            ("trap", "Filled the hidden field"),
            ("too_fast", "Sent too fast"),
        ],
        required=True,
        index=True,
    )
    track = fields.Char()
    name = fields.Char()
    email = fields.Char(index="btree_not_null")
    phone = fields.Char()
    company = fields.Char(string="Business")
    goal = fields.Text(string="Wants to Reach")
    obstacle = fields.Text(string="Stands in the Way")
    strengths = fields.Text(string="Goes Well")
    call_moment = fields.Char(string="Prefers a Call On")
    lang = fields.Char(string="Language")
    website_id = fields.Many2one(
        comodel_name="website",
        required=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="website_id.company_id", store=True)

    @api.model
    def _keep(self, reason, values, website, lang):
        """Keep a post that got no further.

        :param str reason: a value of ``reason``
        :param dict values: texts by input name, cut to what the form allows
        """
        cut = {name: values[name][:limit] for name, limit in answers.LIMITS.items()}
        cut["email"] = answers.single_email(cut["email"]) or cut["email"]
        return self.create(
            cut | {"reason": reason, "lang": lang, "website_id": website.id}
        )

    @api.model
    def _forget(self, email):
        """Drop what came too fast, once the same visitor's post went through."""
        self.search([("reason", "=", "too_fast"), ("email", "=", email)]).unlink()

    def action_rescue(self):
        """Make a lead of it after all, as if it had just been sent.

        :raises UserError: if an answer is missing or wrong
        """
        self.ensure_one()
        self.check_access("unlink")
        read = self._read_answers()
        if read.errors:
            raise UserError(
                self.env._(
                    "Please complete or correct first: %(fields)s",
                    fields=", ".join(self._labels(read.errors)),
                )
            )
        # sudo: the contact with this address may be none of the colleague's own;
        # it is linked and never changed.
        lead, _created = (
            self.env["crm.lead"]
            .sudo()
            ._coaching_receive(read.values, self.website_id.sudo(), self.lang)
        )
        self.unlink()
        return lead.with_env(self.env).get_formview_action()

    def _read_answers(self):
        """The answers as the public form would read them now."""
        tracks = self.env["coaching.track"].search([]).mapped("code")
        posted = {name: self[name] or "" for name in answers.LIMITS}
        return answers.read(posted, tracks, self.website_id._coaching_country())

    def _labels(self, names):
        """What the fields are called on the screen."""
        described = self.fields_get(list(names), ["string"])
        return [described[name]["string"] for name in names]

    @api.autovacuum
    def _gc_quarantine(self):
        """Delete what nobody rescued in the days that its company keeps it."""
        for company in self.env["res.company"].search([]):
            days = timedelta(days=company.coaching_spam_days)
            old = fields.Datetime.now() - days
            self.search(
                [("company_id", "=", company.id), ("create_date", "<", old)]
            ).unlink()
