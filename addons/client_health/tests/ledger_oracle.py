"""The payment facts once more: what a bookkeeper with time would do, without SQL."""

from datetime import timedelta

from dateutil.relativedelta import relativedelta

FOLLOWED = 5


class LedgerOracle:
    """The open items of one client in one legal entity on one day."""

    def __init__(self, env, company, today):
        self.env = env(su=True)
        self.company = company
        self.today = today
        self.start = today - relativedelta(months=company.client_health_window_months)
        self.grace = company.client_health_grace_days
        self.companies = self.env["res.company"]
        if not company.parent_id:
            self.companies = self.companies.search([("id", "child_of", company.id)])
        self.owners = self.env["res.company"].search([]).partner_id
        self.known = min(today, max(self.get_known_days(), default=today))

    # ---- until when the bank is known

    def get_known_days(self):
        company = self.company
        days = [
            company.fiscalyear_lock_date,
            company.hard_lock_date,
            company.client_health_bank_complete_until,
        ]
        banks = self.get_movements(["bank"])
        year_ago = self.today - relativedelta(years=1)
        if not banks or max(banks) <= year_ago:
            banks += self.get_movements(["cash", "credit"])
        return [day for day in days + banks if day]

    def get_movements(self, kinds):
        found = []
        for journal in self.env["account.journal"].search([("type", "in", kinds)]):
            moves = self.env["account.move"].search(
                [
                    ("journal_id", "=", journal.id),
                    ("company_id", "in", self.companies.ids),
                    ("state", "=", "posted"),
                    ("date", "<=", self.today),
                ]
            )
            recent = moves.filtered(
                lambda move: (
                    move.statement_line_id
                    and move.date > self.today - relativedelta(years=1)
                )
            )
            found += (recent or moves).mapped("date")
        return found

    # ---- facts

    def get_facts(self, client):
        debts = [
            debt
            for debt in self.get_debts(client)
            if debt["open"]
            or (
                debt["settled"]
                and (debt["settled"] > self.start or debt["due"] > self.start)
            )
        ]
        late = [debt for debt in debts if debt["is_late"]]
        weight = sum(debt["paid"] + debt["open"] for debt in debts)
        base = weight + sum(debt["lost"] for debt in debts)
        overdue = [debt for debt in debts if debt["open"] and debt["days"] > 0]
        return {
            "instalment_due_count": len(debts),
            "late_count": len(late),
            "late_share": len(late) / len(debts) if debts else 0,
            "late_amount_share": (
                sum(debt["late_amount"] for debt in debts) / base if base else 0
            ),
            "days_late_avg": (
                sum(debt["weighted"] for debt in debts) / weight if weight else 0
            ),
            "late_cost": (
                sum(debt["weighted"] for debt in debts)
                * self.company.client_health_late_interest
                / 100
                / 365
            ),
            "overdue_amount": sum(debt["open"] for debt in overdue),
            "overdue_days_max": max([debt["days"] for debt in overdue], default=0),
            "overdue_month_count": sum(
                any(self.is_overdue_at(debt, end) for debt in debts)
                for end in self.get_month_ends()
            ),
            "written_off_amount": sum(debt["lost"] for debt in debts),
            "written_off_share": (
                sum(debt["lost"] for debt in debts) / base if base else 0
            ),
        }

    def get_month_ends(self):
        day, ends = self.known, []
        while len(ends) < 12:
            if (day + timedelta(days=1)).day == 1:
                ends.append(day)
            day -= timedelta(days=1)
        return ends

    def is_overdue_at(self, debt, end):
        settled = None if debt["open"] else debt["settled"]
        return (end - debt["due"]).days > 14 and (settled is None or settled > end)

    # ---- debts

    def get_lines(self, client):
        return (
            self.env["account.move.line"]
            .search(
                [
                    ("company_id", "in", self.companies.ids),
                    ("parent_state", "=", "posted"),
                    ("account_id.account_type", "=", "asset_receivable"),
                ]
            )
            .filtered(lambda line: line.partner_id.commercial_partner_id == client)
        )

    def get_debts(self, client):
        if client in self.owners:
            return []
        lines = self.get_lines(client)
        cancelled = self.get_cancelled(lines)
        debts = []
        for line in lines:
            move = line.move_id
            if (
                line.balance <= 0
                or move.move_type not in ("out_invoice", "out_receipt", "entry")
                or move.payment_state == "invoicing_legacy"
                or move.client_health_disputed
            ):
                continue
            due, kept = self.get_due(line), move.move_type != "entry"
            if not kept and (origins := list(self.get_origins(move, client))):
                if any(origin.move_id.client_health_disputed for _d, origin in origins):
                    continue
                due, kept = self.get_origin_due(origins), True
            if due > self.known:
                continue
            open_amount = 0 if line.reconciled else line.amount_residual
            debts.append(
                {
                    "line": line,
                    "due": due,
                    "kept": kept,
                    "rest": open_amount - cancelled.get(line, 0),
                    "parts": [],
                }
            )
        debts.sort(key=lambda debt: (debt["due"], debt["line"].id))
        self.add_matched(debts)
        self.add_unbooked(debts)
        self.set_off(debts, self.get_money(client, lines, cancelled))
        for debt in debts:
            self.judge(debt)
        return debts

    def get_due(self, line):
        move = line.move_id
        if move.move_type == "entry":
            sold = any(
                other.balance < 0 and other.account_id.account_type.startswith("income")
                for other in move.line_ids
            )
            if sold and not line.date_maturity:
                days = self.company.client_health_usual_term_days
                return line.date + timedelta(days=days)
            return line.date_maturity or line.date
        if not move.invoice_payment_term_id and (
            not line.date_maturity or line.date_maturity <= move.invoice_date
        ):
            days = self.company.client_health_usual_term_days
            return move.invoice_date + timedelta(days=days)
        return max(line.date_maturity or line.date, move.invoice_date)

    def get_origins(self, move, client, depth=0):
        """Yield the debts of the same client that an entry moved, and how far back."""
        for line in move.line_ids:
            if (
                line.account_id.account_type == "asset_receivable"
                and line.balance < 0
                and line.partner_id.commercial_partner_id == client
            ):
                for source in line.matched_debit_ids.debit_move_id:
                    yield depth, source
                    if source.move_id.move_type == "entry" and depth < FOLLOWED:
                        yield from self.get_origins(source.move_id, client, depth + 1)

    def get_origin_due(self, origins):
        documents = [
            self.get_due(source)
            for _depth, source in origins
            if source.move_id.move_type != "entry"
        ]
        if documents:
            return max(documents)
        deepest = max(depth for depth, _source in origins)
        return max(
            self.get_due(source) for depth, source in origins if depth == deepest
        )

    def get_cancelled(self, lines):
        """Return what cancels within an entry, by line: nobody matched a transfer."""
        result = {}
        for move, own in lines.grouped("move_id").items():
            if move.move_type != "entry":
                continue
            loose = own.filtered(lambda line: not line.reconciled).sorted("id")
            debits = loose.filtered(lambda line: line.amount_residual > 0)
            credits = loose.filtered(lambda line: line.amount_residual < 0)
            both = min(
                sum(debits.mapped("amount_residual")),
                -sum(credits.mapped("amount_residual")),
            )
            for side in (debits, credits):
                rest = both
                for line in side:
                    result[line] = min(rest, abs(line.amount_residual))
                    rest -= result[line]
        return result

    # ---- what it was settled with

    def add_matched(self, debts):
        for debt in debts:
            for part in debt["line"].matched_credit_ids:
                if not part.debit_amount_currency and not part.credit_amount_currency:
                    continue  # an exchange difference
                credit = part.credit_move_id
                if debt["kept"] or credit.date > debt["line"].date:
                    part = self.get_part(credit, part.amount, debt["line"].move_id)
                    if part["day"] > debt["due"]:
                        part["day"] = self.get_bank_day(credit)
                    debt["parts"].append(part)

    def get_bank_day(self, credit):
        """Return when a payment was on the bank, where that was before its own day."""
        payment = credit.move_id.origin_payment_id
        days = [payment.date or credit.date]
        if payment.is_matched:
            waiting = payment.move_id.line_ids.filtered(lambda line: line.balance > 0)
            bank = waiting.matched_credit_ids.credit_move_id
            days += bank.filtered("statement_line_id").mapped("date")
        return min(days)

    def get_part(self, credit, amount, of_debt=None):
        day = credit.move_id.origin_payment_id.date or credit.date
        reverses = of_debt and credit.move_id.reversed_entry_id == of_debt
        if credit.move_id.move_type == "out_refund" or reverses:
            return {"day": day, "came": 0, "lost": 0}
        moved, lost = self.get_shares(credit)
        return {"day": day, "came": amount * (1 - moved - lost), "lost": amount * lost}

    def get_shares(self, credit):
        """Return which shares of a credit were moved and lost, by the other side."""
        if credit.parent_state != "posted":
            return 0, 0
        lines = credit.move_id.line_ids
        debits = lines.filtered(lambda line: line.balance > 0)
        owed = lines.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        )
        moves = (debits & owed).filtered(
            lambda line: line.partner_id and line.partner_id not in self.owners
        )
        moved = sum(moves.mapped("balance"))
        others = debits - moves
        alone = credit == lines.filtered(lambda line: line.balance < 0)
        one_client = len(owed.partner_id) == 1
        if moves:
            same = -credit.balance in moves.mapped("balance")
            own = owed.filtered(lambda line: line.partner_id == credit.partner_id)
            equal = not round(sum(own.mapped("balance")), 2)
            if same or equal or all(line in owed for line in lines if line.balance):
                return 1, 0
            if not (alone or one_client):
                return 0, self.get_lost(others) / (sum(others.mapped("balance")) or 1)
        total = sum(debits.mapped("balance"))
        return moved / total, self.get_lost(others) / total

    def get_lost(self, lines):
        lost = lines.filtered(lambda line: self.is_loss(line.account_id))
        taxes = self.env["account.tax.repartition.line"].search([]).account_id
        tax = lines.filtered(lambda line: line.account_id in taxes) if lost else lost
        return sum((lost | tax).mapped("balance"))

    def is_loss(self, account):
        company = self.company
        if account in company.client_health_loss_account_ids:
            return True
        neutral = (
            company.client_health_paid_account_ids
            | company.account_journal_early_pay_discount_loss_account_id
            | company.account_journal_early_pay_discount_gain_account_id
            | company.expense_currency_exchange_account_id
            | company.income_currency_exchange_account_id
        )
        kind = account.account_type.partition("_")[0]
        return kind in ("income", "expense") and account not in neutral

    def add_unbooked(self, debts):
        """Give payments of an invoice that have no entry to its open instalments."""
        payments = self.env["account.payment"].search(
            [("move_id", "=", False), ("payment_type", "=", "inbound")],
            order="date, id",
        )
        for payment in payments:
            rest = payment.amount_company_currency_signed
            for debt in debts:
                move = debt["line"].move_id
                untouched = move.amount_residual == move.amount_total
                if move in payment.invoice_ids and (
                    payment.state == "in_process"
                    or (payment.state == "paid" and untouched)
                ):
                    taken = min(rest, debt["rest"])
                    rest -= taken
                    self.take(debt, taken, {"day": payment.date, "came": 1, "lost": 0})

    def take(self, debt, amount, share):
        if amount > 0:
            debt["rest"] -= amount
            debt["parts"].append(
                {
                    "day": share["day"],
                    "came": amount * share["came"],
                    "lost": amount * share["lost"],
                }
            )

    def get_money(self, client, lines, cancelled):
        """Return money on account, oldest first, less what left in suspense."""
        money = []
        for line in lines:
            amount = -line.amount_residual - cancelled.get(line, 0)
            if line.balance < 0 and not line.reconciled and amount > 0:
                is_note = line.move_id.move_type == "out_refund"
                part = self.get_part(line, 1) | {"day": self.get_bank_day(line)}
                money.append((part["day"], is_note, line.id, amount, part))
        statements = self.env["account.bank.statement.line"].search(
            [("is_reconciled", "=", False), ("company_id", "in", self.companies.ids)]
        )
        gone = 0
        for statement in statements.filtered(lambda own: self.get_payer(own) == client):
            suspense = statement.move_id.line_ids.filtered(
                lambda line: line.account_id == line.journal_id.suspense_account_id
            )
            amount = -sum(suspense.mapped("balance"))
            part = {"day": statement.date, "came": 1, "lost": 0}
            if self.is_registered(statement, amount):
                continue
            if amount > 0:
                money.append((part["day"], False, suspense.id, amount, part))
            else:
                gone -= amount
        for payment in self.get_unbooked(client):
            amount = payment.amount_company_currency_signed
            part = {"day": payment.date, "came": 1, "lost": 0}
            if amount < 0:
                gone -= amount
            else:
                money.append((part["day"], False, payment.id, amount, part))
        return self.spend(sorted(money, key=lambda own: own[:3]), gone)

    def get_unbooked(self, client):
        """Return payments without entry that no invoice of the client waits for."""
        payments = self.env["account.payment"].search(
            [
                ("move_id", "=", False),
                ("state", "=", "in_process"),
                ("partner_type", "=", "customer"),
                ("company_id", "in", self.companies.ids),
            ]
        )
        return payments.filtered(
            lambda payment: (
                payment.partner_id.commercial_partner_id == client
                and (payment.payment_type == "outbound" or not payment.invoice_ids)
            )
        )

    def get_payer(self, statement):
        """Return the client whose money it is, by name or by bank account."""
        number = statement.account_number
        owners = statement.partner_id
        if not owners and number:
            number = "".join(sign for sign in number if sign.isalnum()).upper()
            accounts = self.env["res.partner.bank"].search([])
            owners = accounts.filtered(
                lambda account: account.sanitized_acc_number == number
            ).partner_id
        clients = owners.commercial_partner_id
        return clients if len(clients) == 1 else clients.browse()

    def is_registered(self, statement, amount):
        """Return whether a payment waits to be matched with this bank line."""
        payments = self.env["account.payment"].search(
            [
                ("journal_id", "=", statement.journal_id.id),
                ("state", "in", ("in_process", "paid")),
                ("is_matched", "=", False),
            ]
        )
        client = self.get_payer(statement)
        waiting = [
            payment
            for payment in payments
            if payment.partner_id.commercial_partner_id == client
            and payment.amount_company_currency_signed == amount
            and abs((payment.date - statement.date).days) <= 7
        ]
        earlier = self.env["account.bank.statement.line"].search(
            [
                ("journal_id", "=", statement.journal_id.id),
                ("is_reconciled", "=", False),
                ("amount", "=", statement.amount),
                ("internal_index", "<", statement.internal_index),
                ("date", ">=", statement.date - timedelta(days=7)),
            ]
        )
        own = [
            line for line in earlier if line.partner_id.commercial_partner_id == client
        ]
        return len(waiting) > len(own)

    def spend(self, money, gone):
        left = []
        for _day, _note, _id, amount, part in money:
            spent = min(gone, amount)
            gone -= spent
            if amount > spent:
                left.append([amount - spent, part])
        return left

    def set_off(self, debts, money):
        for own in money:
            for debt in debts:
                taken = min(own[0], debt["rest"])
                if taken <= 0:
                    continue
                own[0] -= taken
                before = not debt["kept"] and own[1]["day"] <= debt["line"].date
                nothing = {"day": own[1]["day"], "came": 0, "lost": 0}
                self.take(debt, taken, nothing if before else own[1])

    # ---- how it is judged

    def judge(self, debt):
        amount = debt["line"].balance
        small = min(self.company.client_health_small_amount, amount / 100)
        due = debt["due"]
        parts = [own | {"day": min(own["day"], self.today)} for own in debt["parts"]]
        paid = sum(part["came"] for part in parts)
        lost = sum(part["lost"] for part in parts)
        lost = lost if lost > small + 1e-9 else 0
        large = [part["day"] for part in parts if part["came"] > small]
        rest = [part for part in parts if 0 < part["came"] <= small]
        if sum(part["came"] for part in rest) > small:
            large += [part["day"] for part in rest]
        paid_on = max(large, default=None)
        lost_on = max([part["day"] for part in parts if part["lost"]], default=None)
        settled = [day for day in (paid_on, lost_on if lost else None) if day]
        judged = [
            day for day in (paid_on, lost_on if lost >= amount / 20 else None) if day
        ]
        is_open = debt["rest"] > small + 1e-9
        days = (self.known - due).days if is_open else 0
        open_amount = debt["rest"] if is_open else 0
        debt |= {
            "open": open_amount,
            "days": days,
            "paid": paid,
            "lost": lost,
            "settled": max(settled, default=None),
            "is_late": max([days, *((day - due).days for day in judged)]) > self.grace,
            "weighted": open_amount * days
            + sum(part["came"] * max((part["day"] - due).days, 0) for part in parts),
            "late_amount": (open_amount if days > self.grace else 0)
            + sum(
                part["came"] for part in parts if (part["day"] - due).days > self.grace
            ),
        }
