from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

NOTHING_KEPT = {"letter_pdf": False, "letter_mail": False, "letter_digest": False}
OPEN_KINDS = ("2_ours", "3_theirs")


class ClientFarewell(models.Model):
    """The way of a case: draft, approved, sent, done; each step by hand and logged."""

    _inherit = "client.farewell"

    def action_approve(self):
        """Approve the letters as they are: they are kept, and sent, as they are now.

        :raises AccessError: for users who are no manager of Client Health
        :raises UserError: if a rule is not met, if a marked word was not accepted,
            or if this user wrote the letter and there is a second manager
        """
        self._check_manager()
        self._take("draft")
        self._check_complete()
        self._check_second_person()
        self._move(
            "approved",
            approved_by_id=self.env.uid,
            approved_date=fields.Datetime.now(),
        )
        for farewell in self:
            farewell._keep_letter()
        return True

    def action_draft(self):
        """Take approved letters back to change them; they need approval again.

        :raises UserError: for a case whose letter went out: it is kept as sent
        """
        self._check_not_sent()
        self._take("approved", "cancelled")
        self._move(
            "draft",
            approved_by_id=False,
            approved_date=False,
            send_error=False,
            lint_accepted_words=False,
            lint_user_id=False,
            **NOTHING_KEPT,
        )
        return True

    def action_cancel(self):
        """Stop cases that were not sent: the client stays."""
        self._take("draft", "approved")
        self._move("cancelled", **NOTHING_KEPT)
        self.sudo().activity_unlink(["mail.mail_activity_data_todo"])
        return True

    def action_done(self):
        """Close cases whose letter was sent.

        What is open stays on the case as activities. The client is not archived;
        who is responsible is reminded that this is possible.
        """
        self._take("sent")
        self._finish()
        return True

    def action_welcome_back(self):
        """Reopen the relation: the client is active again, the history stays."""
        self._take("sent", "done")
        now = fields.Datetime.now()
        for farewell in self:
            state = "cancelled" if farewell.state == "sent" else "done"
            farewell._move(state, welcome_back_date=now)
        # A contact may belong to colleagues; being active again is part of the case.
        self.partner_id.sudo().filtered(lambda p: not p.active).action_unarchive()
        self.sudo().activity_unlink(["mail.mail_activity_data_todo"])
        self._log(self.env._("Welcome back: the relation was reopened."))
        return True

    def action_archive_client(self):
        """Archive the client of finished cases, on explicit request only."""
        self._take("done")
        self.partner_id.action_archive()
        self._log(self.env._("The client was archived."))
        return True

    def _take(self, *states, interrupted=False):
        """Lock the cases and make sure that each is where this step starts.

        :param bool interrupted: whether their letters were perhaps sent
        :raises AccessError: for users outside Client Health
        :raises UserError: in another state, or if somebody else is busy with it
        """
        self._check_staff()
        self.check_access("read")
        if len(self.sudo().try_lock_for_update()) < len(self):
            raise UserError(self.env._("Somebody else is working on this farewell."))
        self.invalidate_recordset(["state", "sending_date"])
        for farewell in self:
            farewell._check_step(states, interrupted)
        # Last: who comes too late hears that, not that they have no access.
        self.check_access("read" if {"sent", "done"} & set(states) else "write")

    def _check_step(self, states, interrupted):
        if self.state not in states or (interrupted and not self.sending_date):
            labels = dict(self._fields["state"]._description_selection(self.env))
            raise UserError(
                self.env._(
                    "%(name)s is %(state)s: this step is not possible now.",
                    name=self.display_name,
                    state=labels[self.state].lower(),
                )
            )
        if self.sending_date and not interrupted:
            raise UserError(
                self.env._(
                    "Sending %(name)s was interrupted: the letter may have arrived. "
                    "First say in the case whether it was sent.",
                    name=self.display_name,
                )
            )

    def _check_staff(self):
        if not self.env.su and not self.env.user.has_group(
            "client_health.client_health_group_user"
        ):
            raise AccessError(self.env._("You have no access to farewells."))

    def _move(self, state, **values):
        """Set a state with what belongs to it."""
        # The state is closed to users' own writing; the step before checked them.
        self.sudo().write({"state": state, **values})
        self.flush_recordset(["state"])  # one open case: checked by the database

    def _finish(self):
        self._move("done", done_date=fields.Datetime.now())
        # sudo: a case that was sent is closed to users' own writing, reminders too
        for farewell in self.sudo().filtered("partner_id.active"):
            # read by who is reminded, whoever or whatever completes the case
            user = farewell._get_reminded()
            _ = farewell.with_context(lang=user.lang).env._
            farewell.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=_("Archive this client, if nothing is left to do"),
                user_id=user.id,
            )

    def _get_reminded(self):
        """Return who is responsible, or a manager where they may not see the case."""
        if self._may_know(self.user_id):
            return self.user_id
        return self.env["client.health"]._get_manager(self.company_id)

    def _log(self, text):
        # Written as the user who acts; the case itself is read-only by now.
        for farewell in self.sudo():
            farewell.message_post(
                body=text,
                author_id=self.env.user.partner_id.id,
                subtype_xmlid="mail.mt_note",
            )

    def _schedule_items(self):
        """Give each open item an activity, at its own date or at the end date."""
        for farewell in self.sudo():
            for item in farewell.item_ids.filtered(
                lambda item: item.kind in OPEN_KINDS and not item.is_done
            ):
                farewell.activity_schedule(
                    "mail.mail_activity_data_todo",
                    date_deadline=item.date or farewell.end_date,
                    summary=item.name,
                    user_id=farewell._get_reminded().id,
                )

    @api.model
    def _cron_finish(self):
        """Close sent cases after their last day; safe to run again at any moment."""
        over = self.env["res.company"]._get_client_health_today_domain("end_date", "<")
        due = self.search(Domain("state", "=", "sent") & over)
        Cron = self.env["ir.cron"]
        Cron._commit_progress(remaining=len(due))
        for farewell in due:
            locked = farewell.try_lock_for_update().filtered_domain(
                [("state", "=", "sent")]
            )
            locked._finish()
            if not Cron._commit_progress(1):
                break
