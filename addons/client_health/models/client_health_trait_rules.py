from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL, Query
from odoo.tools.safe_eval import datetime, safe_eval

from .client_health_trait import NOBODY, RULES


class ClientHealthTrait(models.Model):
    """Rules as domains, as SQL and as evidence."""

    _inherit = "client.health.trait"

    @api.model
    def _get_rules(self):
        """Return the active traits of every company, to be judged by."""
        # sudo: facts are judged for all companies, whoever starts the refresh
        names = [
            "code",
            "company_id",
            "clear_after_days",
            *map("{}_domain".format, RULES),
        ]
        return self.sudo().with_context(active_test=True).search_fetch([], names)

    def _get_domain(self, rule):
        """Return one rule as a Domain.

        :param str rule: ``ready``, ``watch`` or ``flag``
        :raise Exception: whatever evaluating what was typed raises
        """
        self.ensure_one()
        source = self[f"{rule}_domain"] or NOBODY
        return Domain(safe_eval(source, self._get_eval_context()))

    def _get_usable_domain(self, rule):
        """Return one rule; nobody's where what it names has gone with a module."""
        try:
            domain = self._get_domain(rule)
            # sudo: whether it can be used is the same for every reader
            domain.validate(self.env["client.health"].sudo())
        except Exception:
            return Domain.FALSE
        return domain

    def _get_eval_context(self):
        """Return the names a rule may use besides constants."""
        company = self.company_id or self.env.company
        return {
            "datetime": datetime,
            "context_today": company._get_client_health_today,
            "uid": self.env.uid,
        }

    def _get_level_domain(self, level):
        """Return the domain of the clients to whom the facts give ``level``.

        A client who matches the flag rule is also at least at watch.
        """
        rule = self._get_domain("flag")
        if level == "watch":
            rule |= self._get_domain("watch")
        return self._get_domain("ready") & rule

    def _get_matches_sql(self, health_ids=None):
        """Return the query of the clients to whom the facts give a level.

        Its columns are ``health_id``, ``company_id``, ``trait_id`` and ``at_flag``;
        who is not at the flag level is at watch.

        :param health_ids: ids of ``client.health``; all of them when ``None``
        """
        # sudo: facts are judged for all clients, whoever starts the refresh
        health = self.env["client.health"].sudo().with_context(active_test=False)
        query = Query(self.env, health._table)

        def to_sql(domain):
            return domain.optimize_full(health)._to_sql(health, query.table, query)

        at_flag = to_sql(self._get_level_domain("flag"))
        query.add_where(to_sql(self._get_level_domain("watch")))
        if self.company_id:
            query.add_where(SQL("client_health.company_id = %s", self.company_id.id))
        if health_ids is not None:
            query.add_where(SQL("client_health.id = ANY(%s)", list(health_ids)))
        return query.select(
            SQL("client_health.id AS health_id"),
            SQL("client_health.company_id"),
            SQL("%s AS trait_id", self.id),
            SQL("(%s) IS TRUE AS at_flag", at_flag),
        )

    def _get_fact_names(self):
        """Return the names of the client's stored facts that the rules read."""
        health = self.env["client.health"]
        names = {
            condition.field_expr.split(".")[0]
            for rule in RULES
            for condition in self._get_domain(rule).iter_conditions()
        }
        return sorted(
            name
            for name in names
            if name in health and health._fields[name].store
            if health._fields[name].column_type
        )

    def _get_evidence_sql(self):
        """Return the JSON of rules and facts, on the table ``client_health``."""
        facts = SQL(", ").join(
            SQL("%s::text, %s", name, SQL.identifier("client_health", name))
            for name in self._get_fact_names()
        )
        return SQL(
            "jsonb_build_object(%s, 'facts', jsonb_build_object(%s))",
            SQL(", ").join(
                SQL("%s::text, %s::text", rule, self[f"{rule}_domain"] or NOBODY)
                for rule in RULES
            ),
            facts,
        )
