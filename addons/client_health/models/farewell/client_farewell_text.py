from odoo import api, fields, models
from odoo.tools import format_date

from .client_farewell_block import SECTIONS
from .letter_text import clean, merge, plain

SECTION_FIELDS = [section for section, _label in SECTIONS]
TOKENS = {"client", "company", "contact", "end_date"}


class ClientFarewell(models.Model):
    """The words of the letter: proposed from the building blocks, then edited."""

    _inherit = "client.farewell"

    lang = fields.Selection(
        selection=lambda self: self.env["res.lang"].get_installed(),
        string="Language",
        compute="_compute_lang",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
    )
    tone = fields.Selection(
        selection=[("formal", "Formal"), ("informal", "Informal")],
        required=True,
        default="formal",
        help="Formal says u in Dutch, informal says je.",
    )
    block_id = fields.Many2one(
        comodel_name="client.farewell.block",
        string="Use Another Text",
        store=False,
        domain="[('tone', '=', tone), ('company_id', 'in', (False, company_id))]",
        help="Replaces the section of the letter that the chosen text is for.",
    )
    salutation = fields.Char(compute="_compute_salutation", store=True, readonly=False)
    thanks = fields.Html(
        compute="_compute_sections", store=True, readonly=False, precompute=True
    )
    situation = fields.Html(
        string="The Situation",
        compute="_compute_sections",
        store=True,
        readonly=False,
        precompute=True,
        help="Calm, in one paragraph: it no longer fits, without blame.",
    )
    fit = fields.Html(
        string="What Suits You Better",
        compute="_compute_sections",
        store=True,
        readonly=False,
        precompute=True,
    )
    ending = fields.Html(
        string="How It Ends",
        compute="_compute_sections",
        store=True,
        readonly=False,
        precompute=True,
        help="What still happens and what no longer does after the end date.",
    )
    handover = fields.Html(
        string="What You Take Along",
        compute="_compute_sections",
        store=True,
        readonly=False,
        precompute=True,
        help="Files, records and access that the client receives.",
    )
    closing = fields.Html(
        compute="_compute_sections",
        store=True,
        readonly=False,
        precompute=True,
        help="Warm, with the door left open.",
    )

    @api.depends("contact_id", "partner_id")
    def _compute_lang(self):
        installed = dict(self.env["res.lang"].get_installed())
        for farewell in self:
            wanted = farewell.contact_id.lang or farewell.partner_id.lang
            farewell.lang = wanted if wanted in installed else self.env.user.lang

    @api.depends("contact_id", "tone", "lang")
    def _compute_salutation(self):
        for farewell in self:
            # The letter's own language, whatever the user reads.
            _ = farewell.with_context(lang=farewell.lang).env._
            contact = farewell.contact_id
            name = "" if contact.is_company else contact.name or ""
            if farewell.tone == "informal":
                first = name.split()[0] if name else ""
                farewell.salutation = (
                    _("Hi %(name)s,", name=first) if first else _("Hello,")
                )
            elif name:
                farewell.salutation = _("Dear %(name)s,", name=name)
            else:
                farewell.salutation = _("Dear Sir or Madam,")

    @api.depends("tone", "lang", "company_id")
    def _compute_sections(self):
        blocks = self._get_blocks()
        for farewell in self:
            for section in SECTION_FIELDS:
                if not farewell._is_own_text(blocks, section):
                    block = farewell._pick_block(blocks, section)
                    farewell[section] = block._get_html(farewell.lang)

    @api.onchange("block_id")
    def _onchange_block_id(self):
        if self.block_id:
            self[self.block_id.section] = self.block_id._get_html(self.lang)
            self.block_id = False

    @api.onchange("tone", "lang")
    def _onchange_language(self):
        """Say which texts were edited by hand and so keep their old language."""
        blocks = self._get_blocks()
        labels = self._fields_labels()
        kept = [
            labels[section]
            for section in SECTION_FIELDS
            if self._is_own_text(blocks, section)
        ]
        if kept:
            message = self.env._(
                "You edited these texts, so they were left as they are: %(texts)s.",
                texts=", ".join(kept),
            )
            return {"warning": {"title": self.env._("Own texts"), "message": message}}
        return None

    def _fields_labels(self):
        found = self.fields_get(SECTION_FIELDS, ["string"])
        return {name: found[name]["string"] for name in SECTION_FIELDS}

    def _get_blocks(self):
        """Return every text that may be proposed, in order of preference."""
        return self.env["client.farewell.block"].search(
            [("company_id", "in", [False, *self.company_id.ids])],
            order="section, tone, company_id, sequence, id",
        )

    def _pick_block(self, blocks, section):
        return blocks.filtered(
            lambda block: (
                block.section == section
                and block.tone == self.tone
                and block.company_id.id in (False, self.company_id.id)
            )
        )[:1]

    def _is_own_text(self, blocks, section):
        """Whether a section holds something that no block proposed."""
        text = plain(self[section])
        if not text:
            return False
        langs = {code for code, _name in self.env["res.lang"].get_installed()}
        return not any(
            text == plain(block._get_html(lang))
            for block in blocks
            if block.section == section
            for lang in langs
        )

    def _get_token_values(self):
        """Return what the placeholders of the texts stand for, as plain text."""
        self.ensure_one()
        contact = self.contact_id
        return {
            "client": self.partner_id.name or "",
            "company": self.company_id.name or "",
            "contact": (contact if not contact.is_company else self.partner_id).name,
            "end_date": self.end_date
            and self._format_date(self.end_date)
            or self.with_context(lang=self.lang).env._("[end date]"),
        }

    def _get_section(self, section):
        """Return one section as it will be printed."""
        return merge(clean(self[section]), self._get_token_values())

    def _get_today(self):
        """Return the date it is now in the case's company."""
        company = self.company_id or self.env.company  # emptied while typing
        return company._get_client_health_today()

    def _format_date(self, value):
        return format_date(self.env, value, lang_code=self.lang, date_format="long")
