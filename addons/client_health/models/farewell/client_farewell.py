from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from .client_farewell_block import SECTIONS

ADDRESS_FIELDS = {"delivery", "email_to"}
LETTER_FIELDS = {
    "partner_id", "company_id", "contact_id", "lang", "tone", "end_date",
    "contact_until", "user_id", "salutation", "item_ids", "referral_partner_ids",
    *(section for section, _label in SECTIONS),
}  # fmt: skip


class ClientFarewell(models.Model):
    """A client we part from, carried from the decision to a clean end."""

    _name = "client.farewell"
    _description = "Farewell"
    _inherit = [
        "client.health.protected",
        "client.health.thread",
        "mail.activity.mixin",
    ]
    _order = "end_date desc, id desc"
    _rec_name = "partner_id"
    _check_company_auto = True
    _protected_fields = (
        "state", "author_id", "approved_by_id", "approved_date", "sent_by_id",
        "sent_date", "sent_by_post", "done_date", "welcome_back_date", "send_error",
        "letter_pdf", "letter_mail", "letter_digest", "sending_date", "mail_id",
        "lint_user_id", "lint_accepted_words", "revenue_window", "ticket_window",
        "message_window", "hours_window",
    )  # fmt: skip

    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Client",
        required=True,
        index=True,
        ondelete="cascade",
        domain="[('parent_id', '=', False)]",
        check_company=True,
        tracking=True,
    )
    partner_active = fields.Boolean(related="partner_id.active")
    contact_id = fields.Many2one(
        comodel_name="res.partner",
        string="Addressed To",
        compute="_compute_contact_id",
        store=True,
        readonly=False,
        precompute=True,
        domain="[('id', 'child_of', partner_id)]",
        check_company=True,
        help="Whose name and address the letter carries.",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
        ondelete="cascade",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    state = fields.Selection(
        selection=[
            ("draft", "Draft"),
            ("approved", "Approved"),
            ("sent", "Sent"),
            ("done", "Done"),
            ("cancelled", "Cancelled"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Responsible",
        required=True,
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
        tracking=True,
        help="Signs the letter and is the one to call.",
    )
    author_id = fields.Many2one(
        comodel_name="res.users",
        string="Written By",
        default=lambda self: self.env.user,
        readonly=True,
        copy=False,
        help="Who last changed what the letter says or where it goes, a manager "
        "before colleagues; somebody else approves it.",
    )
    end_date = fields.Date(
        copy=False, tracking=True, help="The last day that we work for this client."
    )
    contact_until = fields.Date(
        compute="_compute_contact_until",
        store=True,
        readonly=False,
        help="Until when the client can still call with questions.",
    )
    item_ids = fields.One2many(
        comodel_name="client.farewell.item",
        inverse_name="farewell_id",
        string="Completion",
        copy=True,
    )
    referral_partner_ids = fields.Many2many(
        comodel_name="res.partner",
        string="Who Could Help",
        check_company=True,
        help="Their names and contact details are printed in the letter.",
    )
    approved_by_id = fields.Many2one(
        comodel_name="res.users", readonly=True, copy=False
    )
    approved_date = fields.Datetime(readonly=True, copy=False)
    sent_by_id = fields.Many2one(comodel_name="res.users", readonly=True, copy=False)
    sent_date = fields.Datetime(readonly=True, copy=False)
    done_date = fields.Datetime(readonly=True, copy=False)
    welcome_back_date = fields.Datetime(
        string="Welcomed Back", readonly=True, copy=False
    )

    _open_unique = models.UniqueIndex(
        "(partner_id, company_id) WHERE state IN ('draft', 'approved', 'sent')",
        "There is an open farewell for this client already.",
    )

    @api.depends("partner_id")
    def _compute_contact_id(self):
        for farewell in self:
            client = farewell.partner_id
            people = client.child_ids.filtered(
                lambda contact: contact.type == "contact" and not contact.is_company
            )
            # a letter is to a person where there is no doubt who
            farewell.contact_id = people if len(people) == 1 else client

    @api.depends("end_date")
    def _compute_contact_until(self):
        for farewell in self:
            end = farewell.end_date
            farewell.contact_until = end and fields.Date.add(end, months=1)

    @api.constrains("contact_id", "partner_id")
    def _check_contact_id(self):
        for farewell in self:
            contact, client = farewell.contact_id, farewell.partner_id
            if contact and not contact.filtered_domain(
                [("id", "child_of", client.ids)]
            ):
                raise ValidationError(
                    self.env._(
                        "%(contact)s is no contact of %(client)s.",
                        contact=contact.display_name,
                        client=client.display_name,
                    )
                )

    @api.depends("partner_id")
    def _compute_display_name(self):
        for farewell in self:
            farewell.display_name = self.env._(
                "Farewell %(client)s", client=farewell.partner_id.display_name or ""
            )

    @api.model_create_multi
    def create(self, vals_list):
        Partner = self.env["res.partner"]
        vals_list = [
            {
                **vals,
                "partner_id": Partner.browse(
                    vals.get("partner_id")
                ).commercial_partner_id.id,
            }
            for vals in vals_list
        ]
        return super().create(vals_list)

    def write(self, vals):
        """Write what may change; another address takes the approval back."""
        if not self.env.su:
            self._check_not_sent()
        if LETTER_FIELDS & set(vals):
            self._check_letter_open()
        readdressed = self._filter_readdressed(vals)
        result = super().write(vals)
        if (LETTER_FIELDS | ADDRESS_FIELDS) & set(vals) and not self.env.su:
            self._note_author()
        readdressed._take_approval_back()
        return result

    def _filter_readdressed(self, vals):
        """Return the approved cases whose letter would go elsewhere by these values."""
        names = ADDRESS_FIELDS & set(vals)
        if self.env.su or not names:  # sudo: our own steps say how a letter went
            return self.browse()
        return self.filtered(
            lambda case: (
                case.state == "approved"
                and any(
                    (case[name] or False) != (vals[name] or False) for name in names
                )
            )
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_in_progress(self):
        # one that went with its client is gone already in a bulk erasure
        farewells = self.exists()
        farewells._check_not_sent()
        if any(farewell.state == "approved" for farewell in farewells):
            raise UserError(
                self.env._("An approved farewell is kept; cancel it instead.")
            )

    def _check_not_sent(self):
        """
        :raises UserError: for a case whose letter went out, whatever came after it
        """
        if any(farewell.sent_date for farewell in self):
            raise UserError(self.env._("This letter was sent: it is kept as it is."))

    def _check_letter_open(self):
        self._check_not_sent()
        if any(farewell.state != "draft" for farewell in self):
            raise UserError(
                self.env._(
                    "The letter was approved: take it back to draft to change it."
                )
            )
