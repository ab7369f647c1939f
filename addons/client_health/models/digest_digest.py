from odoo import fields, models
from odoo.fields import Domain

from ..access import require_user

INBOX = "client_health.client_health_flag_action"
MENU = "client_health.client_health_menu_root"


class DigestDigest(models.Model):
    """What waits for people in the mail that Odoo sends by day or week.

    Core computes it for each receiver with that one's own rights, and leaves out what
    is refused: a colleague outside our groups gets a mail that says nothing of it.
    """

    _inherit = "digest.digest"

    kpi_client_health_suggested = fields.Boolean(string="Clients to Decide On")
    kpi_client_health_suggested_value = fields.Integer(
        compute="_compute_kpi_client_health_suggested_value"
    )
    kpi_client_health_lapsed = fields.Boolean(string="Dismissals That Ran Out")
    kpi_client_health_lapsed_value = fields.Integer(
        compute="_compute_kpi_client_health_lapsed_value"
    )

    def _compute_kpi_client_health_suggested_value(self):
        self._count_client_health(
            "suggested",
            "level_date",
            Domain("decision", "=", "none"),
            "partner_id:count_distinct",
        )

    def _compute_kpi_client_health_lapsed_value(self):
        self._count_client_health(
            "lapsed", "decision_until", Domain("decision", "=", "dismissed"), "__count"
        )

    def _count_client_health(self, name, date_field, domain, counted):
        """Count what came into the inbox in the days the mail is about, and waits.

        A branch is judged with its company.

        :param str date_field: the field of a flag that says since when it waits
        :param domain: which flags of the inbox
        :param str counted: the aggregate of flags that is counted
        :raises AccessError: for who is not in our groups; core leaves it out then
        """
        require_user(self.env)
        start, end, companies = self._get_kpi_compute_parameters()
        Flag = self.env["client.health.flag"]
        values = dict(
            Flag._read_group(
                Flag._get_inbox_domain()
                & Domain("company_id", "in", companies.root_id.ids)
                & Domain(date_field, ">=", start)
                & Domain(date_field, "<", end)
                & domain,
                ["company_id"],
                [counted],
            )
        )
        for digest in self:
            company = digest.company_id or self.env.company
            digest[f"kpi_client_health_{name}_value"] = values.get(company.root_id, 0)

    def _compute_kpis_actions(self, company, user):
        actions = super()._compute_kpis_actions(company, user)
        inbox = f"{INBOX}?menu_id={self.env.ref(MENU).id}"
        return actions | {
            "kpi_client_health_suggested": inbox,
            "kpi_client_health_lapsed": inbox,
        }
