from odoo import models
from odoo.tools import SQL

# where a state begins, in points of the score; below the last: to discuss
STATE_FROM = (("healthy", 90), ("watch", 80), ("at_risk", 60))


class ClientHealth(models.Model):
    _inherit = "client.health"

    def _refresh_scores(self, health_ids=None):
        """Bring score and state in line with the flags, writing differences only.

        100 less the weights of what is active: all of it for a flag, half for a
        watch, nothing for what is dismissed; rounded in the client's favour and
        never below 0.

        :param health_ids: ids of ``client.health``; all of them when ``None``
        """
        Flag = self.env["client.health.flag"]
        self.flush_model()
        Flag.flush_model()
        self.env["client.health.trait"].flush_model()
        self.env.execute_query(
            SQL(
                """
                UPDATE client_health AS health
                   SET score = new.score, state = new.state
                  FROM (%(scores)s) AS new
                 WHERE health.id = new.id
                   AND (health.score, health.state)
                       IS DISTINCT FROM (new.score, new.state)
                """,
                scores=self._get_states_sql(health_ids),
            )
        )
        self.invalidate_model()  # what is computed from them as well

    def _get_states_sql(self, health_ids):
        cases = SQL(" ").join(
            SQL("WHEN score >= %s THEN %s", start, state) for state, start in STATE_FROM
        )
        return SQL(
            "SELECT id, score, CASE %s ELSE 'to_discuss' END AS state FROM (%s) AS s",
            cases,
            self._get_scores_sql(health_ids),
        )

    def _get_scores_sql(self, health_ids):
        """Return the query of ``id`` and ``score`` for each client."""
        clients = flags = SQL("TRUE")
        if health_ids is not None:
            ids = list(health_ids)
            clients = SQL("id = ANY(%s)", ids)
            flags = SQL("flag.health_id = ANY(%s)", ids)
        # added up rather than joined: right after a first fill the planner takes
        # the flags for a handful, and a join of the two for a loop in a loop
        return SQL(
            """
            SELECT id, GREATEST(0, 100 - SUM(half_points)::int / 2) AS score
              FROM (SELECT id, 0 AS half_points FROM client_health WHERE %(clients)s
                     UNION ALL
                    SELECT flag.health_id,
                           trait.weight * CASE flag.level WHEN 'flag' THEN 2 ELSE 1 END
                      FROM %(active_flags)s
                     WHERE %(flags)s
                   ) AS loss
             GROUP BY id
            """,
            clients=clients,
            flags=flags,
            active_flags=self.env["client.health.flag"]._get_active_from_sql(),
        )

    def action_raise_flag(self, trait, level="flag", reason=None):
        """Raise a flag by hand.

        :param trait: id or code of a trait, or its record
        :param str level: ``watch`` or ``flag``
        :param str reason: why; required
        :return: the flag
        :raise UserError: without a reason, or for an unknown trait or level
        """
        self.ensure_one()
        return self.env["client.health.flag"]._raise_by_hand(self, trait, level, reason)
