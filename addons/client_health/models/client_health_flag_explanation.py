from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine.rule_tree import iter_leaves


class ClientHealthFlag(models.Model):
    """The why-panel: what a flag rests on, now and when it was raised."""

    _inherit = "client.health.flag"

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
        for flag in self:
            flag.explanation_html = flag._render_rules(flag.explanation)
            # sudo: it holds amounts; which of them are said depends on the reader
            evidence = flag.sudo().evidence
            flag.evidence_html = evidence and flag._render_rules(
                flag.trait_id._explain(flag.health_id, evidence)
            )

    @api.model
    def _render_rules(self, rules):
        """Return the panel; readable without colours and by a screen reader."""
        return self.env["ir.qweb"]._render(
            "client_health.client_health_explanation", {"rules": rules}
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
