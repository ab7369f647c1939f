from odoo import api, fields, models

from .client_farewell_text import SECTION_FIELDS
from .letter_text import find_words, plain


class ClientFarewell(models.Model):
    """Words that do not belong in a letter: marked, and wanting a manager's tick."""

    _inherit = "client.farewell"

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

    def _get_lint_words(self):
        return self.env["client.farewell.word"]._get_words(self.lang).mapped("name")

    def _get_own_texts(self):
        """Return every text of the letter that somebody wrote, as plain text."""
        self.ensure_one()
        texts = [plain(self._get_section(section)) for section in SECTION_FIELDS]
        return [*texts, self.salutation or "", *(i.name or "" for i in self.item_ids)]
