from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL


class ResPartner(models.Model):
    """Finding partners by the health of their client."""

    _inherit = "res.partner"

    def _search_client_health_ids(self, operator, value):
        return self._search_health(
            operator, value, self._on_record, companies=self.env.companies
        )

    def _search_client_health_id(self, operator, value):
        return self._search_health(operator, value, self._on_record)

    def _search_client_health_flag_ids(self, operator, value):
        raised = (
            Domain("level", "!=", "none")
            & Domain("trait_id.active", "=", True)
            & Domain("trait_id.company_id", "in", [False, self.env.company.id])
        )
        return self._search_health(operator, value, self._on_record, flags=raised)

    def _search_client_health_trait_ids(self, operator, value):
        active = self.env["client.health.flag"]._get_active_domain()
        return self._search_health(operator, value, "trait_id", flags=active)

    def _search_client_health_score(self, operator, value):
        return self._search_health(operator, value, "score")

    def _search_client_health_state(self, operator, value):
        return self._search_health(operator, value, "state")

    @api.model
    def _on_record(self, operator, value):
        """Return a condition on a related record as a domain on that record."""
        if operator in ("any", "any!"):
            return Domain(value)
        return Domain("id" if operator == "in" else "display_name", operator, value)

    def _search_health(self, operator, value, condition, flags=None, companies=None):
        """Return the partners whose client's health fits.

        Negative operators are left to Odoo, which negates the positive one.

        :param condition: name of the field that is compared, or a function from
            operator and value to a Domain
        :param flags: Domain of the flags that are compared instead of the health
        :param companies: whose health; that of the company that is on by default
        """
        if operator.startswith("not "):
            return NotImplemented
        companies = companies or self.env.company
        if isinstance(condition, str):
            matching = Domain(condition, operator, value)
        else:
            matching = condition(operator, value)
        found = self._get_clients_domain(companies, matching, flags)
        if operator == "in" and any(not item for item in value):
            found |= ~self._get_clients_domain(companies, Domain.TRUE, flags)
        return found

    @api.model
    def _get_clients_domain(self, companies, matching, flags):
        if flags is not None:
            matching = Domain("flag_ids", "any", flags & matching)
        health = self.env["client.health"]._search(
            Domain("company_id", "in", companies.ids) & matching
        )
        clients = health.subselect(SQL.identifier(health.table, "partner_id"))
        return Domain("commercial_partner_id", "in", clients)
