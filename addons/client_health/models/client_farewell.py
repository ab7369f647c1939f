from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..access import GROUP_MANAGER, GROUP_USER, require
from .client_farewell_block import SECTIONS

ADDRESS_FIELDS = {"delivery", "email_to"}
LETTER_FIELDS = {
    "partner_id", "company_id", "contact_id", "lang", "tone", "end_date",
    "contact_until", "user_id", "salutation", "item_ids", "referral_partner_ids",
    *(section for section, _label in SECTIONS),
}  # fmt: skip
NOTHING_KEPT = {
    "letter_pdf": False,
    "letter_mail": False,
    "letter_digest": False,
    "letter_basis": False,
}
# how far an open case is; who is further stays when two clients become one
OPEN_STATES = ("sent", "approved", "draft")


class ClientFarewell(models.Model):
    """A client we part from, carried from the decision to a clean end.

    Here is the way of a case: draft, approved, sent, done; each step by hand and
    logged. What the letter says is in ``client_farewell_letter``, how it goes out in
    ``client_farewell_delivery``, what changed since its approval in
    ``client_farewell_basis``, what parting costs in ``client_farewell_panel``.
    """

    _name = "client.farewell"
    _description = "Farewell"
    _inherit = [
        "client.farewell.panel",
        "client.farewell.basis",
        "client.farewell.delivery",
        "client.health.protected",
        "client.health.thread",
        "mail.activity.mixin",
    ]
    _order = "end_date desc, id desc"
    _rec_name = "partner_id"
    _check_company_auto = True
    _protected_fields = (
        "state", "author_id", "approved_by_id", "approved_date", "sent_by_id",
        "sent_date", "sent_by_post", "done_date", "welcome_back_date", "send_error",
        "send_failure", "letter_pdf", "letter_mail", "letter_digest", "sending_date",
        "mail_id", "lint_user_id", "lint_accepted_words", "revenue_window",
        "ticket_window", "message_window", "hours_window",
    )  # fmt: skip

    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Client",
        required=True,
        index=True,
        ondelete="cascade",
        domain="[('parent_id', '=', False)]",
        check_company=True,
        tracking=True,
    )
    partner_active = fields.Boolean(related="partner_id.active")
    contact_id = fields.Many2one(
        comodel_name="res.partner",
        string="Addressed To",
        compute="_compute_contact_id",
        store=True,
        readonly=False,
        precompute=True,
        domain="[('id', 'child_of', partner_id)]",
        check_company=True,
        help="Whose name and address the letter carries.",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
        ondelete="cascade",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    state = fields.Selection(
        selection=[
            ("draft", "Draft"),
            ("approved", "Approved"),
            ("sent", "Sent"),
            ("done", "Done"),
            ("cancelled", "Cancelled"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Responsible",
        required=True,
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
        tracking=True,
        help="Signs the letter and is the one to call.",
    )
    author_id = fields.Many2one(
        comodel_name="res.users",
        string="Written By",
        default=lambda self: self.env.user,
        readonly=True,
        copy=False,
        help="Who last changed what the letter says or where it goes, a manager "
        "before colleagues; somebody else approves it.",
    )
    end_date = fields.Date(
        default=lambda self: self._get_default_end_date(),
        copy=False,
        tracking=True,
        help="The last day that we work for this client.",
    )
    contact_until = fields.Date(
        compute="_compute_contact_until",
        store=True,
        readonly=False,
        help="Until when the client can still call with questions.",
    )
    item_ids = fields.One2many(
        comodel_name="client.farewell.item",
        inverse_name="farewell_id",
        string="Completion",
        copy=True,
    )
    referral_partner_ids = fields.Many2many(
        comodel_name="res.partner",
        string="Who Could Help",
        check_company=True,
        help="Their names and contact details are printed in the letter.",
    )

    # what was approved, and how it went
    approved_by_id = fields.Many2one(
        comodel_name="res.users", readonly=True, copy=False
    )
    approved_date = fields.Datetime(readonly=True, copy=False)
    done_date = fields.Datetime(readonly=True, copy=False)
    welcome_back_date = fields.Datetime(
        string="Welcomed Back", readonly=True, copy=False
    )

    _open_unique = models.UniqueIndex(
        "(partner_id, company_id) WHERE state IN ('draft', 'approved', 'sent')",
        "There is an open farewell for this client already.",
    )

    @api.model
    def _get_default_end_date(self):
        """Return the last day of next month: time to finish, and to be found."""
        today = self.env.company._get_client_health_today()
        return fields.Date.end_of(fields.Date.add(today, months=1), "month")

    @api.depends("partner_id")
    def _compute_contact_id(self):
        for farewell in self:
            farewell.contact_id = farewell._propose_contact()

    def _propose_contact(self):
        """Return the person of the client where there is no doubt who, else it."""
        people = self.partner_id.child_ids.filtered(
            lambda contact: contact.type == "contact" and not contact.is_company
        )
        return people if len(people) == 1 else self.partner_id

    @api.depends("end_date")
    def _compute_contact_until(self):
        for farewell in self:
            end = farewell.end_date
            farewell.contact_until = end and fields.Date.add(end, months=1)

    @api.constrains("contact_id", "partner_id")
    def _check_contact_id(self):
        for farewell in self:
            contact, client = farewell.contact_id, farewell.partner_id
            if contact and not contact.filtered_domain(
                [("id", "child_of", client.ids)]
            ):
                raise ValidationError(
                    self.env._(
                        "%(contact)s is no contact of %(client)s.",
                        contact=contact.display_name,
                        client=client.display_name,
                    )
                )

    @api.constrains("partner_id", "company_id")
    def _check_one_open(self):
        """A firm parts for its branches too: both would ask for the same money.

        :raises ValidationError: where the other has an open case for this client
        """
        # sudo: a branch does not read the farewells of its firm
        cases = self.sudo().filtered(lambda case: case.state in OPEN_STATES)
        whose = Domain("partner_id", "in", cases.partner_id.ids)
        found = cases.search(whose & Domain("state", "in", OPEN_STATES))
        by_client = found.grouped("partner_id")
        for case in cases:
            own = case.company_id
            others = by_client[case.partner_id].company_id - own
            if others & own.parent_ids or own in others.parent_ids:
                raise ValidationError(
                    self.env._(
                        "There is an open farewell for %(client)s already, of the "
                        "firm or of a branch of it: a firm's letter is about its "
                        "branches too.",
                        client=case.partner_id.display_name,
                    )
                )

    @api.depends("partner_id")
    def _compute_display_name(self):
        for farewell in self:
            farewell.display_name = self.env._(
                "Farewell %(client)s", client=farewell.partner_id.display_name or ""
            )

    @api.model_create_multi
    def create(self, vals_list):
        # a client proposed by the context is one as much as a client in the values
        proposed = self.default_get(["partner_id"])
        Partner = self.env["res.partner"]
        vals_list = [proposed | vals for vals in vals_list]
        for vals in vals_list:
            contact = Partner.browse(vals.get("partner_id"))
            vals["partner_id"] = contact.commercial_partner_id.id
        return super().create(vals_list)

    def write(self, vals):
        """Write what may change; another address takes the approval back."""
        if not self.env.su:
            self._check_not_sent()
        if LETTER_FIELDS & set(vals):
            self._check_letter_open()
        readdressed = self._filter_readdressed(vals)
        result = super().write(vals)
        if (LETTER_FIELDS | ADDRESS_FIELDS) & set(vals) and not self.env.su:
            self._note_author()
        readdressed._take_approval_back()
        return result

    def _filter_readdressed(self, vals):
        """Return the approved cases whose letter would go elsewhere by these values."""
        names = ADDRESS_FIELDS & set(vals)
        if self.env.su or not names:  # sudo: our own steps say how a letter went
            return self.browse()
        return self.filtered(
            lambda case: (
                case.state == "approved"
                and any(
                    (case[name] or False) != (vals[name] or False) for name in names
                )
            )
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_in_progress(self):
        # one that went with its client is gone already in a bulk erasure
        farewells = self.exists()
        farewells._check_not_sent()
        if any(farewell.state == "approved" for farewell in farewells):
            raise UserError(
                self.env._("An approved farewell is kept; cancel it instead.")
            )

    def _check_not_sent(self):
        """
        :raises UserError: for a case whose letter went out, whatever came after it
        """
        if any(farewell.sent_date for farewell in self):
            raise UserError(self.env._("This letter was sent: it is kept as it is."))

    def _check_letter_open(self):
        self._check_not_sent()
        if any(farewell.state != "draft" for farewell in self):
            raise UserError(
                self.env._(
                    "The letter was approved: take it back to draft to change it."
                )
            )

    # -- approval

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
        # sudo: who approves answers whoever was asked
        self.sudo().activity_feedback(["mail.mail_activity_data_todo"])
        return True

    def action_ask_approval(self):
        """Ask another manager to read and approve letters, as their activity.

        :raises UserError: if something is missing, or nobody else may approve
        """
        self._take("draft")
        for farewell in self:
            farewell._check_nothing_missing()
            manager = farewell._get_approvers()[:1]
            if not manager:
                raise UserError(
                    self.env._("There is no other manager: approve it yourself.")
                )
            farewell._ask(manager)
        return True

    def _get_asked(self):
        """Return the managers who were asked to approve this letter, and may."""
        # sudo: a colleague asks somebody whose activities they need not see
        asked = self.sudo().activity_ids.filtered("automated").user_id
        return asked & self._get_managers() - self.sudo().author_id

    def _ask(self, manager):
        if not self._get_asked():
            env = self.with_context(lang=manager.lang).env
            # sudo: as above
            self.sudo().activity_schedule(
                "mail.mail_activity_data_todo",
                summary=env._("Read and approve this letter"),
                user_id=manager.id,
            )

    def action_draft(self):
        """Take approved letters back to change them; they need approval again.

        What the client's contact proposed and is otherwise now (the e-mail address, the
        language, the name) is taken over where nobody typed something else.

        :raises UserError: for a case whose letter went out: it is kept as sent
        """
        self._check_not_sent()
        self._take("approved", "cancelled")
        followed = [(case, case._prepare_followed_vals()) for case in self]
        self._move(
            "draft",
            approved_by_id=False,
            approved_date=False,
            send_error=False,
            lint_accepted_words=False,
            lint_user_id=False,
            **NOTHING_KEPT,
        )
        self._check_one_open()
        for case, vals in followed:
            case._follow_client(vals)
        return True

    def _check_manager(self):
        """
        :raises AccessError: for users who are no manager of Client Health
        """
        message = self.env._("Only a manager of Client Health approves a farewell.")
        require(self.env, GROUP_MANAGER, message)

    def _check_second_person(self):
        """Four eyes wherever there are four: the approver did not write the letter.

        :raises UserError: if this user wrote one, and its company has two managers
        """
        if any(farewell._needs_second_person() for farewell in self):
            raise UserError(
                self.env._(
                    "You wrote this letter: a second manager reads and approves it."
                )
            )

    def _needs_second_person(self):
        """Return whether this user wrote the letter, and another manager is there."""
        return self.author_id == self.env.user and bool(self._get_approvers())

    def _get_approvers(self):
        """Return the managers of the case's company but this user and its author."""
        others = self._get_managers() - self.env.user - self.author_id
        return others.filtered(lambda user: self.company_id in user.company_ids)

    def _get_managers(self):
        """Return everybody who may approve, whatever companies they work in."""
        group = self.env.ref(GROUP_MANAGER)
        # Users of other companies are hidden from this one.
        Users = self.env["res.users"].sudo()
        return Users.search([("all_group_ids", "in", group.ids), ("share", "=", False)])

    def _note_author(self):
        """Remember who wrote the letter, so that somebody else approves it.

        A manager stays its author when a colleague mends a word afterwards: else
        that word would let them approve their own letter.
        """
        user = self.env.user
        is_manager = user.has_group(GROUP_MANAGER)
        # Staff may change items without writing on the case itself.
        for farewell in self.sudo():
            if is_manager or not farewell.author_id.has_group(GROUP_MANAGER):
                farewell.author_id = user

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

    # -- the way of a case

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
        self._check_not_welcomed()
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
        self._check_not_welcomed()
        self.partner_id.action_archive()
        self._log(self.env._("The client was archived."))
        return True

    def _check_not_welcomed(self):
        """
        :raises UserError: for a client who is back: the case is history
        """
        for farewell in self.filtered("welcome_back_date"):
            raise UserError(
                self.env._(
                    "%(client)s was welcomed back: this farewell is over.",
                    client=farewell.partner_id.display_name,
                )
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

    @api.model
    def _keep_one_open(self, partners):
        """Leave clients that become one a single open case a company or firm.

        A merge of contacts deletes what clashes with a unique index. The case that is
        furthest stays; the others are cancelled, with their history.
        """
        whose = Domain("partner_id", "in", partners.ids)
        cases = self.search(whose & Domain("state", "in", OPEN_STATES))
        kept = self.browse()
        for case in cases.sorted(lambda one: (OPEN_STATES.index(one.state), one.id)):
            company = case.company_id
            above, own = company.parent_ids, kept.company_id
            # a firm's case is about its branches too
            if own & above or company in own.parent_ids:
                case._move("cancelled", **({} if case.sent_date else NOTHING_KEPT))
            else:
                kept |= case

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
        require(self.env, GROUP_USER, self.env._("You have no access to farewells."))

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
            env = farewell.with_context(lang=user.lang).env
            farewell.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=env._("Archive this client, if nothing is left to do"),
                user_id=user.id,
            )

    def _get_reminded(self):
        """Return who is responsible, or a manager where they may not see the case."""
        if self._may_know(self.user_id):
            return self.user_id
        managers = self._get_managers().filtered(self._may_know)
        return managers.sorted("id", reverse=True)[:1]

    @api.model
    def _get_companies_of(self, companies):
        """A branch does not read the farewells of its firm."""
        return companies

    def _log(self, text):
        # Written as the user who acts; the case itself is read-only by now.
        for farewell in self.sudo():
            farewell.message_post(
                body=text,
                author_id=self.env.user.partner_id.id,
                subtype_xmlid="mail.mt_note",
            )
