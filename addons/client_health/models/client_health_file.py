from dateutil.relativedelta import relativedelta
from odoo import api, models
from odoo.fields import Domain

from ..access import GROUP_MANAGER, require
from ..engine.judging import RANK, get_higher
from ..engine.rule import RULES
from ..sources.client_health_promise import SETTLED
from .client_health_snapshot import KEEP_MONTHS
from .rule_words import RuleWords

ACTIVITY = "client_health.mail_activity_type_refresh_failed"
TELL_AFTER_ATTEMPTS = 5
"""About an hour and a half: a lock or a restart has long gone by then."""
BATCH = 1000
"""Records that are removed in one transaction."""


class ClientHealthFile(models.AbstractModel):
    """A client's file: who may read it, what joins it, and when it is removed."""

    _name = "client.health.file"
    _description = "A Client's File"

    # the dossier, for who asks to see their own file

    def _check_may_print_dossier(self):
        """Only a manager answers a request for access.

        :raise AccessError: for anybody else
        """
        require(
            self.env,
            GROUP_MANAGER,
            self.env._("Only a Client Health manager may print a dossier."),
        )
        self.check_access("read")

    def _get_dossier(self):
        """Return everything that is kept about the client, in words.

        Amounts are there for a manager who may see invoices; for another they are
        said to be left out.

        :raise AccessError: for who is no manager
        """
        self.ensure_one()
        self._check_may_print_dossier()
        return {
            "facts": [self._get_dossier_fact(name) for name in self._get_facts()],
            "notes": self._word_balance_notes(),
            "traits": [
                self._get_dossier_trait(trait) for trait in self._get_dossier_traits()
            ],
            "incidents": self.incident_ids,
            "promises": self.promise_ids,
            "snapshots": self.snapshot_ids,
        }

    def _get_dossier_traits(self):
        """Return what this client is judged by, and what there is a flag of.

        What was decided on a trait that was switched off since is kept, so it is told.
        """
        judged = self.env["client.health.trait"].search(
            [("company_id", "in", (False, self.company_id.id))]
        )
        return judged | (self.flag_ids.trait_id - judged)

    def _get_dossier_fact(self, name):
        """Return ``label``, ``value`` (text, ``False`` where hidden), ``help``."""
        field = self._fields[name]
        hidden = not self._has_field_access(field, "read")
        return {
            "label": field._description_string(self.env),
            "value": False if hidden else self._word_fact(name),
            "help": field._description_help(self.env) or "",
        }

    def _get_dossier_trait(self, trait):
        """Return a trait with its rules in plain words and what was decided."""
        model, words = self.env["client.health"], RuleWords(self.env)
        return {
            "trait": trait,
            "rules": [
                {
                    "title": trait._fields[f"{rule}_domain"]._description_string(
                        self.env
                    ),
                    "text": words.word_domain(model, trait._get_usable_domain(rule)),
                }
                for rule in RULES
            ],
            "in_force": trait._is_in_force(self.company_id),
            "ready": trait not in self.not_ready_trait_ids,
            "flag": self.flag_ids.filtered(lambda flag: flag.trait_id == trait),
        }

    def _get_dossier_filename(self):
        return self.env._("Dossier - %(client)s", client=self.partner_id.name)

    # two clients become one: nothing that staff decided may be lost

    @api.model
    def _merge_clients(self, partners, into):
        """Move the health of ``partners`` to the client of ``into``.

        :param res.partner partners: clients that will be clients no more
        :param res.partner into: the contact whose client takes over
        """
        self.env.flush_all()
        client = into.commercial_partner_id
        for source in self.search([("partner_id", "in", partners.ids)]):
            if source.partner_id != client:
                self._ensure(client, source.company_id)._absorb(source)

    @api.model
    def _join_branches(self):
        """Join the records of branches into those of their companies.

        A branch is judged with the company it belongs to; records of its own are of
        before that was so. What staff decided, and the notes, go along.
        """
        self.env.flush_all()
        for source in self.search([("company_id.parent_id", "!=", False)]):
            client, company = source.partner_id, source.company_id
            self._ensure(client, company)._absorb(source)

    def _absorb(self, source):
        """Take over everything of another record of the same legal entity."""
        self.ensure_one()
        self._absorb_flags(source.flag_ids)
        self._absorb_snapshots(source)
        self.env.flush_all()
        # core's own way of moving every link, thread, activity and file
        Merge = self.env["base.partner.merge.automatic.wizard"]
        Merge._update_foreign_keys_generic(self._name, source, self)
        Merge._update_reference_fields_generic(self._name, source, self)
        self.env.invalidate_all()
        source.unlink()
        self._refresh_scores(self.ids)
        self.env["client.health.stale"]._mark(
            self.partner_id.ids, company_id=self.company_id.id
        )

    def _absorb_flags(self, flags):
        own = {flag.trait_id: flag for flag in self.flag_ids}
        for flag in flags:
            if flag.trait_id in own:
                self._join_flags(own[flag.trait_id], flag)
            else:
                flag.health_id = self
                flag._log_history("merged", reason=flag.decision_reason)

    @api.model
    def _join_flags(self, own, other):
        """Join another client's flag of the same trait into this client's own.

        The higher level stays until the facts say otherwise, and the later decision
        wins; the other one stays in the history.
        """
        other.history_ids.write({"flag_id": own.id})
        own.write(self._prepare_joined_level_vals(own, other))
        if self._is_decided_before(own, other):
            own.write(other._prepare_same_decision_vals())
        own._log_history(
            "merged",
            reason=other.decision_reason,
            until=other.decision_until,
            user_id=other.decision_user_id.id,
        )
        other.unlink()

    @api.model
    def _prepare_joined_level_vals(self, own, other):
        manual = get_higher(own.manual_level, other.manual_level)
        vals = {
            "manual_level": manual,
            "origin": "auto" if manual == "none" else "manual",
        }
        if RANK[other.level] > RANK[own.level]:
            vals.update(
                level=other.level,
                level_date=other.level_date,
                evidence=other.evidence,
                flag_unmet_since=other.flag_unmet_since,
                watch_unmet_since=other.watch_unmet_since,
            )
        return vals

    @api.model
    def _is_decided_before(self, own, other):
        """Return whether ``other`` holds the decision that counts."""
        if "none" in (own.decision, other.decision):
            return other.decision != "none"
        return own.decision_date < other.decision_date

    def _absorb_snapshots(self, source):
        """Keep this client's own month where both have one."""
        months = self.snapshot_ids.mapped("date")
        source.snapshot_ids.filtered(lambda taken: taken.date in months).unlink()
        source.snapshot_ids.write({"partner_id": self.partner_id.id})

    # nothing is kept longer than it is needed

    @api.model
    def _cron_purge(self):
        """Remove what is older than each company's retention, in batches."""
        for model, domain in self._get_all_purged_domains():
            while batch := self._lock_purged(model, domain):
                batch.unlink()
                if not self.env["ir.cron"]._commit_progress(len(batch)):
                    return

    @api.model
    def _lock_purged(self, model, domain):
        """Return records that may go, without those another session holds."""
        return self.env[model].search(domain, limit=BATCH).try_lock_for_update()

    @api.model
    def _get_all_purged_domains(self):
        """Yield model and domain of what has been kept long enough."""
        # sudo: the settings of each company, whoever runs the job
        companies = self.env["res.company"].sudo().with_context(active_test=False)
        for company in companies.search([("client_health_retention_months", ">", 0)]):
            for model, domain in self._get_purged_domains(company):
                yield model, Domain("company_id", "=", company.id) & domain

    @api.model
    def _get_purged_domains(self, company):
        """Return model and domain of what may go today, for one company."""
        today = company._get_client_health_today()
        before = today - relativedelta(months=company.client_health_retention_months)
        taken_before = today - relativedelta(months=KEEP_MONTHS)
        return [
            ("client.health.snapshot", Domain("date", "<", taken_before)),
            # a cleared flag goes with its decision and its history
            (
                "client.health.flag",
                Domain("level", "=", "none") & Domain("level_date", "<", before),
            ),
            ("client.health.incident", Domain("date", "<", before)),
            (
                "client.health.promise",
                Domain("date_promised", "<", before)
                & Domain("state", "in", (*SETTLED, "void")),
            ),
        ]

    # telling a manager that a client cannot be refreshed

    @api.model
    def _report_failure(self, client_id, error):
        result = super()._report_failure(client_id, error)
        mark = self.env["client.health.stale"].search(
            [("partner_ref", "=", client_id), ("error", "!=", False)], limit=1
        )
        if mark.attempt_count == TELL_AFTER_ATTEMPTS:
            client = self.env["res.partner"].browse(client_id).exists()
            self._tell_manager(client, self._word_failure)
        return result

    @api.model
    def _word_failure(self, env):
        return (
            env._("This client's health cannot be refreshed"),
            env._("The filter “Refresh Failed” in Clients shows for whom and why."),
        )

    @api.model
    def _tell_manager(self, client, word):
        """Plan an activity on this client's health, unless one is open anywhere.

        What fails for one client often fails for many: the activity leads to the
        filter that shows them all.

        :param res.partner client: one client
        :param word: gives summary and note in the language of an environment
        """
        activity_type = self.env.ref(ACTIVITY, raise_if_not_found=False)
        if not client or not activity_type or self._is_manager_told(activity_type):
            return
        own = self.search([("partner_id", "=", client.id)], limit=1)
        health = own or self._ensure(client, self.env.company)
        manager = self._get_manager(health.company_id)
        if manager:
            summary, note = word(
                self.with_context(lang=manager.lang or self.env.lang).env
            )
            health.activity_schedule(
                ACTIVITY, summary=summary, note=note, user_id=manager.id
            )

    @api.model
    def _is_manager_told(self, activity_type):
        open_one = [("activity_type_id", "=", activity_type.id)]
        return bool(self.env["mail.activity"].search_count(open_one, limit=1))

    @api.model
    def _get_manager(self, companies):
        """Return a manager of these companies, the newest first; may be empty.

        One who works in a branch only where the firm has no other.
        """
        managers = self.env["res.users"].search(
            [
                ("all_group_ids", "in", self.env.ref(GROUP_MANAGER).ids),
                ("company_ids", "child_of", companies.ids),
                ("share", "=", False),
            ],
            order="id desc",
        )
        own = managers.filtered(lambda user: companies & user.company_ids)
        return (own or managers)[:1]
