from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL, format_date

from ..engine.period import get_booked_sql

# which trait a kind of incident belongs to: fixed, because the facts count by kind
TRAIT_BY_KIND = {
    "integrity": "integrity",
    "demand": "time_demander",
    "conduct": "grumpy",
    "freebie": "haggler",
}
TIME_TO_TAKE_BACK = timedelta(days=1)
"""How long a slip is a slip: the wrong client, or the same thing twice."""


class ClientHealthIncident(models.Model):
    """Something a colleague saw that no system records; facts only.

    It belongs to who logged it: others log their own, and a manager's correction
    leaves the old and the new text in its thread. Who logged it by mistake takes it
    back within a day, unless somebody decided on the client since.
    """

    _name = "client.health.incident"
    _description = "Client Health Incident"
    _inherit = [
        "client.health.thread",
        "client.health.record.mixin",
        "client.health.source",
    ]
    _source = "incident"
    _source_sequence = 50
    _looks_back = True
    _order = "date desc, id desc"
    _rec_name = "kind"
    _protected_fields = ("user_id",)
    _document_fields = ("partner_id", "ticket_id", "move_id")

    kind = fields.Selection(
        selection=[
            ("integrity", "Agreement not kept"),
            ("demand", "Asked too much of our time"),
            ("conduct", "Disrespectful conduct"),
            ("freebie", "Asked for free work or a discount"),
        ],
        required=True,
        tracking=True,
    )
    trait_id = fields.Many2one(
        comodel_name="client.health.trait", compute="_compute_trait_id"
    )
    date = fields.Date(
        required=True,
        default=lambda self: self.env.company._get_client_health_today(),
        index=True,
        tracking=True,
    )
    description = fields.Text(
        string="What Happened",
        required=True,
        tracking=True,
        help="Facts only: what was said or done. The client may ask to read this.",
    )
    severe = fields.Boolean(
        tracking=True,
        help="A threat, an insult or worse: one severe incident raises a flag.",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Reported by",
        required=True,
        readonly=True,
        default=lambda self: self.env.user,
        help="Two different colleagues raise a flag: nobody can be both.",
    )
    ticket_id = fields.Many2one(
        comodel_name="helpdesk.ticket",
        index="btree_not_null",
        ondelete="set null",
        groups="helpdesk_mgmt.group_helpdesk_user_own",
    )
    move_id = fields.Many2one(
        comodel_name="account.move",
        string="Invoice",
        index="btree_not_null",
        ondelete="set null",
    )

    can_change = fields.Boolean(
        compute="_compute_can_change",
        help="Logged by you, or you are a manager.",
    )
    can_take_back = fields.Boolean(
        string="Can Be Taken Back",
        compute="_compute_can_take_back",
        help="Logged by you, within a day.",
    )

    @api.depends("user_id")
    @api.depends_context("uid")
    def _compute_can_change(self):
        changeable = self._origin._filtered_access("write")
        for incident in self:
            incident.can_change = incident._origin in changeable or not incident._origin

    @api.depends("user_id", "create_date")
    @api.depends_context("uid")
    def _compute_can_take_back(self):
        since = fields.Datetime.now() - TIME_TO_TAKE_BACK
        for incident in self:
            logged = incident._origin.create_date
            incident.can_take_back = (
                bool(logged) and logged > since and incident.user_id == self.env.user
            )

    @api.depends("kind", "company_id")
    def _compute_trait_id(self):
        codes = list(TRAIT_BY_KIND.values())
        traits = self.env["client.health.trait"].search([("code", "in", codes)])
        traits = traits.grouped("code")
        for incident in self:
            found = traits.get(TRAIT_BY_KIND.get(incident.kind), self.trait_id)
            incident.trait_id = found.sorted(
                lambda trait, company=incident.company_id: trait.company_id != company
            )[:1]

    @api.depends("ticket_id", "move_id")
    def _compute_from_source(self):
        return super()._compute_from_source()

    @api.depends("kind", "date")
    @api.depends_context("lang")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for incident in self:
            kind = kinds.get(incident.kind, self.env._("Incident"))
            day = format_date(self.env, incident.date)
            incident.display_name = f"{kind} ({day})" if day else kind

    @api.constrains("date", "company_id")
    def _check_date(self):
        for incident in self:
            if incident.date > incident.company_id._get_client_health_today():
                raise ValidationError(
                    self.env._("An incident cannot lie in the future.")
                )

    @api.constrains("ticket_id", "move_id", "partner_id", "company_id")
    def _check_source(self):
        # sudo: only to compare; the author was asked for a document they may read
        for incident in self.sudo():
            client = incident.partner_id.commercial_partner_id
            for source in (incident.ticket_id, incident.move_id):
                owners = source.commercial_partner_id
                owners |= source.partner_id.commercial_partner_id
                if owners and client not in owners:
                    raise ValidationError(
                        self.env._(
                            "%(document)s is about another client.",
                            document=source.display_name,
                        )
                    )

    @api.model_create_multi
    def create(self, vals_list):
        # who logs it is the author, and need not follow what others say of it
        quiet = self.with_context(mail_create_nosubscribe=True, mail_create_nolog=True)
        return super(ClientHealthIncident, quiet).create(vals_list).with_env(self.env)

    def write(self, vals):
        # whatever the context asks for: what is corrected leaves a trace
        traced = self.with_context(tracking_disable=False, mail_notrack=False)
        return super(ClientHealthIncident, traced).write(vals)

    def action_take_back(self):
        """Remove what the user logged by mistake, such as on the wrong client.

        That it was there, and who took it back, stays in the client's thread. Evidence
        on which somebody decided, or that somebody else wrote about, stays: a manager
        corrects that.

        :return: a window action on the incidents
        :raise AccessError: for who may not read it
        :raise UserError: for what another logged, or longer than a day ago, or where
            somebody decided or wrote something since
        """
        self.check_access("read")
        for incident in self:
            incident._check_may_take_back()
        # sudo: users cannot delete an incident but in this way
        own = self.sudo()
        for incident in own:
            text = self.env._(
                "Taken back within a day by who logged it: %(incident)s.",
                incident=incident.with_env(self.env).display_name,
            )
            incident.health_id._note(text)
        own.unlink()
        action = self.env.ref("client_health.client_health_incident_action")
        # sudo: users may not read actions, only follow them
        return {**action.sudo()._get_action_dict(), "target": "main"}

    def _check_may_take_back(self):
        own = self.sudo()  # sudo: whether somebody decided, whatever the user may read
        if not self.can_take_back:
            raise UserError(
                self.env._(
                    "Only who logged an incident takes it back, within a day. Ask a "
                    "manager to correct it."
                )
            )
        others = own.message_ids.author_id - self.env.user.partner_id
        if others or own.health_id._is_decided_since(own.create_date):
            raise UserError(
                self.env._(
                    "A colleague decided or wrote something since: ask a manager to "
                    "correct this incident."
                )
            )

    def _get_source(self):
        self.ensure_one()
        # sudo: which one it is; whether the user may read it is asked afterwards
        own = self.sudo()
        return own.ticket_id if own.ticket_id.partner_id else own.move_id

    # what counts

    @api.model
    def _get_title(self):
        return self.env._("Incidents")

    @api.model
    def _get_rows_sql(self, periods, client_ids=None):
        return SQL(
            """
            SELECT incident.id,
                   partner.commercial_partner_id AS partner_id,
                   period.company_id,
                   incident.kind,
                   incident.severe,
                   incident.user_id,
                   incident.date
              FROM %(periods)s
              JOIN client_health_incident incident
                ON incident.company_id = period.booked_id
               AND incident.date > period.window_start
               AND incident.date <= period.today
               %(clients_clause)s
              JOIN res_partner partner ON partner.id = incident.partner_id
            """,
            periods=get_booked_sql(periods),
            clients_clause=self._get_clients_clause(
                SQL("incident.partner_id"), client_ids
            ),
        )

    @api.model
    def _get_facts_sql(self, periods, client_ids=None):
        return SQL(
            """
            SELECT partner_id,
                   company_id,
                   count(*) FILTER (WHERE kind = 'integrity')
                       AS integrity_incident_count,
                   count(*) FILTER (WHERE kind = 'demand') AS demand_incident_count,
                   count(*) FILTER (WHERE kind = 'freebie') AS freebie_incident_count,
                   count(*) FILTER (WHERE kind = 'conduct') AS conduct_incident_count,
                   count(DISTINCT user_id) FILTER (WHERE kind = 'conduct')
                       AS conduct_reporter_count,
                   count(DISTINCT date) FILTER (WHERE kind = 'conduct')
                       AS conduct_day_count,
                   count(*) FILTER (WHERE kind = 'conduct' AND severe)
                       AS conduct_severe_count
              FROM (%s) AS incident
          GROUP BY partner_id, company_id
            """,
            self._get_rows_sql(periods, client_ids),
        )

    # the dialog in which staff log an incident where it happened

    @api.model
    def _get_log_action(self, partner, company_id, **defaults):
        """Return the action that opens the dialog for one client.

        :param partner: the client; its company where it is a contact person
        :param int company_id: the company whose client it is, and whose day it is
        :param defaults: values to begin with, by field name
        """
        company = self.env["res.company"].browse(company_id)
        today = company.sudo()._get_client_health_today()  # sudo: the firm of a branch
        defaults |= {"company_id": company_id, "date": today}
        dialog = self.env.ref("client_health.client_health_incident_view_dialog")
        context = {f"default_{name}": value for name, value in defaults.items()}
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Log an Incident"),
            "res_model": self._name,
            "view_mode": "form",
            "views": [(dialog.id, "form")],
            "target": "new",
            "context": {
                **context,
                "default_partner_id": partner.commercial_partner_id.id,
                "dialog_size": "medium",
            },
        }
