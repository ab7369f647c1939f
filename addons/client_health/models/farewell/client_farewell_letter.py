import base64
import io
import re

from odoo import api, fields, models
from odoo.addons.base.models.ir_actions_report import _wkhtml
from odoo.exceptions import UserError

from ...access import AMOUNT_GROUPS
from .client_farewell_text import SECTION_FIELDS
from .letter_pdf import page_count, stamp
from .letter_text import mark_words, needs_small_type

# Without a screen the patched Qt prints 75 CSS pixels an inch instead of 96, the
# unpatched one 128: both measured on pages, with the paper format of the letter.
ZOOM_PATCHED = 75 / 96
ZOOM_UNPATCHED = 128 / 96
UNSAFE_IN_NAME = re.compile(r'[\\/:*?"<>|\s]+')


class ClientFarewell(models.Model):
    """The letter: plain values in, a page out.

    The template gets no record and no environment, only the texts prepared
    here, so whatever is written in it cannot reach a flag, fact, score,
    incident or note.
    """

    _inherit = "client.farewell"

    letter_preview = fields.Html(
        compute="_compute_letter_preview",
        sanitize=False,
        help="The letter as it stands; words of the list are marked.",
    )

    @api.depends(
        *SECTION_FIELDS, "salutation", "lang", "tone", "end_date", "contact_until",
        "contact_id", "user_id", "referral_partner_ids", "item_ids", "state",
        "item_ids.kind", "item_ids.name", "item_ids.date",
    )  # fmt: skip
    def _compute_letter_preview(self):
        for farewell in self:
            if farewell.letter_digest:
                farewell.letter_preview = False  # what is kept is what there is to see
                continue
            values = farewell._get_letter_values()
            words = farewell._get_lint_words() if farewell.state == "draft" else []
            for section in SECTION_FIELDS:
                values[section] = mark_words(values[section], words)
            farewell.letter_preview = farewell._render_plain(
                "client_health.farewell_letter_preview", {"letter": values}
            )

    def _get_letter_values(self):
        """Return everything the letter may say, as text without behaviour."""
        self.ensure_one()
        translated = self.with_context(lang=self.lang)
        recipient = translated._get_recipient_lines()
        return {
            "draft": self.state == "draft",
            "lang": (self.lang or "en_US").replace("_", "-"),
            "zoom": ZOOM_PATCHED if _wkhtml().is_patched_qt else ZOOM_UNPATCHED,
            "sender": translated._get_sender_values(),
            "recipient": recipient,
            "narrow": needs_small_type(recipient),
            "tight": False,
            "date": self._format_date(self.sent_date or self._get_today()),
            "end_date": self.end_date and self._format_date(self.end_date) or "",
            "salutation": self.salutation or "",
            "referrals": translated._get_referral_lines(),
            "items": self._get_item_values(),
            "invoices": self._get_invoice_values(),
            "refund_line": translated._get_refund_line(),
            "contact_line": translated._get_contact_line(),
            "title": translated._get_letter_title(),
            "informal": self.tone == "informal",
            **{section: self._get_section(section) for section in SECTION_FIELDS},
        }

    def _get_item_values(self):
        """Return the items of the letter by kind: what, and by when."""
        found = {}
        for item in self.item_ids.sorted("sequence"):
            found.setdefault(item.kind[2:], []).append(
                {
                    "name": item.name or "",
                    "date": self._format_date(item.date) if item.date else "",
                }
            )
        return found

    def _render_plain(self, template, values):
        """Render a template on plain values only, in the letter's language."""
        qweb = self.env["ir.qweb"].with_context(lang=self.lang, minimal_qcontext=True)
        return qweb._render(template, values)

    def _render_letter_html(self, tight=False):
        """Return the letter as one page that needs nothing from anywhere.

        :param bool tight: whether its text is set a little smaller
        :raises UserError: where a final letter would lack the open invoices
        """
        values = self._get_letter_values()
        if self.state == "approved":
            self._check_sees_amounts()
        values["tight"] = tight
        return self._render_plain(
            "client_health.farewell_letter_page", {"letter": values}
        )

    def _check_sees_amounts(self):
        """
        :raises UserError: for who may not see what the letter says is to be paid
        """
        if not self._sees_amounts():
            raise UserError(
                self.env._("A colleague who may see invoices prints this letter.")
            )

    def _sees_amounts(self):
        return self.env.su or self.env.user.has_groups(AMOUNT_GROUPS)

    def _render_letter_pdf(self):
        """Return the letter as PDF: the kept one once approved, else a fresh one.

        :raises UserError: for an approved one, where a user may not see its amounts
        """
        self.ensure_one()
        kept = self.sudo().letter_pdf  # sudo: to say that it is, before who may see it
        if kept:
            self._check_sees_amounts()
            return base64.b64decode(kept)
        content = self._print_pages()
        if page_count(content) == 2:  # a little smaller, one page may do
            tight = self._print_pages(tight=True)
            content = tight if page_count(tight) == 1 else content
        translated = self.with_context(lang=self.lang)
        draft = self.state in ("draft", "cancelled")
        return stamp(
            io.BytesIO(content),
            watermark=translated.env._("DRAFT") if draft else "",
            title=translated._get_letter_title(),
        )

    def _print_pages(self, tight=False):
        report = self.env.ref("client_health.action_report_farewell_letter")
        return report.with_context(client_health_letter=True)._run_wkhtmltopdf(
            [self._render_letter_html(tight)], report_ref=report
        )

    def _get_letter_filename(self):
        """Return a file name without extension that says no more than the letter."""
        self.ensure_one()
        title = self.with_context(lang=self.lang)._get_letter_title()
        return UNSAFE_IN_NAME.sub(" ", f"{title} - {self.partner_id.name}").rstrip(". ")

    def _get_letter_title(self):
        return self.env._("Completing our work together")
