from odoo import api, fields, models
from odoo.tools import SQL


class ClientHealth(models.Model):
    """Keeping the facts up to date, set-based."""

    _inherit = "client.health"

    @api.model
    def _refresh(self, partners=None):
        """Refresh facts and what follows from them: flags, score and state.

        Only what differs is written; a refresh with nothing changed writes and locks
        no row. The number of queries does not depend on the number of clients.

        :param res.partner partners: contacts whose clients are refreshed, in all
            companies; everybody without it
        """
        partner_ids = None if partners is None else self._get_client_ids(partners)
        # sudo: the facts are the same whoever asks; action_refresh checks who may ask
        health = self.sudo()
        health.env["client.health.promise"]._refresh_states(partner_ids)
        health_ids = health._refresh_facts(partner_ids)
        health.env["client.health.flag"]._refresh_levels(health_ids)
        health._refresh_scores(health_ids)

    @api.model
    def _ensure(self, partners, company):
        """Return the clients' records in a company, made where missing.

        A record made here has no facts yet: it gives incidents and manual flags on a
        new client a place.

        :param res.partner partners: contacts; their commercial partners count
        :param res.company company: the company
        :return: ``client.health`` records
        """
        client_ids = partners.commercial_partner_id.ids
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO client_health (partner_id, company_id, score, state,
                       create_uid, create_date, write_uid, write_date)
                SELECT client.partner_id, %(company_id)s, 100, 'healthy',
                       %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM unnest(%(client_ids)s) AS client (partner_id)
                 WHERE NOT EXISTS (
                       SELECT FROM client_health health
                        WHERE health.partner_id = client.partner_id
                          AND health.company_id = %(company_id)s)
                ON CONFLICT DO NOTHING
                """,
                client_ids=client_ids,
                company_id=company.id,
                uid=self.env.uid,
                now=fields.Datetime.now(),
            )
        )
        return self.search(
            [("partner_id", "in", client_ids), ("company_id", "=", company.id)]
        )

    @api.model
    def _get_client_ids(self, partners):
        """Return the ids whose records are refreshed for these contacts.

        The contacts themselves are among them: one that was a client of its own
        before it got a parent still has a record, whose facts are gone now.
        """
        # sudo: a contact of another company's client is refreshed all the same
        return list({*partners.ids, *partners.sudo().commercial_partner_id.ids})

    @api.model
    def _refresh_facts(self, partner_ids):
        """Write the facts that differ.

        :param partner_ids: ids of commercial partners, or ``None`` for all
        :return: ids of their records, or ``None`` for all
        """
        self.env.flush_all()
        # compiling the query costs more than it brings
        self.env.cr.execute("SET LOCAL jit = off")
        rows = self.env.execute_query(self._get_refresh_sql(partner_ids))
        self.env.invalidate_all()
        return None if partner_ids is None else [health_id for (health_id,) in rows]
