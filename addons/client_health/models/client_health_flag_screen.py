from functools import partial

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..access import AMOUNT_GROUPS, is_allowed
from ..engine.rule import iter_leaves
from .client_health_reason import CLIENT_TOLD, FLAG_TOLD, list_deciding, word_flag


class ClientHealthFlag(models.Model):
    """What screens show of a flag: its words, why it is there, and what it opens."""

    _inherit = "client.health.flag"

    reason = fields.Text(
        string="Why in Short",
        compute="_compute_reason",
        help="In one sentence, from the facts that decided; amounts for who may see "
        "them.",
    )
    deciding = fields.Json(
        compute="_compute_deciding",
        help="The facts that decided, each beside its threshold.",
    )
    points = fields.Float(
        string="Points Lost",
        compute="_compute_points",
        digits=(5, 1),
        aggregator=None,
        help="What the flag takes off the score: the trait's weight at level flag, "
        "half of it at watch, nothing while it does not count.",
    )
    score = fields.Integer(related="health_id.score", aggregator=None)
    days_late_avg = fields.Float(related="health_id.days_late_avg", aggregator=None)
    next_step = fields.Char(related="health_id.next_step", related_sudo=False)
    responsible_id = fields.Many2one(
        comodel_name="res.users",
        compute="_compute_responsible_id",
        search="_search_responsible_id",
        compute_sudo=True,  # a colleague's name, for who may read the flag
        help="Who was asked to decide; else the client's salesperson.",
    )
    trait_name = fields.Char(compute="_compute_trait_display")
    trait_icon = fields.Char(compute="_compute_trait_display")
    currency_id = fields.Many2one(related="health_id.currency_id")
    # with the reader's own rights: Odoo looks at a related field's groups when it is
    # read, but searches with all rights
    overdue_amount = fields.Monetary(
        related="health_id.overdue_amount", related_sudo=False, groups=AMOUNT_GROUPS
    )
    discount_amount = fields.Monetary(
        related="health_id.discount_amount", related_sudo=False, groups=AMOUNT_GROUPS
    )
    revenue_amount = fields.Monetary(
        related="health_id.revenue_amount", related_sudo=False, groups=AMOUNT_GROUPS
    )
    label = fields.Char(
        compute="_compute_label",
        help="Trait, level and decision in words: no meaning by colour alone.",
    )
    explanation = fields.Json(
        compute="_compute_explanation",
        help="Each condition of the rules with the actual value, as of now.",
    )
    explanation_html = fields.Html(
        string="Why", compute="_compute_explanation_html", sanitize=False
    )
    evidence_html = fields.Html(
        string="Why at the Time",
        compute="_compute_explanation_html",
        sanitize=False,
        help="The same when the level last changed, by the rules of that moment.",
    )

    @api.depends("is_active", "level", "trait_id.weight", "flag_unmet_since")
    def _compute_points(self):
        for flag in self:
            held = (
                flag.flag_unmet_since
                and flag.decision != "confirmed"
                and flag.manual_level != "flag"
            )
            part = 1 if flag.level == "flag" and not held else 0.5
            flag.points = flag.trait_id.weight * part if flag.is_active else 0

    @api.depends("assignee_id.active", "partner_id.user_id")
    def _compute_responsible_id(self):
        for flag in self:
            asked = flag.assignee_id.filtered("active")  # who left decides nothing
            flag.responsible_id = asked or flag.partner_id.user_id

    def _search_responsible_id(self, operator, value):
        if operator != "in":
            return NotImplemented
        asked = Domain("assignee_id.active", "=", True)
        return (asked & Domain("assignee_id", "in", [one for one in value if one])) | (
            ~asked & Domain("partner_id.user_id", "in", value)
        )

    # explained

    # said in one sentence, see client_health_reason.py

    @api.depends("trait_id", "health_id", "level", "manual_level", "decision_reason")
    @api.depends_context("lang", "uid")
    def _compute_reason(self):
        told = self._fetch_told()
        has_amounts = is_allowed(self.env, AMOUNT_GROUPS)
        for flag in self:
            parts, health = told.get(flag._origin.id), flag.health_id
            until = health.known_until if health.is_bank_behind else None
            flag.reason = parts and word_flag(self.env, *parts, has_amounts, until)

    @api.depends("trait_id", "health_id", "level")
    @api.depends_context("lang", "uid")
    def _compute_deciding(self):
        told = self._fetch_told()
        has_amounts = is_allowed(self.env, AMOUNT_GROUPS)
        for flag in self:
            parts = told.get(flag._origin.id)
            flag.deciding = parts and list_deciding(self.env, *parts, has_amounts)

    def _fetch_told(self):
        """Return what the sentences are made of, by id of the flag, in one query.

        :raise AccessError: for flags that the reader may not see
        """
        flags = self._origin
        flags.mapped("level")  # read by Odoo's rules, before it is read past them
        if not flags:
            return {}
        for name in ("", ".flag", ".flag.history"):
            self.env[f"client.health{name}"].flush_model()
        self.env["res.company"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """SELECT flag.id, %s, %s
                     FROM client_health_flag AS flag
                     JOIN client_health AS health ON health.id = flag.health_id
                    WHERE flag.id = ANY(%s)""",
                FLAG_TOLD,
                CLIENT_TOLD,
                flags.ids,
            )
        )
        return {flag_id: parts for flag_id, *parts in rows}

    def _word_reason_without_amounts(self):
        """Return the sentence for a text that colleagues without invoices read too."""
        parts = self._fetch_told().get(self.id)
        return parts and word_flag(self.env, *parts, has_amounts=False)

    @api.depends("trait_id.name", "level", "decision", "origin", "decision_until")
    @api.depends_context("lang")
    def _compute_label(self):
        levels = dict(self._fields["level"]._description_selection(self.env))
        for flag in self:
            flag.label = self.env._(
                "%(trait)s: %(level)s, %(status)s",
                trait=flag.trait_id.name,
                level=levels[flag.level].lower(),
                status=flag._word_status(),
            )

    def _word_status(self):
        """Return where the decision stands, in words."""
        if self.decision == "confirmed":
            return self.env._("confirmed")
        if self.decision == "dismissed" and not self.needs_decision:
            return self.env._("dismissed")
        if self.decision == "dismissed":
            return self.env._("no longer dismissed")
        return self.env._("suggested")

    @api.depends("trait_id", "health_id", "level")
    @api.depends_context("lang", "uid")
    def _compute_explanation(self):
        for flag in self:
            flag.explanation = flag.trait_id._explain(flag.health_id)

    @api.depends("explanation", "evidence")
    @api.depends_context("lang", "uid")
    def _compute_explanation_html(self):
        """Render the panel; readable without colours and by a screen reader."""
        template = "client_health.client_health_explanation"
        render = partial(self.env["ir.qweb"]._render, template)
        for flag in self:
            flag.explanation_html = render({"rules": flag.explanation})
            # sudo: it holds amounts; which of them are said depends on the reader
            evidence = flag.sudo().evidence
            flag.evidence_html = evidence and render(
                {"rules": flag.trait_id._explain(flag.health_id, evidence)}
            )

    def action_open_evidence(self, field_name=None):
        """Open the rows that were counted for this flag.

        :param str field_name: a fact of the rules; the first that has evidence
        :return: an action
        :raise UserError: where nothing was counted
        """
        self.ensure_one()
        self.check_access("read")
        for name in [field_name] if field_name else self._get_explained_facts():
            action = self.health_id._get_evidence_action(name)
            if action:
                return action
        raise UserError(self.env._("There is nothing to show for this flag."))

    def _get_explained_facts(self):
        """Return the names of the facts in the rules, those that are met first."""
        leaves = [
            leaf
            for rule in reversed(self.explanation)
            for leaf in iter_leaves(rule["tree"])
        ]
        return [
            leaf["field"] for leaf in sorted(leaves, key=lambda leaf: not leaf["met"])
        ]

    # screens

    @api.depends("trait_id")
    @api.depends_context("lang")
    def _compute_trait_display(self):
        displays = self.env["client.health.trait"]._get_displays()
        for flag in self:
            name, icon = displays.get(flag.trait_id.id, (False, False))
            flag.trait_name = name
            flag.trait_icon = icon

    def _field_to_sql(self, alias, field_expr, query=None):
        """Let amounts be added up, by who may read them.

        Core adds up no related field that is read with the reader's own rights.
        """
        field = self._fields.get(field_expr)
        if field and field.related and not field.compute_sudo:
            self._check_field_access(field, "read")
            self = self.sudo()
        return super()._field_to_sql(alias, field_expr, query)

    def action_open_why(self):
        """Open the why-panel of these flags: explanation, evidence, decision."""
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self._get_why_title(),
            "res_model": "client.health.flag.decide",
            "view_mode": "form",
            "target": "new",
            "context": {"default_flag_ids": self.ids},
        }

    def action_confirm_row(self):
        """Confirm without a dialog, and offer to take it back.

        What a colleague has decided since the list was read stays as it is.

        :return: an action that tells so
        :raise AccessError: for who may not decide
        """
        self._check_may_decide()
        flags = self.filtered("needs_decision")
        if not flags:
            return self._get_told_action(self._word_decided(), undo=False)
        flags.action_confirm()
        return flags._get_told_action(
            self.env._("Confirmed: %(flags)s", flags=flags._word_flags())
        )

    def _word_decided(self):
        """Return who decided on these flags, and what, for a message on the screen."""
        return ". ".join(
            self.env._(
                "Decided already by %(colleague)s: %(client)s, %(flag)s",
                colleague=flag.sudo().decision_user_id.name,  # sudo: a name
                client=flag.partner_id.display_name,
                flag=flag.label,
            )
            if flag.decision_user_id
            else self.env._(
                "Nothing to decide any more: %(flag)s", flag=flag._get_why_title()
            )
            for flag in self
        )

    def action_open_dismiss(self):
        """Open the dialog with the reasons that are given most."""
        self.check_access("read")
        if self and not any(self.mapped("needs_decision")):
            return self._get_told_action(self._word_decided(), undo=False)
        action = self.action_open_why()
        view = self.env.ref("client_health.client_health_flag_decide_view_dismiss")
        action["context"]["dialog_size"] = "medium"
        return action | {
            "name": self.env._("Dismiss: %(flags)s", flags=self._word_flags()),
            "views": [(view.id, "form")],
        }

    def action_talk_first(self):
        """Plan the conversation with the client before anything is decided.

        :raise UserError: for flags of several clients
        """
        self.check_access("read")
        if len(self.health_id) != 1:
            raise UserError(self.env._("Choose the flags of one client."))
        return self.health_id.action_talk_first()

    def _get_told_action(self, message, undo="action_undo"):
        """Return the action that says what was done and offers to take it back.

        :param str message: what was done, in words
        :param str undo: the method that takes it back; none without it
        """
        return {
            "type": "ir.actions.client",
            "tag": "client_health_decided",
            "params": {
                "message": message,
                "undo": self.env._("Undo"),
                "undo_method": undo,
                "flag_ids": self.ids,
            },
        }

    def _word_flags(self):
        """Return which flags these are, for a message on the screen."""
        if len(self) == 1:
            return self._get_why_title()
        return self.env._("%(count)s flags", count=len(self))

    def action_start_farewell(self):
        """Open the farewell of the client that these flags are about, or begin one.

        :raises UserError: for flags of several clients
        """
        self.check_access("read")
        if len(self.health_id) != 1:
            raise UserError(self.env._("Choose the flags of one client."))
        return self.health_id.action_start_farewell()

    def _get_why_title(self):
        if len(self) != 1:
            return self.env._("Decide on %(count)s flags", count=len(self))
        return self.env._(
            "%(trait)s: %(client)s",
            trait=self.trait_name,
            client=self.partner_id.display_name,
        )

    # put off, or handed to a colleague: neither is a decision

    def action_open_later(self):
        """Open the dialog to put these flags off, or to hand them to a colleague."""
        action = self.action_open_why()
        view = self.env.ref("client_health.client_health_flag_decide_view_later")
        action["context"]["dialog_size"] = "medium"
        return action | {
            "name": self.env._(
                "Later, or a colleague: %(flags)s", flags=self._word_flags()
            ),
            "views": [(view.id, "form")],
        }

    def _snooze(self, until):
        """Keep these flags out of the inbox up to a day, unless the level rises.

        :param date until: the last day
        :raise UserError: for a day in the past
        :raise AccessError: for who may not decide
        """
        self._check_may_decide()
        for company, flags in self.grouped("company_id").items():
            if not until or until < company._get_client_health_today():
                raise UserError(self.env._("Choose a day from today on."))
            for level, own in flags.grouped("level").items():
                # sudo: nobody may write flags but by a method
                own.sudo().write({"snoozed_until": until, "snoozed_level": level})

    def action_wake(self):
        """Put flags that were put off back into the inbox.

        :raise AccessError: for who may not decide
        """
        self._check_may_decide()
        # sudo: nobody may write flags but by a method
        self.sudo().write({"snoozed_until": False, "snoozed_level": False})
        return True

    def _assign(self, colleague):
        """Ask a colleague to decide; without one, nobody in particular.

        :param res.users colleague: who; empty for nobody
        :raise UserError: for a colleague who may not see the client
        :raise AccessError: for who may not decide
        """
        self._check_may_decide()
        # sudo: which companies a colleague works in
        here = colleague.sudo().filtered("active")
        if colleague and not self.health_id._may_know(here):
            raise UserError(
                self.env._(
                    "%(colleague)s may not see this client's health: choose a "
                    "colleague who may.",
                    colleague=colleague.name,
                )
            )
        # sudo: nobody may write flags but by a method
        self.sudo().write({"assignee_id": colleague.id})
        told = self.env["client.health.told"].sudo()  # sudo: the cron's own list
        told.search([("flag_id", "in", self.ids), ("what", "=", "assigned")]).unlink()
