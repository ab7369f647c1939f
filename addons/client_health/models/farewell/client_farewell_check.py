from collections import namedtuple

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .client_farewell_text import SECTION_FIELDS, TOKENS
from .letter_text import find_words, is_empty, plain, single_recipient, unknown_tokens

# rule 1 to 4; whether it is met; what it asks for; where to find it on the form
Check = namedtuple("Check", "rule ok label where")


class ClientFarewell(models.Model):
    """The four rules, checked while the letter is being written."""

    _inherit = "client.farewell"

    checklist = fields.Html(compute="_compute_checklist", sanitize=False)
    missing_count = fields.Integer(
        compute="_compute_checklist", help="What has to be filled in before approval."
    )
    lint_words = fields.Char(
        string="Words to Reconsider",
        compute="_compute_lint_words",
        help="Words of the list that stand in the letter.",
    )
    lint_accepted_words = fields.Char(readonly=True, copy=False)
    lint_accepted = fields.Boolean(
        string="These words may stay",
        compute="_compute_lint_accepted",
        inverse="_inverse_lint_accepted",
        help="For who approves: read the marked words in their context first.",
    )
    lint_user_id = fields.Many2one(comodel_name="res.users", readonly=True, copy=False)

    @api.depends(*SECTION_FIELDS, "salutation", "item_ids.name", "lang", "contact_id")
    def _compute_lint_words(self):
        for farewell in self:
            text = "\n".join(farewell._get_own_texts())
            farewell.lint_words = ", ".join(
                find_words(text, farewell._get_lint_words())
            )

    @api.depends("lint_words", "lint_accepted_words")
    def _compute_lint_accepted(self):
        for farewell in self:
            words = farewell.lint_words
            farewell.lint_accepted = words and words == farewell.lint_accepted_words

    def _inverse_lint_accepted(self):
        for farewell in self:
            farewell._accept_words(farewell.lint_accepted)

    def _accept_words(self, accepted):
        """Keep who takes responsibility for which words; other words ask again."""
        self.ensure_one()
        self._check_manager()
        # Only this way: over RPC these two would be a way around approval.
        self.sudo().write(
            {
                "lint_accepted_words": accepted and self.lint_words,
                "lint_user_id": accepted and self.env.uid,
            }
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

    def _get_lint_words(self):
        return self.env["client.farewell.word"]._get_words(self.lang).mapped("name")

    def _get_own_texts(self):
        """Return every text of the letter that somebody wrote, as plain text."""
        self.ensure_one()
        texts = [plain(self._get_section(section)) for section in SECTION_FIELDS]
        return [*texts, self.salutation or "", *(i.name or "" for i in self.item_ids)]

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
        ahead = self.end_date and self.end_date >= fields.Date.context_today(self)
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

    def _check_complete(self):
        """Raise what is missing, and where, in one message."""
        for farewell in self:
            missing = [check for check in farewell._get_checks() if not check.ok]
            if missing:
                lines = "\n".join(f"- {c.label} ({c.where})" for c in missing)
                raise UserError(
                    self.env._("Still missing in this letter:\n%(list)s", list=lines)
                )
            if farewell.lint_words and not (
                farewell.lint_accepted and farewell.lint_user_id == self.env.user
            ):
                raise UserError(
                    self.env._(
                        "Read these words in the letter again, then change them or "
                        "tick that they may stay: %(words)s.",
                        words=farewell.lint_words,
                    )
                )

    def _check_manager(self):
        if not self.env.su and not self.env.user.has_group(
            "client_health.client_health_group_manager"
        ):
            raise UserError(
                self.env._("Only a manager of Client Health approves a farewell.")
            )

    def _check_second_person(self):
        """Four eyes wherever there are four: the approver did not write the letter."""
        group = self.env.ref("client_health.client_health_group_manager")
        for farewell in self:
            # Users of other companies are hidden from this one, and do not count.
            managers = (
                self.env["res.users"]
                .sudo()
                .search_count(
                    Domain("all_group_ids", "in", group.ids)
                    & Domain("share", "=", False)
                    & Domain("company_ids", "in", farewell.company_id.ids),
                    limit=2,
                )
            )
            if managers > 1 and farewell.author_id == self.env.user:
                raise UserError(
                    self.env._(
                        "You wrote this letter: a second manager reads and approves it."
                    )
                )
