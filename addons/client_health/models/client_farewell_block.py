from odoo import api, fields, models
from odoo.tools import plaintext2html

SECTIONS = [
    ("thanks", "Thanks"),
    ("situation", "The situation"),
    ("fit", "What suits you better"),
    ("ending", "How it ends"),
    ("handover", "What you take along"),
    ("closing", "Closing"),
]


class ClientFarewellBlock(models.Model):
    """A paragraph to start a farewell letter from, in one tone.

    Other languages are translations of the same block. The only placeholders
    are ``{client}``, ``{company}``, ``{contact}`` and ``{end_date}``; nothing in
    the text is evaluated.
    """

    _name = "client.farewell.block"
    _description = "Farewell Text"
    _order = "section, tone, sequence, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(
        default=10, help="The first text of a section and tone is the one proposed."
    )
    section = fields.Selection(selection=SECTIONS, required=True)
    tone = fields.Selection(
        selection=[("formal", "Formal"), ("informal", "Informal")],
        required=True,
        default="formal",
    )
    company_id = fields.Many2one(
        comodel_name="res.company", index=True, ondelete="cascade"
    )
    body = fields.Text(
        string="Text",
        required=True,
        translate=True,
        help="An empty line starts a new paragraph. {client}, {company}, {contact} "
        "and {end_date} are filled in when the letter is printed.",
    )

    @api.depends("name", "section")
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = dict(self._fields["section"]._description_selection(self.env))
        for block in self:
            block.display_name = f"{labels.get(block.section)} – {block.name}"

    def _get_html(self, lang):
        """Return this text in a language, as paragraphs."""
        return plaintext2html(
            self.with_context(lang=lang).body or "", with_paragraph=True
        )
