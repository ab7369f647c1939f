import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..access import GROUP_USER
from ..engine.statement import execute
from .mail_activity import CONFIDENTIAL

_logger = logging.getLogger(__name__)

MOST = 10
"""Rows of one kind that a mail names; of the others it says how many there are."""
ENDING_DAYS = 7
"""How long before the end of a dismissal who decided is told."""
ORDER = "level, score, days_late_avg desc, id"
"""The most serious first, as in the inbox."""


class ClientHealthTold(models.Model):
    """What a colleague was told of by mail, so that nobody is told twice.

    A row is forgotten once it is over: what comes back later is told again. A first
    count, or a rule that finds hundreds, is one mail as well.
    """

    _name = "client.health.told"
    _description = "Client Health: Told by Mail"
    _inherit = ["client.health.protected"]
    _protected_fields = ("user_id",)
    _log_access = False

    user_id = fields.Many2one(
        comodel_name="res.users",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    what = fields.Selection(
        selection=[
            ("watch", "Watch"),
            ("flag", "Flag"),
            ("assigned", "Assigned"),
            ("ending", "Dismissal about to end"),
            ("step", "Step due"),
        ],
        required=True,
    )
    flag_id = fields.Many2one(
        comodel_name="client.health.flag", index="btree_not_null", ondelete="cascade"
    )
    activity_id = fields.Many2one(
        comodel_name="mail.activity", index="btree_not_null", ondelete="cascade"
    )

    _flag_unique = models.UniqueIndex("(user_id, what, flag_id)")
    _activity_unique = models.UniqueIndex("(user_id, activity_id)")

    @api.model
    def _cron_tell(self):
        """Mail each colleague what is new to them, each in a transaction of their own.

        A mail is queued in the transaction that keeps what it told: killed at any
        point, nothing is told twice and nothing is lost.
        """
        self._forget()
        users = list(self._get_users_to_tell())
        while users:
            user = users.pop(0)
            error = self.env["client.health"]._attempt(self._tell, user)
            if error:
                _logger.warning("User %s was not told: %s", user.id, error)
            if not self.env["ir.cron"]._commit_progress(1, remaining=len(users)):
                break

    @api.model
    def _forget(self):
        """Forget what is over, so that it is told when it comes back.

        Not what is held against flapping: the same flag coming back is no news.
        """
        Flag = self.env["client.health.flag"]
        held = (
            Flag._get_raised_domain()
            & Domain("decision", "=", "none")
            & Domain("watch_unmet_since", "!=", False)
        )
        kinds = {
            "watch": ~Domain("flag_id", "any", Flag._get_inbox_domain() | held),
            "ending": Domain("flag_id.decision", "!=", "dismissed")
            | self._get_later_domain("ending", "flag_id.decision_until", ENDING_DAYS),
            "step": Domain("activity_id.active", "=", False)
            | self._get_later_domain("step", "activity_id.date_deadline"),
        }
        kinds["flag"] = kinds["assigned"] = kinds["watch"]
        self.search(
            Domain.OR(Domain("what", "=", what) & over for what, over in kinds.items())
        ).unlink()

    @api.model
    def _get_later_domain(self, what, date_field, days=0):
        """Return the domain of what was told and was put off since.

        The day changes for a reader before it does for the server, or after.

        :param str date_field: the date that it is told by
        :param int days: how long before that date it is told
        """
        readers = {}
        for user in self.search([("what", "=", what)]).user_id:
            readers.setdefault(self._get_today(user), []).append(user.id)
        return Domain.OR(
            Domain("user_id", "in", user_ids)
            & Domain(date_field, ">", today + timedelta(days=days))
            for today, user_ids in readers.items()
        )

    @api.model
    def _get_users_to_tell(self):
        """Return who wants to be told now: weekly is on Mondays, or when it was
        missed."""
        users = self.env["res.users"].search(
            [
                ("all_group_ids", "in", self.env.ref(GROUP_USER).ids),
                ("share", "=", False),
                ("client_health_notice", "in", ("now", "weekly")),
                ("email", "!=", False),
            ],
            order="id",
        )
        return users.filtered(
            lambda user: (
                user.client_health_notice == "now"
                or not user.client_health_told_on
                or user.client_health_told_on < self._get_monday(user)
            )
        )

    @api.model
    def _get_today(self, user):
        return fields.Date.context_today(self.with_context(tz=user.tz))

    @api.model
    def _get_monday(self, user):
        today = self._get_today(user)
        return today - timedelta(days=today.weekday())

    @api.model
    def _tell(self, user):
        """Queue one mail with all that is new to a colleague; none without news."""
        user.client_health_told_on = self._get_today(user)
        # as the reader: their companies, their language, and no amount beyond theirs
        own = self.with_user(user).with_context(
            lang=user.lang, tz=user.tz, allowed_company_ids=user.company_ids.ids
        )
        news = own._find_news(user)
        if any(news.values()):
            self._queue_mail(user, own._prepare_mail(news))

    # what is new to the reader

    @api.model
    def _find_news(self, user):
        """Return what the reader was not told yet, and note it as told.

        :return: dict of records: flags that are ``assigned``, that are ``open`` or
            whose dismissal is ``ending``, activities that are a ``step`` due
        """
        assigned = self._find_flags(
            user, "assigned", Domain("assignee_id", "=", user.id)
        )
        at_flag = self._find_flags(user, "flag", Domain("level", "=", "flag"))
        at_watch = self._find_flags(
            user, "watch", Domain("level", "=", "watch") & self._unless_told(user)
        )
        return {
            "assigned": assigned,
            "open": at_flag + at_watch - assigned,
            "ending": self._find_ending(user),
            "step": self._find_steps(user),
        }

    @api.model
    def _unless_told(self, user):
        """Leave out what fell from flag to watch: the worse was told."""
        told = self.sudo()._search(  # sudo: nobody reads what was told to whom
            [("user_id", "=", user.id), ("what", "=", "flag")]
        )
        return Domain("id", "not in", told.subselect("flag_id"))

    @api.model
    def _find_flags(self, user, what, domain):
        Flag = self.env["client.health.flag"]
        # while the first count of a company is under way there is nothing to tell
        # sudo: the company's own bookkeeping; which flags is by the reader's rights
        companies = self.env["res.company"].sudo()
        counted = Domain(
            "company_id",
            "in",
            companies.search([("client_health_refreshed_on", "!=", False)]).ids,
        )
        found = Flag.search(Flag._get_inbox_domain() & counted & domain, order=ORDER)
        return self._note(user, what, found)

    @api.model
    def _find_ending(self, user):
        """Return the reader's dismissals that are about to end."""
        Flag = self.env["client.health.flag"]
        soon = self._get_today(user) + timedelta(days=ENDING_DAYS)
        found = Flag.search(
            Flag._get_raised_domain()
            & Flag._get_dismissed_domain()
            & Domain("decision_user_id", "=", user.id)
            & Domain("partner_id.active", "=", True)
            & Domain("decision_until", "<=", soon),
            order="decision_until, id",
        )
        return self._note(user, "ending", found)

    @api.model
    def _find_steps(self, user):
        """Return the reader's activities on clients and cases that are due.

        What we ask about flags by ourselves is among the flags already.
        """
        found = self.env["mail.activity"].search(
            [
                ("user_id", "=", user.id),
                ("res_model", "in", CONFIDENTIAL),
                ("date_deadline", "<=", self._get_today(user)),
                "|",
                ("automated", "=", False),
                ("res_model", "=", "client.farewell"),
            ],
            order="date_deadline, id",
        )
        return self._note(user, "step", found)

    @api.model
    def _note(self, user, what, records):
        """Note records as told, and return those that were not told before."""
        column = "activity_id" if records._name == "mail.activity" else "flag_id"
        if not records:
            return records
        rows = execute(
            self.env,
            SQL(
                """INSERT INTO client_health_told (user_id, what, %(column)s)
                   SELECT %(user)s, %(what)s, told.id
                     FROM unnest(%(ids)s::integer[]) AS told (id)
                       ON CONFLICT DO NOTHING
                RETURNING %(column)s""",
                column=SQL.identifier(column),
                user=user.id,
                what=what,
                ids=records.ids,
            ),
        )
        new = {record_id for (record_id,) in rows}
        return records.filtered(lambda record: record.id in new)

    # the mail

    @api.model
    def _prepare_mail(self, news):
        """Return subject and body in the reader's language."""
        flags = len(news["assigned"]) + len(news["open"])
        parts = [
            self.env._("%(count)s to decide", count=flags) if flags else "",
            self.env._("%(count)s about to end", count=len(news["ending"]))
            if news["ending"]
            else "",
            self.env._("%(count)s to do", count=len(news["step"]))
            if news["step"]
            else "",
        ]
        sections = [
            self._prepare_section(self.env._("For you to decide"), news["assigned"]),
            self._prepare_section(self.env._("To decide"), news["open"]),
            self._prepare_section(
                self.env._("Your dismissal is about to end"), news["ending"]
            ),
            self._prepare_section(self.env._("Your next step is due"), news["step"]),
        ]
        return {
            "subject": self.env._(
                "Client Health: %(what)s", what=", ".join(filter(None, parts))
            ),
            "body_html": self.env["ir.qweb"]._render(
                "client_health.client_health_told_mail",
                {
                    "sections": [section for section in sections if section["rows"]],
                    "inbox_url": f"{self.get_base_url()}/odoo/client-flags",
                },
            ),
        }

    @api.model
    def _prepare_section(self, title, records):
        return {
            "title": title,
            "count": len(records),
            "rows": [self._prepare_row(record) for record in records[:MOST]],
            "more": max(len(records) - MOST, 0),
        }

    @api.model
    def _prepare_row(self, record):
        if record._name == "client.health.flag":
            on, text = record.health_id, record.reason
            what = record.label
            name = record.partner_id.display_name
        else:
            on = self.env[record.res_model].browse(record.res_id)
            name, text = on.display_name, record.summary
            what = record.activity_type_id.name
        url = f"{self.get_base_url()}/mail/view?model={on._name}&res_id={on.id}"
        return {"name": name, "what": what, "text": text, "url": url}

    @api.model
    def _queue_mail(self, user, mail):
        company = user.company_id
        self.env["mail.mail"].create(
            {
                **mail,
                "email_to": user.email_formatted,
                "email_from": company.email_formatted or user.email_formatted,
                "headers": repr({"Auto-Submitted": "auto-generated"}),
                "auto_delete": True,
            }
        )
        # at once: the queue of mails runs once an hour by itself
        self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()
