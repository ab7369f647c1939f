from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.tools import format_date

from ..access import GROUP_USER
from ..models.client_health_flag import DISMISSAL_DAYS


class ClientHealthFlagDecide(models.TransientModel):
    """The why-panel: explains a flag and takes staff's decision on one or many."""

    _name = "client.health.flag.decide"
    _description = "Decide on Flags"

    flag_ids = fields.Many2many(
        comodel_name="client.health.flag", string="Flags", required=True, readonly=True
    )
    flag_id = fields.Many2one(
        comodel_name="client.health.flag", compute="_compute_flag_id"
    )
    # with the reader's own rights: with all rights, as Odoo reads related fields, the
    # explanation would show amounts, and a dialog not saved yet another company's flag
    level = fields.Selection(related="flag_id.level", related_sudo=False)
    origin = fields.Selection(related="flag_id.origin", related_sudo=False)
    decision = fields.Selection(related="flag_id.decision", related_sudo=False)
    decision_reason = fields.Text(
        related="flag_id.decision_reason", related_sudo=False, string="Reason Given"
    )
    decision_user_id = fields.Many2one(
        related="flag_id.decision_user_id", related_sudo=False
    )
    decision_date = fields.Datetime(related="flag_id.decision_date", related_sudo=False)
    decision_until = fields.Date(related="flag_id.decision_until", related_sudo=False)
    explanation_html = fields.Html(
        related="flag_id.explanation_html", related_sudo=False
    )
    evidence_html = fields.Html(related="flag_id.evidence_html", related_sudo=False)
    known_until = fields.Date(
        related="flag_id.health_id.known_until", related_sudo=False
    )
    is_bank_behind = fields.Boolean(
        related="flag_id.health_id.is_bank_behind", related_sudo=False
    )
    flag_reason = fields.Text(related="flag_id.reason", related_sudo=False)
    deciding = fields.Json(related="flag_id.deciding", related_sudo=False)
    guidance = fields.Text(related="flag_id.trait_id.guidance", related_sudo=False)
    reason = fields.Text(
        help="What you saw or agreed, in facts: the client may ask to read it.",
    )
    dismiss_until = fields.Date(
        string="If dismissed, until",
        default=lambda self: self._default_dismiss_until(),
        help="After this date the flag asks for a decision again.",
    )

    opened_at = fields.Datetime(default=fields.Datetime.now)
    assignee_id = fields.Many2one(
        comodel_name="res.users",
        string="Colleague",
        domain=lambda self: [
            ("share", "=", False),
            ("all_group_ids", "in", self.env.ref(GROUP_USER).ids),
        ],
        help="Is told by mail, unless they switched that off, and is shown on the row.",
    )

    @api.model
    def _default_dismiss_until(self):
        today = self.env.company._get_client_health_today()
        return today + timedelta(days=DISMISSAL_DAYS)

    @api.model
    def default_get(self, fields_list):
        """Flags come from the context, or are the rows ticked in a list."""
        values = super().default_get(fields_list)
        if self.env.context.get("active_model") == "client.health.flag":
            ticked = self.env.context.get("active_ids", [])
            values.setdefault("flag_ids", [Command.set(ticked)])
        return values

    @api.depends("flag_ids")
    def _compute_flag_id(self):
        for wizard in self:
            flags = wizard.flag_ids._origin
            wizard.flag_id = flags if len(flags) == 1 else False

    def action_confirm(self):
        """Confirm all flags, with one reason if any.

        :return: an action that tells so and offers to undo it
        """
        flags = self._get_free_flags()
        if not flags:
            return self._tell_too_late()
        flags.action_confirm(self.reason)
        return flags._get_told_action(
            self._join_too_late(
                self.env._("Confirmed: %(flags)s", flags=flags._word_flags()), flags
            )
        )

    def _get_free_flags(self):
        """Return the flags that no colleague decided on while this dialog was open."""
        user, opened = self.env.user, self.opened_at
        return self.flag_ids.filtered(
            lambda flag: (
                flag.decision_user_id == user
                or not (opened and flag.decision_date and flag.decision_date > opened)
            )
        )

    def _join_too_late(self, message, flags):
        """Add to what was done with `flags` what a colleague had decided meanwhile."""
        late = self.flag_ids - flags
        return f"{message}. {late._word_decided()}" if late else message

    def _tell_too_late(self):
        flags = self.flag_ids
        return flags._get_told_action(flags._word_decided(), undo=False)

    def action_dismiss(self):
        """Dismiss all flags with one reason, until one date.

        :return: an action that tells so and offers to undo it
        :raise UserError: without a reason, or for a day in the past
        """
        return self._dismiss(self.reason)

    def action_dismiss_once(self):
        """Dismiss all flags: it happened once."""
        return self._dismiss(self.env._("It happened once; there is no pattern."))

    def action_dismiss_agreed(self):
        """Dismiss all flags: it was talked over."""
        return self._dismiss(self.env._("Talked over and agreed with the client."))

    def action_dismiss_ours(self):
        """Dismiss all flags: the cause was ours."""
        return self._dismiss(self.env._("The cause was ours."))

    def action_dismiss_accepted(self):
        """Dismiss all flags: known, and no problem."""
        return self._dismiss(self.env._("We know, and it is fine with us."))

    def _dismiss(self, reason):
        flags = self._get_free_flags()
        if not flags:
            return self._tell_too_late()
        flags.action_dismiss(reason, self.dismiss_until)
        message = self.env._(
            "Dismissed until %(day)s: %(flags)s",
            day=format_date(self.env, self.dismiss_until),
            flags=flags._word_flags(),
        )
        return flags._get_told_action(self._join_too_late(message, flags))

    def action_snooze_week(self):
        """Put all flags off for a week."""
        return self._snooze(timedelta(weeks=1))

    def action_snooze_month(self):
        """Put all flags off for a month."""
        return self._snooze(timedelta(days=30))

    def _snooze(self, time):
        flags = self.flag_ids
        until = self.env.company._get_client_health_today() + time
        flags._snooze(until)
        return flags._get_told_action(
            self.env._(
                "Put off until %(day)s: %(flags)s",
                day=format_date(self.env, until),
                flags=flags._word_flags(),
            ),
            undo="action_wake",
        )

    def action_assign(self):
        """Ask the colleague that was chosen to decide.

        :raise UserError: for a colleague who may not see the client
        """
        flags, colleague = self.flag_ids, self.assignee_id
        flags._assign(colleague)
        message = self.env._(
            "%(colleague)s decides: %(flags)s",
            colleague=colleague.name or self.env._("Nobody in particular"),
            flags=flags._word_flags(),
        )
        return flags._get_told_action(message, undo=False)

    def action_open_evidence(self):
        """Open the rows that were counted for this flag."""
        self.ensure_one()
        return self.flag_id.action_open_evidence()

    def action_log_incident(self):
        """Log what happened with this client."""
        self.ensure_one()
        return self.env["client.health.incident"]._get_log_action(
            self.flag_id.partner_id, company_id=self.flag_id.company_id.id
        )

    def action_talk_first(self):
        """Plan the conversation before anything else is decided."""
        self.ensure_one()
        return self.flag_id.action_talk_first()
