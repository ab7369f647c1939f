from odoo import models
from odoo.exceptions import AccessError, UserError

MANAGER = "client_health.client_health_group_manager"


class ClientFarewell(models.Model):
    """What stands between a draft and its approval."""

    _inherit = "client.farewell"

    def _check_complete(self):
        """Raise what is missing, and where, in one message."""
        for farewell in self:
            missing = [check for check in farewell._get_checks() if not check.ok]
            if missing:
                lines = "\n".join(f"- {c.label} ({c.where})" for c in missing)
                raise UserError(
                    self.env._("Still missing in this letter:\n%(list)s", list=lines)
                )
            if farewell.lint_words and not (
                farewell.lint_accepted and farewell.lint_user_id == self.env.user
            ):
                raise UserError(
                    self.env._(
                        "Read these words in the letter again, then change them or "
                        "tick that they may stay: %(words)s.",
                        words=farewell.lint_words,
                    )
                )

    def _check_manager(self):
        """
        :raises AccessError: for users who are no manager of Client Health
        """
        if not self.env.su and not self._is_manager(self.env.user):
            raise AccessError(
                self.env._("Only a manager of Client Health approves a farewell.")
            )

    def _check_second_person(self):
        """Four eyes wherever there are four: the approver did not write the letter.

        :raises UserError: if this user wrote one, and its company has two managers
        """
        managers = self._get_managers()
        for farewell in self.filtered(lambda case: case.author_id == self.env.user):
            company = farewell.company_id
            others = managers - self.env.user
            if others.filtered(lambda user, c=company: c in user.company_ids):
                raise UserError(
                    self.env._(
                        "You wrote this letter: a second manager reads and approves it."
                    )
                )

    def _take_approval_back(self):
        """Ask for another approval: what was approved is not what would be sent."""
        if not self:
            return
        self.action_draft()
        self._log(
            self.env._(
                "Where the letter goes was changed: the approval was taken back."
            )
        )

    def _get_managers(self):
        """Return everybody who may approve, whatever companies they work in."""
        group = self.env.ref(MANAGER)
        # Users of other companies are hidden from this one.
        Users = self.env["res.users"].sudo()
        return Users.search([("all_group_ids", "in", group.ids), ("share", "=", False)])

    def _is_manager(self, user):
        return user.has_group(MANAGER)

    def _note_author(self):
        """Remember who wrote the letter, so that somebody else approves it.

        A manager stays its author when a colleague mends a word afterwards: else
        that word would let them approve their own letter.
        """
        user = self.env.user
        is_manager = self._is_manager(user)
        # Staff may change items without writing on the case itself.
        for farewell in self.sudo():
            if is_manager or not farewell._is_manager(farewell.author_id):
                farewell.author_id = user
