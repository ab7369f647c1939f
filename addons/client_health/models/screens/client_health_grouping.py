from odoo import models
from odoo.tools import SQL


class ClientHealth(models.Model):
    """How clients are grouped: by active traits too, and by states in their order."""

    _inherit = "client.health"

    def _read_group_groupby(self, alias, groupby_spec, query):
        """Group by active traits too: joined from the flags, nothing is stored."""
        if groupby_spec != "active_trait_ids":
            return super()._read_group_groupby(alias, groupby_spec, query)
        Flag = self.env["client.health.flag"]
        Flag.flush_model()
        flag = query.make_alias(alias, groupby_spec)
        condition = SQL(
            "%s = %s AND %s",
            SQL.identifier(alias, "id"),
            SQL.identifier(flag, "health_id"),
            Flag._get_active_sql(flag),
        )
        query.add_join("LEFT JOIN", flag, Flag._table, condition)
        return SQL.identifier(flag, "trait_id")

    def _read_group_orderby(self, order, groupby_terms, query):
        """Order states by who needs attention most, not by their letters."""
        if "state" not in groupby_terms:
            return super()._read_group_orderby(order, groupby_terms, query)
        states = [state for state, _label in reversed(self._fields["state"].selection)]
        rank = SQL("array_position(%s, %s)", states, groupby_terms["state"])
        terms = groupby_terms | {"state": rank}
        ordered = super()._read_group_orderby(order, terms, query)
        # core may have added what else to group by
        groupby_terms |= terms | {"state": groupby_terms["state"]}
        return ordered
