from dataclasses import replace

from odoo import api, fields, models
from odoo.fields import Domain

from ..access import GROUP_MANAGER, GROUP_USER, require
from ..models.ir_http import GUIDE_SEEN

LATE_PAYER = "client_health.client_health_trait_late_payer"
DIGEST = "client_health.client_health_digest"
TRIED = ("window_months", "grace_days", "usual_term_days")
"""Settings whose effect can be tried; a period has them by the same names."""


class ClientHealthGuide(models.TransientModel):
    """A short start for a manager: whose numbers, why so many or few, what to mend.

    Everything is counted for the company that is on, at the moment it is opened.
    """

    _name = "client.health.guide"
    _description = "Getting Started with Client Health"

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company.root_id,
    )
    counting = fields.Char(compute="_compute_numbers")
    client_count = fields.Integer(string="Clients", compute="_compute_numbers")
    flag_count = fields.Integer(string="At Flag", compute="_compute_numbers")
    watch_count = fields.Integer(string="At Watch", compute="_compute_numbers")
    not_ready_count = fields.Integer(
        string="Too Few Invoices",
        compute="_compute_numbers",
        help="Clients of whom too little fell due to say whether they pay late.",
    )
    known_until = fields.Date(string="Bank Known Until", compute="_compute_known_until")
    is_bank_behind = fields.Boolean(compute="_compute_known_until")
    no_term_count = fields.Integer(
        string="Invoices without a Term",
        compute="_compute_findings",
        help="Posted within the window with no payment term: due on the day that was "
        "typed, else after the usual term.",
    )
    unmatched_count = fields.Integer(
        string="Credits Nobody Matched",
        compute="_compute_findings",
        help="Money and credit notes of clients that are matched with no invoice. They "
        "are set off against the oldest debts.",
    )
    suspense_count = fields.Integer(
        string="Bank Lines without a Client",
        compute="_compute_findings",
        help="Received, not reconciled and without a contact: nobody's payment yet.",
    )
    stray_ticket_count = fields.Integer(
        string="Tickets without a Client",
        compute="_compute_findings",
        help="Of the window: they count for nobody.",
    )
    user_names = fields.Char(string="Users", compute="_compute_roles")
    manager_names = fields.Char(string="Managers", compute="_compute_roles")
    is_subscribed = fields.Boolean(compute="_compute_roles")
    # what if
    window_months = fields.Integer(string="Window (Months)")
    grace_days = fields.Integer(string="Bank Grace (Days)")
    usual_term_days = fields.Integer(string="Usual Term (Days)")
    late_flag_count = fields.Integer(
        string="Late Payers Now", compute="_compute_numbers"
    )
    tried_flag_count = fields.Integer(string="Late Payers Then", readonly=True)
    is_tried = fields.Boolean(readonly=True)

    @api.model
    def default_get(self, fields_list):
        """Begin with the settings that hold in the company that is on."""
        # sudo: settings hold for whoever looks, in a branch too
        company = self.env.company.root_id.sudo()
        current = {name: company[f"client_health_{name}"] for name in TRIED}
        return current | super().default_get(fields_list)

    @api.model_create_multi
    def create(self, vals_list):
        self.mark_seen()
        return super().create(vals_list)

    @api.model
    def mark_seen(self):
        """Offer the guide to nobody any more; it stays in the menu.

        :raise AccessError: for who is no manager
        """
        require(
            self.env,
            GROUP_MANAGER,
            self.env._("Only a Client Health manager may open the guide."),
        )
        # sudo: whether somebody saw it is no secret
        self.env["ir.config_parameter"].sudo().set_param(GUIDE_SEEN, "1")

    # found in the book

    @api.depends("company_id")
    def _compute_numbers(self):
        Health, Flag = self.env["client.health"], self.env["client.health.flag"]
        counting = Health.get_counting()
        late_payer = self.env.ref(LATE_PAYER, raise_if_not_found=False)
        for guide in self:
            # who was archived is newly flagged by nothing, and stands on no screen
            own = Domain("company_id", "=", guide.company_id.id) & Domain(
                "partner_id.active", "=", True
            )
            active = own & Domain("is_active", "=", True)
            guide.counting = counting and counting["text"]
            guide.client_count = Health.search_count(own)
            levels = dict(Flag._read_group(active, ["level"], ["__count"]))
            guide.flag_count = levels.get("flag", 0)
            guide.watch_count = levels.get("watch", 0)
            guide.late_flag_count = guide.not_ready_count = 0
            if late_payer:
                # sudo: counted by a rule that reads amounts; no amount is told
                judged = Health.sudo().search_count
                ready = late_payer._get_usable_domain("ready")
                guide.not_ready_count = judged(own & ~ready)
                guide.late_flag_count = judged(
                    own & late_payer._get_level_domain("flag")
                )

    @api.depends("company_id")
    def _compute_known_until(self):
        for guide in self:
            period = guide.company_id._get_client_health_period()
            guide.known_until = period.known_until
            guide.is_bank_behind = period.is_bank_behind

    @api.depends("company_id")
    def _compute_findings(self):
        """Count what is mended elsewhere; how many is no secret, which ones is."""
        names = ("no_term", "unmatched", "suspense", "stray_ticket")
        for guide in self:
            for name in names:
                model, domain = guide._get_finding(name)
                # sudo: a number, without a document or an amount
                count = self.sudo().env[model].search_count(domain)
                guide[f"{name}_count"] = count

    def _get_finding(self, name):
        """Return model and domain of what makes flags many or few.

        :param str name: ``no_term``, ``unmatched``, ``suspense`` or ``stray_ticket``
        """
        period = self.company_id._get_client_health_period()
        own = Domain("company_id", "in", period.booked_ids)
        match name:
            case "no_term":
                return "account.move", (
                    own
                    & Domain("move_type", "=", "out_invoice")
                    & Domain("state", "=", "posted")
                    & Domain("invoice_date", ">", period.window_start)
                    & Domain("invoice_payment_term_id", "=", False)
                )
            case "unmatched":
                return "account.move.line", (
                    own
                    & Domain("account_id.account_type", "=", "asset_receivable")
                    & Domain("parent_state", "=", "posted")
                    & Domain("reconciled", "=", False)
                    & Domain("amount_residual", "<", 0)
                    & Domain("partner_id", "!=", False)
                )
            case "suspense":
                return "account.bank.statement.line", (
                    own
                    & Domain("is_reconciled", "=", False)
                    & Domain("partner_id", "=", False)
                    & Domain("amount", ">", 0)
                )
            case _:
                return "helpdesk.ticket", (
                    own
                    & Domain("create_date", ">=", period.created_from)
                    & Domain("partner_id", "=", False)
                )

    def action_open_finding(self):
        """Open what the context names as ``finding``, where it is mended.

        :raise AccessError: for who may not read those documents
        """
        self.ensure_one()
        self.check_access("read")
        name = self.env.context.get("finding")
        model, domain = self._get_finding(name)
        counted = self._fields[f"{name}_count"]
        self.env[model].check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": counted._description_string(self.env),
            "res_model": model,
            "view_mode": "list,form",
            "domain": list(domain),
            "context": {"create": False},
        }

    # who works with it

    @api.depends("company_id")
    def _compute_roles(self):
        # sudo: colleagues by name, whatever else of them may be read
        users = self.env["res.users"].sudo()
        digest = self.env.ref(DIGEST, raise_if_not_found=False)
        for guide in self:
            names = {}
            for group in (GROUP_USER, GROUP_MANAGER):
                found = users.search(
                    [
                        ("all_group_ids", "in", self.env.ref(group).ids),
                        ("company_ids", "child_of", guide.company_id.ids),
                        ("share", "=", False),
                    ]
                )
                names[group] = ", ".join(found.mapped("name"))
            guide.user_names = names[GROUP_USER]
            guide.manager_names = names[GROUP_MANAGER]
            guide.is_subscribed = bool(digest) and self.env.user in digest.user_ids

    def action_subscribe(self):
        """Get the weekly mail, or get it no more."""
        self.ensure_one()
        self.check_access("read")
        digest = self.env.ref(DIGEST)
        if self.is_subscribed:
            digest.action_unsubscribe()
        else:
            digest.action_subscribe()
        return self._reopen()

    # what a setting does

    def action_try(self):
        """Count who would be a late payer by other settings; nothing is changed.

        By the shipped rule on the facts that these settings would give, in one
        statement over the whole book.

        :raise ValidationError: for a setting outside its limits
        """
        self.ensure_one()
        self.check_access("write")
        self.tried_flag_count = self._count_late_payers()
        self.is_tried = True
        return self._reopen()

    def _count_late_payers(self):
        company = self.company_id
        values = {name: self[name] for name in TRIED}
        company._check_client_health_values(
            {f"client_health_{name}": value for name, value in values.items()}
        )
        period = replace(company._get_client_health_period(), **values)
        return self.env["client.health.snapshot"]._count_at_flag(
            [period], self.env.ref(LATE_PAYER)
        )

    def action_open_settings(self):
        """Open the settings, with what was tried filled in."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "client_health.client_health_settings_action"
        )
        return action | {
            "context": {
                "default_window_months": self.window_months,
                "default_grace_days": self.grace_days,
                "default_usual_term_days": self.usual_term_days,
            }
        }

    def _reopen(self):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "client_health.client_health_guide_action"
        )
        return action | {"res_id": self.id}
