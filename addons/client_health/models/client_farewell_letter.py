import base64
import io
from datetime import timedelta

from odoo import api, fields, models
from odoo.addons.base.models.ir_actions_report import _wkhtml
from odoo.exceptions import UserError
from odoo.tools import format_date, formataddr

from ..access import AMOUNT_GROUPS, GROUP_MANAGER, is_allowed
from ..letter import address, invoices, rules
from ..letter.glyphs import find_rare
from ..letter.pdf import get_digest, get_file_name, get_zoom, page_count, stamp
from ..letter.text import (
    clean,
    merge,
    needs_small_type,
    plain,
    single_recipient,
)
from ..letter.words import find_words, mark_words
from .client_farewell_block import SECTIONS

SECTION_FIELDS = [section for section, _label in SECTIONS]
TIME_TO_PAY = timedelta(days=14)
"""From the day a letter is begun, where everything is due already."""


class ClientFarewell(models.Model):
    """The letter: its words, the four rules they are checked by, and the page.

    The template gets no record and no environment, only the texts prepared
    here, so whatever is written in it cannot reach a flag, fact, score,
    incident or note.
    """

    _inherit = "client.farewell"

    delivery = fields.Selection(
        selection=[("email", "E-mail"), ("post", "Post")],
        compute="_compute_email_to",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
    )
    email_to = fields.Char(
        string="Send To",
        compute="_compute_email_to",
        store=True,
        readonly=False,
        precompute=True,
        help="The one e-mail address that the letter goes to.",
    )
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
    checklist = fields.Html(compute="_compute_checklist", sanitize=False)
    missing_count = fields.Integer(
        compute="_compute_checklist", help="What has to be filled in before approval."
    )
    approval_note = fields.Html(
        compute="_compute_approval",
        sanitize=False,
        help="What stands between this letter and its approval by you.",
    )
    may_approve = fields.Boolean(compute="_compute_approval")
    is_asked = fields.Boolean(
        compute="_compute_approval", help="Another manager was asked to approve it."
    )
    letter_preview = fields.Html(
        compute="_compute_letter_preview",
        sanitize=False,
        help="The letter as it stands; words of the list are marked.",
    )
    unprinted = fields.Char(
        compute="_compute_letter_preview",
        help="Characters that the server has no font for.",
    )
    letter_pdf = fields.Binary(
        string="Letter as Approved",
        attachment=True,
        readonly=True,
        copy=False,
        groups=AMOUNT_GROUPS,  # it names what is still to be paid
    )
    letter_mail = fields.Json(
        readonly=True,
        copy=False,
        help="The mail as approved: from and to whom, subject, text and file name.",
    )
    letter_digest = fields.Char(
        string="Fingerprint",
        readonly=True,
        copy=False,
        help="SHA-256 of the letter and its mail as approved: what is sent has the "
        "same one.",
    )
    letter_filename = fields.Char(compute="_compute_letter_filename")

    @api.depends("contact_id")
    def _compute_email_to(self):
        for farewell in self:
            farewell.email_to = farewell._propose("email_to")
            farewell.delivery = farewell._propose("delivery")

    def _propose(self, name):
        """Return what the client's contact proposes for one field of the letter.

        :param str name: ``email_to``, ``delivery``, ``lang`` or ``salutation``
        :return: the value; nothing for a language that is not installed
        """
        contact, client = self.contact_id, self.partner_id
        if name == "salutation":
            return self._get_salutation()
        if name == "lang":
            wanted = contact.lang or client.lang
            return (
                wanted
                if wanted in dict(self.env["res.lang"].get_installed())
                else False
            )
        email = contact.email or client.email
        recipient = single_recipient(email)
        if name == "delivery":
            return "email" if recipient else "post"
        return recipient or email

    # -- words: proposed from the building blocks, then edited

    @api.depends("contact_id", "partner_id")
    def _compute_lang(self):
        for farewell in self:
            farewell.lang = farewell._propose("lang") or self.env.user.lang

    @api.depends("contact_id", "tone", "lang")
    def _compute_salutation(self):
        for farewell in self:
            farewell.salutation = farewell._get_salutation()

    def _get_salutation(self):
        """Return how the one addressed is greeted in this tone."""
        # The letter's own language, whatever the user reads.
        env = self.with_context(lang=self.lang).env
        contact = self.contact_id
        name = "" if contact.is_company else contact.name or ""
        if self.tone == "informal":
            first = name.split()[0] if name else ""
            return env._("Hi %(name)s,", name=first) if first else env._("Hello,")
        if name:
            formal = address.get_formal_name(name, self.lang)
            return env._("Dear %(name)s,", name=formal)
        return env._("Dear Sir or Madam,")

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

    @api.onchange("partner_id")
    def _onchange_partner_id(self):
        """Propose what is still to be done, and who was named as help last."""
        if not self.partner_id:
            return
        if not self.item_ids:
            self.item_ids = [
                fields.Command.create(vals) for vals in self._prepare_proposed_items()
            ]
        if not self.referral_partner_ids:
            last = self.search(
                [
                    ("company_id", "=", self.company_id.id),
                    ("referral_partner_ids", "!=", False),
                ],
                order="id desc",
                limit=1,
            )
            self.referral_partner_ids = last.referral_partner_ids - self.partner_id

    def _prepare_proposed_items(self):
        """Return items for what runs: open tickets, orders and what is to be paid."""
        env = self.with_context(lang=self.lang).env
        items = [
            {"kind": "2_ours", "name": env._("Answer “%(name)s”", name=ticket.name)}
            for ticket in self._get_rows("ticket_count")
        ]
        items += [
            {
                "kind": "2_ours",
                "name": env._("Complete order %(name)s", name=order.name),
            }
            for order in self._get_rows("order_count")
        ]
        if self._get_invoice_values()["rows"]:
            days = filter(None, self._get_open_lines().mapped("date_maturity"))
            items.append(
                {
                    "kind": "3_theirs",
                    "name": env._("Pay the open invoices"),
                    "date": max([self._get_today() + TIME_TO_PAY, *days]),
                }
            )
        return items

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

    def _has_own_texts(self):
        """Return whether somebody edited a text of this letter."""
        blocks = self._get_blocks()
        return any(self._is_own_text(blocks, section) for section in SECTION_FIELDS)

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

    # -- words that do not belong: marked, and wanting a manager's tick

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

    # -- the four rules

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
                    "rules": rules.get_names(self.env),
                    "checks": checks,
                    "words": farewell.lint_words,
                    "accepted": farewell.lint_accepted,
                },
            )

    @api.depends(
        "missing_count", "lint_accepted", "lint_words", "author_id", "state",
        "activity_ids", "delivery", "email_to", "contact_id", "partner_id",
    )  # fmt: skip
    @api.depends_context("uid")
    def _compute_approval(self):
        is_manager = is_allowed(self.env, GROUP_MANAGER)
        for farewell in self:
            values = {
                "missing": farewell._get_missing(),
                "words": farewell._has_unread_words() and farewell.lint_words,
                "second": farewell._needs_second_person(),
            }
            farewell.may_approve = is_manager and not any(values.values())
            asked = farewell._get_asked()
            farewell.is_asked = bool(asked)
            values["asked"] = ", ".join(asked.mapped("name"))
            values["other_address"] = farewell._get_other_address()
            farewell.approval_note = self.env["ir.qweb"]._render(
                "client_health.farewell_approval_note", values
            )

    def _get_other_address(self):
        """Return the client's own e-mail address, where the letter goes to another."""
        own = self._propose("email_to")
        goes_to = single_recipient(self.email_to) or self.email_to
        return own if self.delivery == "email" and own != goes_to else ""

    def _check_complete(self):
        """
        :raises UserError: with what is missing and where, or the words to read again
        """
        for farewell in self:
            farewell._check_nothing_missing()
            if farewell._has_unread_words():
                raise UserError(
                    self.env._(
                        "Read these words in the letter again, then change them or "
                        "tick that they may stay: %(words)s.",
                        words=farewell.lint_words,
                    )
                )

    def _check_nothing_missing(self):
        missing = self._get_missing()
        if missing:
            lines = "\n".join(f"- {c.label} ({c.where})" for c in missing)
            raise UserError(
                self.env._("Still missing in this letter:\n%(list)s", list=lines)
            )

    def _get_missing(self):
        return [check for check in self._get_checks() if not check.ok]

    def _has_unread_words(self):
        """Return whether a marked word was not accepted by this user."""
        accepted = self.lint_accepted and self.lint_user_id == self.env.user
        return bool(self.lint_words) and not accepted

    def _get_checks(self):
        """Return what the four rules ask of the letter, met or not."""
        self.ensure_one()
        return rules.get_checks(self, SECTION_FIELDS, self._get_today())

    # -- what it says, as text without behaviour

    def _get_letter_values(self):
        """Return everything the letter may say, as text without behaviour."""
        self.ensure_one()
        translated = self.with_context(lang=self.lang)
        recipient = address.get_recipient_lines(
            translated.partner_id,
            translated.contact_id or translated.partner_id,
            translated.company_id,
        )
        return {
            "draft": self.state == "draft",
            "lang": (self.lang or "en_US").replace("_", "-"),
            "zoom": get_zoom(_wkhtml().is_patched_qt),
            "sender": address.get_sender(translated.company_id, translated.user_id),
            "recipient": recipient,
            "narrow": needs_small_type(recipient),
            "tight": False,
            "date": self._format_date(self.sent_date or self._get_today()),
            "end_date": self.end_date and self._format_date(self.end_date) or "",
            "salutation": self.salutation or "",
            "referrals": address.get_referral_lines(translated.referral_partner_ids),
            "items": self._get_item_values(),
            "invoices": self._get_invoice_values(),
            "refund_line": translated._get_refund_line(),
            "contact_line": address.get_contact_line(
                translated.user_id,
                translated.company_id,
                self.contact_until and self._format_date(self.contact_until) or "",
                informal=self.tone == "informal",
            ),
            "title": translated._get_letter_title(),
            "informal": self.tone == "informal",
            **{section: self._get_section(section) for section in SECTION_FIELDS},
        }

    def _get_section(self, section):
        """Return one section as it will be printed."""
        return merge(clean(self[section]), self._get_token_values())

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

    def _get_open_lines(self):
        """Return the client's open receivable lines in this company and below it."""
        self.ensure_one()
        return self._get_open_lines_by_case()[self]

    def _get_invoice_values(self):
        """Return the open amounts of the letter as text, see ``letter.invoices``.

        :return: nothing but ``hidden`` if this user may not see invoices; ``hidden``
            beside the others where there are more in branches they do not work in
        """
        hidden = bool(self.partner_id) and not self._sees_amounts()
        lines = self.env["account.move.line"]
        if self.partner_id and not hidden:
            lines = self._get_open_lines()
            # sudo: whether the letter will name more than who looks may see
            hidden = bool(self.sudo()._get_open_lines() - lines)
        return {**invoices.get_values(lines, self.lang), "hidden": hidden}

    def _get_refund_line(self):
        """Return the sentence on what we still owe the client, if anything."""
        refund = self._get_invoice_values()["refund"]
        if not refund:
            return ""
        date = self._format_date(self.end_date) if self.end_date else ""
        if self.tone == "informal":
            return self.env._(
                "You still have %(amount)s with us; we transfer it by %(date)s.",
                amount=refund,
                date=date,
            )
        return self.env._(
            "Your account with us shows a credit of %(amount)s, which we will "
            "transfer by %(date)s.",
            amount=refund,
            date=date,
        )

    def _get_today(self):
        """Return the date it is now in the case's company."""
        company = self.company_id or self.env.company  # emptied while typing
        return company._get_client_health_today()

    def _format_date(self, value):
        return format_date(self.env, value, lang_code=self.lang, date_format="long")

    def _sees_amounts(self):
        return is_allowed(self.env, AMOUNT_GROUPS)

    def _check_sees_amounts(self):
        """
        :raises UserError: for who may not see what the letter says is to be paid
        """
        if not self._sees_amounts():
            raise UserError(
                self.env._("A colleague who may see invoices prints this letter.")
            )

    # -- the page and its mail

    @api.depends(
        *SECTION_FIELDS, "salutation", "lang", "tone", "end_date", "contact_until",
        "contact_id", "user_id", "referral_partner_ids", "item_ids", "state",
        "item_ids.kind", "item_ids.name", "item_ids.date",
    )  # fmt: skip
    def _compute_letter_preview(self):
        for farewell in self:
            farewell.unprinted = False
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
            rare = find_rare(plain(farewell.letter_preview))
            report = self.env["ir.actions.report"]
            farewell.unprinted = rare and report._find_unprinted(rare)

    @api.depends("state")
    def _compute_letter_filename(self):
        for farewell in self:
            farewell.letter_filename = f"{farewell._get_letter_filename()}.pdf"

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
        return get_file_name(f"{title} - {self.partner_id.name}")

    def _get_letter_title(self):
        return self.env._("Completing our work together")

    def _prepare_letter_mail(self):
        """Return the mail to approve, rendered like the letter: on plain values."""
        if self.delivery != "email":
            return False
        values = self._get_letter_values()
        sender = self._get_mail_sender()
        body = self._render_plain(
            "client_health.farewell_mail_body", {"letter": values}
        )
        return {
            "subject": values["title"],
            "email_from": sender,
            "reply_to": sender,
            "email_to": single_recipient(self.email_to),
            "body": str(body),
            "filename": f"{self._get_letter_filename()}.pdf",
        }

    def _get_mail_sender(self):
        company = self.company_id
        return self.user_id.email_formatted or formataddr(
            (company.name, company.email or "")
        )

    def _get_mail_attachment(self):
        """Return the kept letter as core's mail builder wants a file."""
        content = base64.b64decode(self.letter_pdf)
        return (self.letter_mail["filename"], content, "application/pdf")

    # -- what was approved is kept

    def _keep_letter(self):
        """Render and keep what is approved: letter and mail are sent like that.

        What it was based on is kept beside it, to say later what of that changed.
        """
        # sudo: an approved letter is complete whoever approves it, amounts included
        case = self.sudo()
        case.letter_pdf = False
        case.letter_pdf = base64.b64encode(case._render_letter_pdf())
        case.letter_mail = case._prepare_letter_mail()
        case.letter_digest = case._get_digest()
        case._keep_basis()

    def _get_digest(self):
        """Return the fingerprint of what is kept."""
        return get_digest(base64.b64decode(self.letter_pdf), self.letter_mail)

    def _check_kept(self):
        """
        :raises UserError: unless the letter is kept exactly as it was approved
        """
        case = self.sudo()  # sudo: whoever sends it need not see its amounts
        if not case.letter_pdf or case._get_digest() != case.letter_digest:
            raise UserError(
                self.env._(
                    "%(name)s is not kept as it was approved: take it back to draft "
                    "and approve it again.",
                    name=self.display_name,
                )
            )
