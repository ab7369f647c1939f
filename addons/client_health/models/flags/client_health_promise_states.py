from odoo import api, fields, models
from odoo.tools import SQL

# a payment ordered on the promised day may take two days to arrive
GRACE_DAYS = 2

# What was open at the end of the grace is what the invoice's instalments were
# less every reconciliation up to that day, so payments, reversals and payments
# that were taken back all count by themselves.
STATES = """
UPDATE client_health_promise AS promise
   SET state = wanted.state, write_date = %(now)s, write_uid = %(uid)s
  FROM (
        SELECT id, CASE
               WHEN lapsed THEN 'void'
               WHEN residual <= residual_before - amount + %(cent)s THEN 'kept'
               WHEN date_promised + %(grace)s >= %(today)s THEN 'open'
               WHEN residual < residual_before - %(cent)s THEN 'partly'
               ELSE 'broken' END AS state
          FROM (%(residuals)s) AS judged
       ) AS wanted
 WHERE promise.id = wanted.id AND promise.state <> wanted.state
"""

RESIDUALS = """
SELECT promise.id, promise.company_id, promise.date_promised, promise.amount,
       promise.residual_before,
       move.state <> 'posted' OR move.payment_state = 'reversed'
       OR COALESCE(%(disputed)s, FALSE) AS lapsed,
       (SELECT SUM(line.balance - COALESCE((
                   SELECT SUM(CASE WHEN part.debit_move_id = line.id
                                   THEN part.amount ELSE -part.amount END)
                     FROM account_partial_reconcile AS part
                    WHERE (part.debit_move_id = line.id
                           OR part.credit_move_id = line.id)
                      AND part.max_date <= promise.date_promised + %(grace)s
               ), 0))
          FROM account_move_line AS line
         WHERE line.move_id = move.id AND line.display_type = 'payment_term'
       ) AS residual
  FROM client_health_promise AS promise
  JOIN account_move AS move ON move.id = promise.move_id
 WHERE %(only)s
"""


class ClientHealthPromise(models.Model):
    _inherit = "client.health.promise"

    @api.model
    def _refresh_states(self, partner_ids=None):
        """Settle the promises on invoices, set-based, writing differences only.

        :param partner_ids: ids of commercial partners; everybody when ``None``
        """
        self.flush_model()
        for model in ("account.move", "account.move.line", "account.partial.reconcile"):
            self.env[model].flush_model()
        self.env.execute_query(
            SQL(
                STATES,
                residuals=self._get_residuals_sql(partner_ids),
                grace=GRACE_DAYS,
                today=self.env["res.company"]._get_client_health_today_sql(
                    SQL("company_id")
                ),
                cent=0.005,
                now=fields.Datetime.now(),
                uid=self.env.uid,
            )
        )
        self.invalidate_model(["state"])

    @api.model
    def _get_residuals_sql(self, partner_ids):
        only = SQL("TRUE")
        if partner_ids is not None:
            only = SQL(
                """promise.health_id IN (
                    SELECT id FROM client_health WHERE partner_id = ANY(%s))""",
                list(partner_ids),
            )
        return SQL(
            RESIDUALS,
            disputed=SQL.identifier("move", "client_health_disputed"),
            grace=GRACE_DAYS,
            only=only,
        )
