from odoo import api, fields, models
from odoo.tools import SQL

from ..access import AMOUNT_GROUPS
from ..engine.statement import execute

KEEP_MONTHS = 36


class ClientHealthSnapshot(models.Model):
    """A client's health at the beginning of a month, for the trend."""

    _name = "client.health.snapshot"
    _description = "Client Health Snapshot"
    _inherit = "client.health.protected"
    _order = "date desc, id desc"
    _rec_name = "date"
    _protected_fields = (
        "health_id",
        "partner_id",
        "company_id",
        "date",
        "flag_count",
        "score",
        "state",
        "revenue_amount",
        "overdue_amount",
        "days_late_avg",
        "workload_ratio",
        "discount_share",
        "hours_spent",
        "net_amount",
    )

    health_id = fields.Many2one(
        comodel_name="client.health",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Client",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(
        string="Month", required=True, readonly=True, help="The first of the month."
    )
    score = fields.Integer(readonly=True, aggregator="avg")
    state = fields.Selection(selection="_selection_state", readonly=True)
    flag_count = fields.Integer(
        string="Flags", readonly=True, help="Active, watch and flag together."
    )
    revenue_amount = fields.Monetary(
        string="Revenue", readonly=True, groups=AMOUNT_GROUPS, aggregator="sum"
    )
    overdue_amount = fields.Monetary(
        string="Overdue", readonly=True, groups=AMOUNT_GROUPS, aggregator="sum"
    )
    days_late_avg = fields.Float(
        string="Average Days Late", readonly=True, aggregator="avg"
    )
    workload_ratio = fields.Float(readonly=True, aggregator="avg")
    discount_share = fields.Float(readonly=True, aggregator="avg")
    hours_spent = fields.Float(readonly=True, aggregator="sum")
    net_amount = fields.Monetary(
        string="Left", readonly=True, groups=AMOUNT_GROUPS, aggregator="sum"
    )

    _health_date_unique = models.UniqueIndex(
        "(health_id, date)", "A client has one snapshot a month."
    )
    _date_index = models.Index("(date)")

    @api.model
    def _selection_state(self):
        state = self.env["client.health"]._fields["state"]
        return state._description_selection(self.env)

    @api.model
    def _get_kept_names(self):
        """Return what is kept of a client: score, state and the facts there are here.

        A fact is kept by a field of the same name on this model.
        """
        facts = self.env["client.health"]._get_facts()
        return ["score", "state", *(name for name in facts if name in self._fields)]

    @api.model
    def _cron_take(self):
        """Keep this month's health of every client that has none yet."""
        error = self.env["client.health"]._attempt(self._take)
        if error:
            raise error  # nothing is lost: the next run does it

    @api.model
    def _take(self):
        """Write the snapshots of this month that are missing, set-based.

        Running it again the same month writes nothing. Clients that another session
        holds are left to the next run.
        """
        self.env.flush_all()
        names = self._get_kept_names()
        facts = SQL(", ").join(SQL.identifier(name) for name in names)
        values = SQL(", ").join(SQL.identifier("health", name) for name in names)
        execute(
            self.env,
            SQL(
                """
                INSERT INTO client_health_snapshot (
                       health_id, partner_id, company_id, date, flag_count, %(facts)s,
                       create_uid, create_date, write_uid, write_date)
                SELECT health.id, health.partner_id, health.company_id, %(month)s,
                       flags.number, %(values)s,
                       %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM (SELECT * FROM client_health AS health
                         WHERE NOT EXISTS (
                               SELECT FROM client_health_snapshot AS taken
                                WHERE taken.health_id = health.id
                                  AND taken.date = %(month)s)
                           FOR KEY SHARE SKIP LOCKED
                       ) AS health
                  JOIN (SELECT id, SUM(number) AS number
                          FROM (SELECT id, 0 AS number FROM client_health
                                 UNION ALL
                                SELECT flag.health_id, 1 FROM %(active_flags)s
                               ) AS counted
                         GROUP BY id
                       ) AS flags ON flags.id = health.id
                    ON CONFLICT DO NOTHING
                """,
                facts=facts,
                values=values,
                month=SQL(
                    "date_trunc('month', %s)::date",
                    self.env["res.company"]._get_client_health_today_sql(
                        SQL("health.company_id")
                    ),
                ),
                active_flags=self.env["client.health.flag"]._get_active_from_sql(),
                uid=self.env.uid,
                now=fields.Datetime.now(),
            ),
        )
        self.env["client.health"].invalidate_model(["snapshot_ids"])
