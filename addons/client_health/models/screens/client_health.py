import json

from odoo import Command, api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date

GRAPH_MONTHS = 24
TALK_PLAN = "client_health.mail_activity_plan_talk"


class ClientHealth(models.Model):
    """What the screens add to the facts: traits, trend and the next step."""

    _inherit = "client.health"

    active_trait_ids = fields.Many2many(
        comodel_name="client.health.trait",
        compute="_compute_active_trait_ids",
        search="_search_active_trait_ids",
        string="Traits",
        help="Traits with an active flag: at watch or flag, and not dismissed.",
    )
    history_ids = fields.One2many(
        comodel_name="client.health.flag.history",
        compute="_compute_history_ids",
        string="Decisions",
        help="Every change of a level and every decision, newest first.",
    )
    score_graph = fields.Text(compute="_compute_score_graph")

    @api.depends("flag_ids.is_active")
    def _compute_active_trait_ids(self):
        for health in self:
            health.active_trait_ids = health.flag_ids.filtered("is_active").trait_id

    def _search_active_trait_ids(self, operator, value):
        if operator != "in":
            return NotImplemented
        active = self.env["client.health.flag"]._get_active_domain()
        found = Domain("flag_ids", "any", active & Domain("trait_id", "in", value))
        return found if all(value) else found | ~Domain("flag_ids", "any", active)

    @api.depends("flag_ids.history_ids")
    def _compute_history_ids(self):
        for health in self:
            health.history_ids = health.flag_ids.history_ids.sorted(
                "date", reverse=True
            )

    @api.depends("score", "snapshot_ids.score")
    @api.depends_context("lang")
    def _compute_score_graph(self):
        """The score per month and now, as core's dashboard graph wants it."""
        key = self.env._("Score")
        now = self.env._("Now")
        for health in self:
            points = [
                {
                    "x": format_date(self.env, snapshot.date, date_format="MMM y"),
                    "y": snapshot.score,
                }
                for snapshot in health.snapshot_ids[:GRAPH_MONTHS].sorted("date")
            ]
            points.append({"x": now, "y": health.score})
            health.score_graph = json.dumps([{"key": key, "values": points}])

    @api.model
    def _request_refresh(self):
        """Have all clients judged again soon: a rule or a setting has changed."""
        cron = "client_health.client_health_cron_refresh"
        if cron := self.env.ref(cron, raise_if_not_found=False):
            cron._trigger()

    @api.model
    def _create_talk_plan(self):
        """Ship the activity plan in the administrator's language.

        Core does not translate the names of plans and the summaries of their steps:
        they are copied to the activities, which a whole team reads.
        """
        lang = self.env.ref("base.user_admin").lang or self.env.lang
        self = self.with_context(lang=lang)
        call, todo = "mail.mail_activity_data_call", "mail.mail_activity_data_todo"
        steps = [
            (call, 0, self.env._("Talk it over by telephone")),
            (todo, 7, self.env._("Put the agreement in writing")),
            (todo, 30, self.env._("Review: is it better now?")),
        ]
        values = {
            "name": self.env._("Talk – agree – review"),
            "res_model": self._name,
            "company_id": False,
            "template_ids": [
                Command.create(self._prepare_talk_step_vals(*step)) for step in steps
            ],
        }
        self.env["mail.activity.plan"]._load_records(
            [{"xml_id": TALK_PLAN, "values": values, "noupdate": True}]
        )

    @api.model
    def _prepare_talk_step_vals(self, activity_type, days, summary):
        return {
            "activity_type_id": self.env.ref(activity_type).id,
            "delay_count": days,
            "delay_unit": "days",
            "delay_from": "after_plan_date",
            "responsible_type": "on_demand",
            "summary": summary,
        }

    def action_talk_first(self):
        """Offer the plan *Talk – agree – review* on this client's health."""
        self.ensure_one()
        self.check_access("read")
        plan = self.env.ref(TALK_PLAN, raise_if_not_found=False)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Talk First"),
            "res_model": "mail.activity.schedule",
            "view_mode": "form",
            "target": "new",
            "context": {
                "active_model": self._name,
                "active_id": self.id,
                "active_ids": self.ids,
                "default_plan_id": plan.id if plan else False,
            },
        }

    def action_log_incident(self):
        """Open the dialog to log what happened with this client."""
        self.ensure_one()
        return self.env["client.health.incident"]._get_log_action(
            self.partner_id, company_id=self.company_id.id
        )

    def action_open_raise(self):
        """Open the dialog to raise a flag by hand on this client."""
        self.ensure_one()
        return self.partner_id.with_company(self.company_id).action_open_raise()

    def action_start_farewell(self):
        """Open the client's farewell, or begin one."""
        self.ensure_one()
        return self.partner_id.with_company(self.company_id).action_start_farewell()

    def action_open_client(self):
        """Open the client itself."""
        self.ensure_one()
        return self.partner_id.get_formview_action()

    def action_open_snapshots(self):
        """Open how score and facts went, month by month."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "client_health.client_health_snapshot_action"
        )
        return action | {"domain": [("health_id", "=", self.id)]}
