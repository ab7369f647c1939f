from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

SETTLED = ("kept", "partly", "broken")


class ClientHealthPromise(models.Model):
    """What a client promised, and whether it came true.

    A promise on an invoice is settled by its payments; another promise is
    settled by hand.
    """

    _name = "client.health.promise"
    _description = "Client Health Promise"
    _inherit = "client.health.record.mixin"
    _order = "date_promised desc, id desc"
    _protected_fields = ("state", "user_id", "residual_before")

    move_id = fields.Many2one(
        comodel_name="account.move",
        string="Invoice",
        index="btree_not_null",
        ondelete="cascade",
        domain="[('move_type', '=', 'out_invoice'), ('state', '=', 'posted')]",
    )
    description = fields.Char(
        string="What Was Promised", help="For a promise that is not about an invoice."
    )
    date_promised = fields.Date(
        string="Promised for",
        required=True,
        help="The promise counts as kept until two days after this day.",
    )
    amount = fields.Monetary(
        compute="_compute_amount",
        compute_sudo=False,
        store=True,
        readonly=False,
        groups="account.group_account_invoice,account.group_account_readonly",
        help="What would be paid by then; what is open when left empty.",
    )
    residual_before = fields.Monetary(
        readonly=True,
        groups="account.group_account_invoice,account.group_account_readonly",
        help="What was open on the invoice when the promise was made.",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Noted by",
        readonly=True,
        default=lambda self: self.env.user,
    )
    state = fields.Selection(
        selection=[
            ("open", "Open"),
            ("kept", "Kept"),
            ("partly", "Partly kept"),
            ("broken", "Broken"),
            ("void", "Lapsed"),
        ],
        default="open",
        required=True,
        readonly=True,
        index=True,
        help="Lapsed: the invoice was cancelled, fully credited or is disputed.",
    )

    @api.depends("move_id")
    def _compute_amount(self):
        for promise in self:
            promise.amount = promise._get_residual()

    @api.depends("move_id")
    def _compute_from_source(self):
        return super()._compute_from_source()

    @api.depends("description", "move_id", "date_promised")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for promise in self:
            # sudo: the number of an invoice, for who sees the client's promises
            what = promise.description or promise.sudo().move_id.name or ""
            day = format_date(self.env, promise.date_promised)
            promise.display_name = f"{what} ({day})"

    @api.constrains("move_id", "description", "date_promised")
    def _check_about_something(self):
        for promise in self:
            if not promise.move_id and not (promise.description or "").strip():
                raise ValidationError(
                    self.env._("Name the invoice, or say what was promised.")
                )

    @api.constrains("move_id", "amount")
    def _check_payable(self):
        for promise in self.sudo():  # sudo: read only to check, whoever saves
            move = promise.move_id
            if not move:
                continue
            if move.move_type != "out_invoice" or move.state != "posted":
                raise ValidationError(
                    self.env._("A payment is promised on a posted customer invoice.")
                )
            if promise.currency_id.compare_amounts(promise.amount, 0) <= 0:
                raise ValidationError(
                    self.env._("Nothing is open on this invoice to promise.")
                )

    @api.model_create_multi
    def create(self, vals_list):
        promises = super().create(vals_list)
        for promise in promises.filtered("move_id"):
            own = promise.sudo()  # sudo: kept for the judgement, whoever notes it
            own.residual_before = own._get_residual()
        return promises

    def _get_source(self):
        self.ensure_one()
        # sudo: who notes a promise need not be allowed to read the invoice
        return self.sudo().move_id

    def _get_residual(self):
        """Return what is open on the invoice, in company currency."""
        return self._get_known_source().amount_residual_signed

    def action_kept(self):
        """Settle a promise that is not about an invoice as kept."""
        return self._settle("kept")

    def action_partly(self):
        """Settle a promise that is not about an invoice as partly kept."""
        return self._settle("partly")

    def action_broken(self):
        """Settle a promise that is not about an invoice as broken."""
        return self._settle("broken")

    def action_reopen(self):
        """Undo the settlement of a promise that is not about an invoice."""
        return self._settle("open")

    def _settle(self, state):
        """Settle by hand.

        :raise UserError: for a promise on an invoice: its payments settle it
        """
        self.check_access("write")
        if self.move_id:
            raise UserError(
                self.env._("A promise on an invoice is settled by its payments.")
            )
        self.sudo().write({"state": state})  # sudo: a button is the only way
        return True
