from odoo import api, models

LEVEL_ICONS = {"watch": "fa-eye", "flag": "fa-flag"}


class ResPartner(models.Model):
    """Flags as badges in core's lists, and the dialogs opened from a client."""

    _inherit = "res.partner"

    @api.depends_context("uid", "company", "lang")
    def _compute_application_statistics(self):
        return super()._compute_application_statistics()

    def _compute_application_statistics_hook(self):
        data_list = super()._compute_application_statistics_hook()
        if not self.env.user.has_group("client_health.client_health_group_user"):
            return data_list
        # straight from its query: assigning a relation would read every flag
        for row in self._fetch_client_health():
            data_list[row["partner_id"]].extend(
                self._prepare_flag_statistic(badge)
                for badge in row["badges"] or []
                if badge["active"]
            )
        return data_list

    @api.model
    def _prepare_flag_statistic(self, badge):
        """Return a flag as core's contact statistics draw a badge: the level as
        icon and as words, the colour of the trait on top."""
        flag = self.env["client.health.flag"]._fields
        levels = dict(flag["level"]._description_selection(self.env))
        decisions = dict(flag["decision"]._description_selection(self.env))
        return {
            "iconClass": LEVEL_ICONS[badge["level"]],
            "value": badge["name"],
            "label": self.env._(
                "%(trait)s: %(level)s, %(decision)s",
                trait=badge["name"],
                level=levels[badge["level"]].lower(),
                decision=decisions[badge["decision"]].lower(),
            ),
            "tagClass": f"o_tag_color_{badge['color'] or 0}",
        }

    def action_open_client_health(self):
        """Open the health record of the client, or of the contact's company."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "client_health.client_health_action"
        )
        return action | {
            "views": [(False, "form")],
            "res_id": self.client_health_id.id,
        }

    def action_log_incident(self):
        """Open the dialog to log what happened with this client."""
        self.ensure_one()
        self.check_access("read")
        return self.env["client.health.incident"]._get_log_action(
            self, company_id=self.env.company.id
        )

    def action_open_raise(self):
        """Open the dialog to raise a flag by hand on this client."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Raise a Flag"),
            "res_model": "client.health.flag.raise",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_partner_id": self.commercial_partner_id.id,
                "dialog_size": "medium",
            },
        }
