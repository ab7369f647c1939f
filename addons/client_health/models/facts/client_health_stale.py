from odoo import api, fields, models
from odoo.tools import SQL


class ClientHealthStale(models.Model):
    """Clients whose facts may have changed since they were refreshed.

    Append-only and without foreign keys or a unique key, so that marking takes no
    lock and never waits for, or fails because of, another session.
    """

    _name = "client.health.stale"
    _description = "Client to Refresh"
    _log_access = False
    _order = "id"

    partner_ref = fields.Integer(
        string="Contact", required=True, readonly=True, index=True
    )
    company_ref = fields.Integer(string="Company", readonly=True)

    @api.model
    def _mark(self, partner_ids, company_id=None):
        """Ask for fresh facts on these contacts' clients.

        Written once, when the transaction commits.

        :param partner_ids: ids of contacts, commercial partners or not
        :param int company_id: the company it is about; all without it
        """
        self.env.cr.execute(
            SQL(
                "INSERT INTO client_health_stale (partner_ref, company_ref)"
                " SELECT unnest(%s), %s",
                list(partner_ids),
                company_id,
            )
        )
