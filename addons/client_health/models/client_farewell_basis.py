from collections import namedtuple

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools.misc import format_date

from ..access import AMOUNT_GROUPS
from ..letter import address, invoices
from ..letter.changes import compare, find_excess
from ..letter.text import format_amount, single_recipient

Told = namedtuple("Told", "text stops", defaults=[frozenset()])
"""What is told of a change, and the ways that the letter may not go because of it."""

BOTH_WAYS = frozenset({"email", "post"})
FOLLOWED = ("email_to", "delivery", "lang", "salutation")
"""What the client's contact proposes, and a letter taken back to draft follows."""


class ClientFarewellBasis(models.AbstractModel):
    """What a letter was approved on, and what of it changed since.

    A letter goes out as it was approved; who sends it is told what it would now say
    otherwise. Two things are worse than out of date: to ask for money that is no longer
    due, and to go where the client no longer is. When in doubt nothing counts against
    the client, so such a letter waits until it is approved again.
    """

    _name = "client.farewell.basis"
    _description = "What a Farewell Letter Was Approved On"
    _protected_fields = ("letter_basis",)

    letter_basis = fields.Json(
        readonly=True,
        copy=False,
        export_string_translation=False,
        groups=AMOUNT_GROUPS,  # it holds what was still to be paid
        help="Whom the letter is to and what was open when it was approved.",
    )
    changes = fields.Text(
        string="Changed Since Approval",
        compute="_compute_changes",
        help="What the letter would say otherwise now, a line each.",
    )
    is_outdated = fields.Boolean(
        string="To Be Approved Again",
        compute="_compute_changes",
        help="The letter waits for another approval: it asks for money that is no "
        "longer due, goes to an address that is no longer the client's, or names an "
        "end date that has passed.",
    )

    @api.depends("state", "delivery", "end_date", "letter_digest")
    @api.depends_context("uid", "lang")
    def _compute_changes(self):
        found = self._origin._get_changes()
        for farewell in self:
            told = found.get(farewell._origin.id, [])
            farewell.changes = "\n".join(f"• {one.text}" for one in told)
            farewell.is_outdated = any(farewell.delivery in one.stops for one in told)

    # -- then and now

    def _keep_basis(self):
        """Keep what the letter is approved on, to say later what of it changed."""
        now = self._get_basis()
        for case in self:
            case.letter_basis = now[case.id]

    def _get_basis(self):
        """Return, by id, whom letters are to and what is open, as it holds now.

        For our own steps, as superuser: a letter is complete whoever sends it. The
        number of queries does not depend on the number of letters.
        """
        opened = self._get_open_lines_by_case()
        return {
            case.id: {
                **case._get_whom(),
                **invoices.get_open_amounts(opened[case]),
                "proposed": {name: case._propose(name) for name in FOLLOWED},
            }
            for case in self
        }

    def _get_whom(self):
        translated = self.with_context(lang=self.lang)
        client = translated.partner_id
        contact = client if self._is_contact_gone() else translated.contact_id
        names = address.get_names(client, contact)
        lines = address.get_address_lines(client, contact, translated.company_id)
        email = contact.email or client.email or ""
        return {
            "client": client.name or "",
            "contact": contact.name if len(names) > 1 else "",
            "address": ", ".join(line.strip() for line in lines if line.strip()),
            "email": single_recipient(email) or email,
            "lang": contact.lang or client.lang or "",
        }

    def _is_contact_gone(self):
        """Return whether the one addressed is no longer with the client."""
        contact, client = self.contact_id, self.partner_id
        if contact == client:
            return False
        return not contact.active or client not in self._get_above(contact)

    def _get_open_lines_by_case(self):
        """Return each client's open receivable lines in the case's company.

        Those of its branches too, whichever of them are on, as far as who asks works
        there: a firm parts as a whole, a branch for itself.
        """
        clients, companies = self.partner_id, self.company_id
        # sudo: which branches there are; below only those of the user are read
        family = companies.sudo().search([("id", "child_of", companies.ids)])
        own = self.env.companies | (family & self.env.user.company_ids)
        whose = Domain("move_id.commercial_partner_id", "in", clients.ids) | Domain(
            "partner_id", "child_of", clients.ids
        )
        Line = self.env["account.move.line"].with_context(allowed_company_ids=own.ids)
        lines = Line.search(
            whose
            & Domain("company_id", "in", family.ids)
            & Domain("parent_state", "=", "posted")
            & Domain("account_id.account_type", "=", "asset_receivable")
            & Domain("reconciled", "=", False)
            & Domain("amount_residual_currency", "!=", 0),
            order="currency_id, date_maturity, id",
        )
        found = {}
        for line in lines:
            for owner in self._get_owners(line):
                for company in line.company_id.parent_ids:
                    found.setdefault((owner, company), []).append(line.id)
        return {
            case: lines.browse(found.get((case.partner_id, case.company_id), ()))
            for case in self
        }

    @api.model
    def _get_owners(self, line):
        """Return whose a line is: the invoice's client, its contact and those above."""
        return line.move_id.commercial_partner_id | self._get_above(line.partner_id)

    @api.model
    def _get_above(self, contact):
        """Return a contact and whom it belongs to, up to the top."""
        found = contact
        while contact.parent_id - found:
            contact = contact.parent_id
            found |= contact
        return found

    # -- what is told of it

    def _get_changes(self):
        """Return what differs now from what was approved, in the user's language.

        Only letters that were approved and not sent yet have something to tell. Who may
        not see invoices is told that what is to be paid changed, and not how.

        :return: a list of ``Told`` by the id of the case
        """
        # sudo: what changed counts whoever looks; amounts are left out below
        waiting = self.sudo().filtered(lambda case: case.state == "approved")
        known = waiting.filtered("letter_basis")
        now = known._get_basis()
        found = {
            case.id: case.with_env(self.env)._tell_changes(
                case.letter_basis, now[case.id]
            )
            for case in known
        }
        for case in waiting - known:  # of before this was kept
            found[case.id] = [Told(self.env._("What it was approved on is not known."))]
        for case in waiting:
            if case.end_date and case.end_date < case._get_today():
                found[case.id].insert(0, self._tell_end_date(case))
        return found

    def _tell_end_date(self, case):
        day = format_date(self.env, case.end_date, date_format="long")
        text = self.env._("The end date that it names has passed: %(date)s.", date=day)
        return Told(text, BOTH_WAYS)

    def _tell_changes(self, basis, now):
        """Return what is told of one letter: first why it waits, then the rest."""
        self.ensure_one()
        changes = compare(basis, now)
        whom = [c for c in changes if not c.row and c.what != "account"]
        money = [c for c in changes if c not in whom]
        excess = find_excess(basis["open"], now["open"])
        tell = self._tell_money if self._sees_amounts() else self._tell_that_of_money
        told = [self._tell_whom(change, basis) for change in whom]
        return sorted(
            told + tell(money, excess), key=lambda one: self.delivery not in one.stops
        )

    def _tell_whom(self, change, basis):
        labels = {
            "client": self.env._("Name of the client"),
            "contact": self.env._("Addressed to"),
            "address": self.env._("Address"),
            "email": self.env._("E-mail address of the client"),
            "lang": self.env._("Language of the client"),
        }
        before, after = change.before, change.after
        if change.what == "lang":
            names = dict(self.env["res.lang"].get_installed())
            before, after = names.get(before, before), names.get(after, after)
        text = self._word_change(labels[change.what], before, after)
        return Told(text, self._get_stopped(change, basis))

    def _word_change(self, what, before, after):
        return self.env._(
            "%(what)s: %(before)s → %(after)s",
            what=what,
            before=before or self.env._("none"),
            after=after or self.env._("none"),
        )

    def _get_stopped(self, change, basis):
        """Return which ways would bring the letter where the client no longer is."""
        if change.what == "address":
            return frozenset({"post"})
        if change.what == "email" and basis["email"] == self.email_to:
            return frozenset({"email"})  # else somebody typed where it goes
        return frozenset()

    def _tell_money(self, changes, excess):
        told = []
        for currency, (asked, due) in excess.items():
            text = self.env._(
                "The letter asks for %(asked)s; %(due)s of that is still due.",
                asked=self._word_amount(asked, currency),
                due=self._word_amount(due, currency),
            )
            told.append(Told(text, BOTH_WAYS))
        return told + [Told(self._word_money(change)) for change in changes]

    def _tell_that_of_money(self, changes, excess):
        """Return what is told of money to who may not see invoices."""
        told = []
        if excess:
            text = self.env._("It asks for more than is still due.")
            told.append(Told(text, BOTH_WAYS))
        if changes:
            text = self.env._(
                "What is to be paid changed; a colleague who may see invoices sees how."
            )
            told.append(Told(text))
        return told

    def _word_money(self, change):
        """Return what became of one invoice, credit note or payment, or of where to."""
        row = change.row
        if not row:
            label = self.env._("Account to pay to")
            return self._word_change(label, change.before, change.after)
        values = {
            "name": row["name"],
            "before": self._word_value(change.before, row["currency"]),
            "after": self._word_value(change.after, row["currency"]),
        }
        if change.what == "settled":
            if change.before < 0:
                return self.env._("%(name)s: %(before)s is settled", **values)
            return self.env._(
                "%(name)s: %(before)s in the letter, nothing is open now", **values
            )
        if change.what == "disputed":
            if row["disputed"]:
                return self.env._("%(name)s: disputed now, so not asked for", **values)
            return self.env._("%(name)s: no longer disputed", **values)
        if change.what == "open":
            if change.after < 0:
                return self.env._(
                    "%(name)s: %(after)s received or credited, not in the letter",
                    **values,
                )
            return self.env._("%(name)s: %(after)s open, not in the letter", **values)
        if change.what == "due":
            return self.env._(
                "%(name)s: due %(before)s in the letter, %(after)s now", **values
            )
        return self.env._("%(name)s: %(before)s in the letter, %(after)s now", **values)

    def _word_value(self, value, currency):
        if isinstance(value, list):
            return ", ".join(format_date(self.env, day) for day in value)
        return self._word_amount(value, currency)

    def _word_amount(self, amount, currency):
        return format_amount(amount, currency, self.env.lang or "en_US")

    # -- what follows from it

    def _filter_stopped(self, way):
        """Return the letters that may not go as they were approved, see ``Told``."""
        found = self._get_changes()
        return self.filtered(
            lambda case: any(way in one.stops for one in found.get(case.id, []))
        )

    def _check_current(self, way):
        """
        :param str way: how letters are to go, ``email`` or ``post``
        :raises UserError: for one that would ask for money that is no longer due, go
            where the client no longer is, or name an end date that has passed
        """
        found = self._get_changes()
        for case in self:
            reasons = [one.text for one in found.get(case.id, []) if way in one.stops]
            if reasons:
                raise UserError(
                    self.env._(
                        "%(name)s does not go out as it was approved: take it back to "
                        "draft and have it approved again.\n%(reasons)s",
                        name=case.display_name,
                        reasons="\n".join(reasons),
                    )
                )

    def _prepare_followed_vals(self):
        """Return what the client's contact proposes now, where the letter took that.

        What somebody typed or chose stays, unless whom it is for has left. A language
        does not change under texts that were edited.
        """
        self.ensure_one()
        # sudo: what was approved, whoever takes it back
        if self.sudo().letter_basis and self._is_contact_gone():
            return {"contact_id": self._propose_contact().id}  # the others follow it
        then = (self.sudo().letter_basis or {}).get("proposed", {})
        now = {name: self._propose(name) for name in then}
        vals = {
            name: value
            for name, value in now.items()
            if value != then[name] and (self[name] or False) == (then[name] or False)
        }
        if not vals.get("lang") or self._has_own_texts():
            vals.pop("lang", None)
        if "lang" in vals:
            vals.pop("salutation", None)  # follows by itself
        return vals

    def _follow_client(self, vals):
        """Write what the client's contact proposes now, and say so.

        As whoever takes the letter back: where it goes is theirs to answer for, and
        somebody else's to approve.
        """
        if not vals:
            return
        self.write(vals)
        labels = [self._fields[name]._description_string(self.env) for name in vals]
        self._log(
            self.env._(
                "Taken over from the client: %(fields)s.", fields=", ".join(labels)
            )
        )
