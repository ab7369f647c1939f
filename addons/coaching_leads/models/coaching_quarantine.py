from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from pytz import utc

from .. import answers
from .coaching_question import LIMIT


class CoachingQuarantine(models.Model):
    """A post that a colleague decides about: it looked like a robot's, or its sender
    changed the call so often that no more mails go out by themselves."""

    _name = "coaching.quarantine"
    _description = "Quarantined Coaching Request"
    _order = "create_date desc, id desc"

    reason = fields.Selection(
        selection=[
            ("trap", "Filled the hidden field"),
            ("too_fast", "Sent too fast"),
            ("many_changes", "Changed the call often"),
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
    answers = fields.Json(help="Answers to the extra questions by input name.")
    lead_id = fields.Many2one(
        comodel_name="crm.lead",
        ondelete="cascade",
        index="btree_not_null",
        readonly=True,
    )
    wanted_start = fields.Datetime(
        string="Wants the Call At",
        readonly=True,
        help="Empty when the prospect wants to cancel the call.",
    )
    lang = fields.Char(string="Language")
    website_id = fields.Many2one(
        comodel_name="website",
        required=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        compute="_compute_company_id",
        store=True,
    )

    @api.depends("website_id.company_id", "lead_id.company_id")
    def _compute_company_id(self):
        for kept in self:
            kept.company_id = kept.lead_id.company_id or kept.website_id.company_id

    @api.model
    def _keep(self, reason, values, website, lang, extra=None):
        """Keep a post that got no further.

        :param str reason: a value of ``reason``
        :param dict values: texts by input name, cut to what the form allows
        :param dict extra: answers to the extra questions by input name
        """
        cut = {name: values[name][:limit] for name, limit in answers.LIMITS.items()}
        cut["email"] = answers.single_email(cut["email"]) or cut["email"]
        return self.create(
            cut
            | {
                "reason": reason,
                "lang": lang,
                "website_id": website.id,
                "answers": extra and {k: text[:LIMIT] for k, text in extra.items()},
            }
        )

    @api.model
    def _keep_change(self, lead, start, website):
        """Keep what the prospect wants with the call, the last wish of each lead.

        :param datetime start: aware; None to cancel the call
        """
        wanted = start and start.astimezone(utc).replace(tzinfo=None)
        waiting = self.search([("lead_id", "=", lead.id)], limit=1)
        if waiting:
            waiting.wanted_start = wanted
            return waiting
        lead.with_context(mail_activity_quick_update=True).activity_schedule(
            "mail.mail_activity_data_call",
            summary=self.env._("Changed the call often: see the quarantine"),
            user_id=lead.user_id.id,
        )
        return self.create(
            {
                "reason": "many_changes",
                "lead_id": lead.id,
                "wanted_start": wanted,
                "name": lead.contact_name or lead.name,
                "email": lead.email_from,
                "phone": lead.phone,
                "website_id": website.id,
            }
        )

    @api.model
    def _forget(self, email):
        """Drop what came too fast, once the same visitor's post went through."""
        self.search([("reason", "=", "too_fast"), ("email", "=", email)]).unlink()

    def action_rescue(self):
        """Do what was asked after all: make the lead, or change the call.

        :raises UserError: if an answer is missing or wrong, or the time is taken
        """
        self.ensure_one()
        self.check_access("unlink")
        lead = self._change_call() if self.lead_id else self._make_lead()
        self.unlink()
        return lead.with_env(self.env).get_formview_action()

    def _change_call(self):
        """Plan, move or cancel the call as the colleague that confirms it."""
        lead = self.lead_id
        lead.check_access("write")
        if self.wanted_start:
            lead._coaching_plan(utc.localize(self.wanted_start), for_visitor=False)
        elif lead.coaching_session_state == "planned":
            lead.action_coaching_cancel()
        return lead

    def _make_lead(self):
        """Make a lead of the answers, as if they had just been sent."""
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
        asked = self.env["coaching.question"].with_context(lang=self.lang)
        lead._coaching_keep_answers(
            asked.search([("track_id.code", "=", read.values["track"])]),
            self.answers or {},
        )
        return lead

    def _read_answers(self):
        """The answers as the public form would read them now."""
        tracks = (
            self.env["coaching.track"].search([("code", "!=", False)]).mapped("code")
        )
        posted = {name: self[name] or "" for name in answers.LIMITS}
        return answers.read(posted, tracks, self.website_id._coaching_country())

    def _labels(self, names):
        """What the fields are called on the screen."""
        described = self.fields_get(list(names), ["string"])
        return [described[name]["string"] for name in names]

    @api.autovacuum
    def _gc_quarantine(self):
        """Delete what nobody rescued in the days that its company keeps it."""
        for company in self.env["res.company"].search([("coaching_spam_days", ">", 0)]):
            days = timedelta(days=company.coaching_spam_days)
            old = fields.Datetime.now() - days
            self.search(
                [("company_id", "=", company.id), ("create_date", "<", old)]
            ).unlink()
