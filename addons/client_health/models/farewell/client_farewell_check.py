from collections import namedtuple

from odoo import api, fields, models

from .client_farewell_text import SECTION_FIELDS, TOKENS
from .letter_text import is_empty, single_recipient, unknown_tokens

# rule 1 to 4; whether it is met; what it asks for; where to find it on the form
Check = namedtuple("Check", "rule ok label where")


class ClientFarewell(models.Model):
    """The four rules, checked while the letter is being written."""

    _inherit = "client.farewell"

    checklist = fields.Html(compute="_compute_checklist", sanitize=False)
    missing_count = fields.Integer(
        compute="_compute_checklist", help="What has to be filled in before approval."
    )

    @api.depends(
        *SECTION_FIELDS, "salutation", "item_ids", "referral_partner_ids", "end_date",
        "delivery", "email_to", "contact_id", "user_id", "lint_accepted",
    )  # fmt: skip
    def _compute_checklist(self):
        for farewell in self:
            checks = farewell._get_checks()
            farewell.missing_count = sum(not check.ok for check in checks)
            farewell.checklist = self.env["ir.qweb"]._render(
                "client_health.farewell_checklist",
                {
                    "rules": farewell._get_rule_names(),
                    "checks": checks,
                    "words": farewell.lint_words,
                    "accepted": farewell.lint_accepted,
                },
            )

    def _get_rule_names(self):
        _ = self.env._
        return {
            1: _("Polite"),
            2: _("In their interest"),
            3: _("Professional"),
            4: _("Clear completion"),
        }

    def _get_checks(self):
        """Return what the four rules ask of the letter, met or not."""
        self.ensure_one()
        return [
            *self._get_text_checks(),
            *self._get_interest_checks(),
            *self._get_professional_checks(),
            *self._get_completion_checks(),
        ]

    def _get_text_checks(self):
        _, letter = self.env._, self.env._("Letter")
        return [
            Check(1, bool(self.salutation), _("The client is addressed"), letter),
            Check(1, not is_empty(self.thanks), _("Thanks for what was good"), letter),
            Check(
                1,
                not is_empty(self.situation),
                _("The situation in one calm paragraph"),
                letter,
            ),
        ]

    def _get_interest_checks(self):
        _, letter = self.env._, self.env._("Letter")
        return [
            Check(2, not is_empty(self.fit), _("What suits them better"), letter),
            Check(
                2,
                bool(self.referral_partner_ids),
                _("Somebody who could help"),
                _("Who Could Help"),
            ),
            Check(2, not is_empty(self.handover), _("What they take along"), letter),
        ]

    def _get_professional_checks(self):
        _, letter = self.env._, self.env._("Letter")
        unknown = [
            name
            for section in SECTION_FIELDS
            for name in unknown_tokens(self[section], TOKENS)
        ]
        return [
            Check(3, not is_empty(self.closing), _("The door stays open"), letter),
            Check(
                3,
                not unknown,
                _("No placeholder is left: %(names)s", names=", ".join(unknown))
                if unknown
                else _("No placeholder is left"),
                letter,
            ),
            Check(3, *self._get_delivery_check()),
        ]

    def _get_delivery_check(self):
        _ = self.env._
        if self.delivery == "email":
            valid = bool(single_recipient(self.email_to))
            return valid, _("Exactly one valid e-mail address"), _("Send To")
        contact, client = self.contact_id, self.partner_id
        return bool(contact.city or client.city), _("A postal address"), _("Client")

    def _get_completion_checks(self):
        _ = self.env._
        user, company = self.user_id, self.company_id
        reachable = user.phone or user.email or company.phone or company.email
        ahead = self.end_date and self.end_date >= self._get_today()
        return [
            Check(4, bool(ahead), _("An end date that is not past"), _("End Date")),
            Check(4, not is_empty(self.ending), _("How it ends"), _("Letter")),
            Check(
                4,
                bool(self.item_ids),
                _("What is finished and what is still to do"),
                _("Completion"),
            ),
            Check(4, bool(reachable), _("Somebody to call"), _("Responsible")),
        ]
