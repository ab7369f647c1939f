from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

TALK_PLAN = "client_health.mail_activity_plan_talk"
TALKS = ("phonecall", "meeting")
"""Categories of activities that are a conversation."""
AGAIN_DAYS = 2
"""Who was not reached is tried again after so many days; another step a week later."""


class ClientHealthTalk(models.AbstractModel):
    """Talking first: what is planned with a client, and what came of it.

    A client is in conversation as long as a colleague planned something. The steps
    are activities; each ends with its outcome, and the last with a decision.
    """

    _name = "client.health.talk"
    _description = "Talking First"

    next_step = fields.Char(
        compute="_compute_next_step",
        help="What colleagues planned with this client first: the client is in "
        "conversation as long as there is something.",
    )
    next_step_kind = fields.Selection(
        selection=[("talk", "Talk"), ("step", "Step"), ("last", "Last step")],
        compute="_compute_next_step",
        help="Which outcomes the next step can have.",
    )

    @api.depends(
        "activity_ids.date_deadline",
        "activity_ids.summary",
        "activity_ids.user_id",
        "activity_ids.activity_type_id",
        "activity_ids.active",
    )
    @api.depends_context("lang")
    def _compute_next_step(self):
        for health in self:
            planned = health._get_planned_steps()
            step = planned[:1]
            health.next_step = bool(step) and health._word_step(
                step.summary or step.activity_type_id.name,
                step.date_deadline,
                step.user_id.name,
            )
            if step.activity_type_id.category in TALKS:
                health.next_step_kind = "talk"
            else:
                kind = "step" if planned[1:] else "last"
                health.next_step_kind = bool(step) and kind

    def _get_planned_steps(self):
        """Only what a colleague planned: what we ask ourselves is no conversation."""
        return self.activity_ids.filtered(lambda step: not step.automated).sorted(
            lambda step: (step.date_deadline, step.id)
        )

    @api.model
    def _word_step(self, what, day, colleague):
        return self.env._(
            "%(what)s, %(day)s, %(colleague)s",
            what=what,
            day=format_date(self.env, day),
            colleague=colleague or self.env._("nobody in particular"),
        )

    # planned

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

    # done, with its outcome

    def action_step_agreed(self):
        """The talk took place and something was agreed: the plan goes on."""
        self._end_step(self.env._("Talked, and agreed."), "talk")
        return True

    def action_step_done(self):
        """The step is done: the next one is up."""
        self._end_step(self.env._("Done."), "step")
        return True

    def action_step_not_agreed(self):
        """Nothing was agreed: the conversation is over, and the flags are decided on.

        What else was planned has lost its sense and is taken off.
        """
        reason = self.env._("Talked, and nothing was agreed.")
        self._end_step(reason, "talk")
        # sudo: who may read the client may plan on it, and take off what was planned
        self._get_planned_steps().sudo().action_cancel()
        return self._decide_after_talk(reason)

    def action_step_better(self):
        """It is better now: the conversation is over, and the flags are decided on."""
        reason = self.env._("Talked over, and it is better now.")
        self._end_step(reason, "last")
        return self._decide_after_talk(reason)

    def action_step_not_better(self):
        """It is no better: the conversation is over, and the flags are decided on."""
        reason = self.env._("Talked over, and it is no better.")
        self._end_step(reason, "last")
        return self._decide_after_talk(reason)

    def action_step_later(self):
        """The step waits: who was not reached is tried again in two days, another
        step is done a week later; counted from today or from its day, the later."""
        self.ensure_one()
        self.check_access("read")
        step = self._get_planned_steps()[:1]
        is_talk = step.activity_type_id.category in TALKS
        today = self.sudo().company_id._get_client_health_today()  # sudo: settings
        if step:
            days = AGAIN_DAYS if is_talk else 7
            # sudo: who may read the client may plan on it
            step.sudo().date_deadline = max(step.date_deadline, today) + timedelta(
                days=days
            )
        return True

    def _end_step(self, outcome, kind):
        """Close the next step with its outcome, which stays in the thread.

        :param str kind: which step has this outcome
        :raise UserError: where another one is next: a colleague was before us
        """
        self.ensure_one()
        self.check_access("read")
        if self.next_step_kind != kind:
            raise UserError(
                self.env._(
                    "A colleague has closed this step already. Next is: %(step)s",
                    step=self.next_step or self.env._("nothing"),
                )
            )
        # sudo: who may read the client may close what colleagues planned on it
        self._get_planned_steps()[:1].sudo().action_feedback(feedback=outcome)
        self.invalidate_recordset(["activity_ids"])

    def _decide_after_talk(self, reason):
        """Open the panel with the flags that ask for a decision, and what came out."""
        flags = self.flag_ids.filtered("needs_decision")
        if not flags:
            return True
        action = flags.action_open_why()
        return action | {"context": {**action["context"], "default_reason": reason}}
