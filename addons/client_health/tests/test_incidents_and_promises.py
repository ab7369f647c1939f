from freezegun import freeze_time
from lxml import etree
from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.service.model import call_kw
from odoo.tests import Form, tagged

from .common import BooksCase, new_test_user


class RecordsCase(BooksCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.company_data["company"]
        cls.env.user.group_ids += cls.env.ref(
            "client_health.client_health_group_manager"
        )
        cls.user = new_test_user(
            cls.env,
            login="health_user",
            groups="client_health.client_health_group_user",
            company_id=cls.company.id,
            company_ids=cls.company.ids,
        )
        cls.bookkeeper = new_test_user(
            cls.env,
            login="health_bookkeeper",
            groups="client_health.client_health_group_user,"
            "account.group_account_invoice",
            company_id=cls.company.id,
            company_ids=cls.company.ids,
        )
        cls.client = cls.env["res.partner"].create(
            {"name": "Client", "is_company": True}
        )
        cls.person = cls.env["res.partner"].create(
            {"name": "Person", "parent_id": cls.client.id}
        )

    @classmethod
    def make_invoice(cls, amount=1000.0, partner=None, move_type="out_invoice"):
        move = cls.init_invoice(
            move_type,
            partner=partner or cls.client,
            invoice_date=fields.Date.today(),
            amounts=[amount],
            taxes=[],
        )
        move.invoice_line_ids.tax_ids = False
        move.action_post()
        return move

    @classmethod
    def pay(cls, move, amount, day):
        return (
            cls.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=move.ids)
            .create({"amount": amount, "payment_date": day})
            ._create_payments()
        )

    def track(self):
        """Do what the end of a transaction does."""
        self.env.flush_all()
        self.env.cr.precommit.run()

    def get_stale(self):
        self.track()
        return self.env["client.health.stale"].sudo().search([]).mapped("partner_ref")


@tagged("-at_install", "post_install")
class TestIncidents(RecordsCase):
    def log(self, user=None, **values):
        incidents = self.env["client.health.incident"].with_user(user or self.user)
        return incidents.create(
            {
                "partner_id": self.client.id,
                "kind": "conduct",
                "description": "Shouted at Anna on the phone.",
                **values,
            }
        )

    def test_an_incident_on_a_person_counts_for_their_company(self):
        incident = self.log(partner_id=self.person.id)
        self.assertEqual(incident.sudo().health_id.partner_id, self.client)
        self.assertEqual(incident.sudo().health_id.company_id, self.company)
        self.env["client.health"]._refresh(self.client)
        self.assertEqual(incident.health_id.conduct_incident_count, 1)
        self.assertEqual(incident.health_id.flag_ids.level, "watch")

    def test_a_new_incident_marks_the_client_stale(self):
        self.log()
        self.assertIn(self.client.id, self.get_stale())

    def test_logged_from_the_invoice_it_needs_no_client(self):
        invoice = self.make_invoice(partner=self.person)
        incident = (
            self.env["client.health.incident"]
            .with_user(self.bookkeeper)
            .with_context(default_move_id=invoice.id)
            .create({"kind": "freebie", "description": "Wanted it free."})
        )
        self.assertEqual(incident.partner_id, self.person)
        self.assertEqual(incident.company_id, self.company)

    def test_logged_from_the_ticket_it_needs_no_client(self):
        self.user.group_ids += self.env.ref("helpdesk_mgmt.group_helpdesk_user_own")
        ticket = (
            self.env["helpdesk.ticket"]
            .sudo()
            .create(
                {
                    "name": "Help",
                    "description": "Help",
                    "partner_id": self.person.id,
                    "company_id": self.company.id,
                    "user_id": self.user.id,
                }
            )
        )
        incident = (
            self.env["client.health.incident"]
            .with_user(self.user)
            .with_context(default_ticket_id=ticket.id)
            .create({"kind": "demand", "description": "Called at night."})
        )
        self.assertEqual(incident.partner_id, self.person)

    def test_an_incident_is_about_the_clients_own_invoice(self):
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        invoice = self.make_invoice(partner=stranger)
        with self.assertRaises(ValidationError):
            self.log(user=self.bookkeeper, move_id=invoice.id)

    def test_an_incident_outlives_its_ticket(self):
        self.env.user.group_ids += self.env.ref("helpdesk_mgmt.group_helpdesk_manager")
        ticket = self.env["helpdesk.ticket"].create(
            {"name": "Help", "description": "Help", "partner_id": self.person.id}
        )
        incident = self.log(user=self.env.user, ticket_id=ticket.id)
        ticket.unlink()
        self.assertTrue(incident.exists())
        self.assertEqual(incident.partner_id, self.client)

    def test_who_sees_no_tickets_sees_none_on_an_incident(self):
        self.assertNotIn("ticket_id", self.log().fields_get())

    def test_an_incident_moved_or_removed_marks_its_clients(self):
        other = self.env["res.partner"].create({"name": "Other", "is_company": True})
        incident = self.log(partner_id=self.person.id)
        stale = self.env["client.health.stale"].sudo()
        stale._clear()
        incident.sudo().partner_id = other
        self.assertEqual(set(self.get_stale()), {self.client.id, other.id})
        stale._clear()
        incident.sudo().unlink()
        self.assertEqual(self.get_stale(), [other.id])

    def test_a_document_of_another_company_is_counted_there(self):
        other = self.setup_other_company(name="Other")["company"]
        invoice = self.make_invoice()
        incidents = self.env["client.health.incident"].sudo().with_company(other)
        incident = incidents.create(
            {"move_id": invoice.id, "kind": "freebie", "description": "Wanted it free."}
        )
        self.assertEqual(incident.company_id, self.company)

    def test_a_document_of_a_foreign_company_tells_nothing(self):
        invoice = self.make_invoice()
        other = self.setup_other_company(name="Other")["company"]
        stranger = new_test_user(
            self.env,
            login="stranger",
            groups="client_health.client_health_group_user,"
            "account.group_account_invoice",
            company_id=other.id,
            company_ids=other.ids,
        )
        for model in ("client.health.incident", "client.health.promise"):
            typed = self.env[model].with_user(stranger).new({"move_id": invoice.id})
            self.assertFalse(typed.partner_id)
            self.assertEqual(typed.company_id, other)
        self.assertFalse(typed.amount)

    def test_a_kind_belongs_to_the_companys_own_trait(self):
        shared = self.env.ref("client_health.client_health_trait_grumpy")
        own = shared.copy({"company_id": self.company.id, "sequence": 99})
        incident = self.log()
        for sequence in (99, -1):
            own.sequence = sequence
            incident.invalidate_recordset(["trait_id"])
            self.assertEqual(incident.trait_id, own)

    def test_a_kind_belongs_to_its_trait(self):
        expected = {
            "integrity": "integrity",
            "demand": "time_demander",
            "conduct": "grumpy",
            "freebie": "haggler",
        }
        for kind, code in expected.items():
            with self.subTest(kind=kind):
                self.assertEqual(self.log(kind=kind).trait_id.code, code)

    def test_nobody_reports_in_anothers_name(self):
        other = new_test_user(self.env, login="other", groups="base.group_user")
        with self.assertRaises(AccessError):
            self.log(user_id=other.id)
        incident = self.log()
        self.assertEqual(incident.user_id, self.user)
        with self.assertRaises(AccessError):
            incident.write({"user_id": other.id})
        proposed = self.env["client.health.incident"].with_context(
            default_user_id=other.id
        )
        vals = {"partner_id": self.client.id, "kind": "demand", "description": "x"}
        self.assertEqual(proposed.with_user(self.user).create(vals).user_id, self.user)

    def test_an_incident_is_changed_by_who_logged_it_and_by_managers(self):
        incident = self.log(user=self.bookkeeper)
        incident.description = "Shouted at Anna, twice."
        for change in (
            {"description": "Was friendly."},
            {"severe": True},
            {"date": "2020-01-01"},
        ):
            with self.assertRaises(AccessError):
                incident.with_user(self.user).write(change)
        with self.assertRaises(AccessError):
            incident.with_user(self.user).unlink()
        manager = self.env["res.users"].browse(self.env.uid)
        incident.with_user(manager).description = "Raised her voice."

    def test_who_logged_it_by_mistake_takes_it_back_within_a_day(self):
        incident = self.log()
        health = incident.sudo().health_id
        self.env["client.health"]._refresh(self.client)
        self.assertTrue(incident.can_take_back)
        action = incident.action_take_back()
        self.assertEqual(action["res_model"], "client.health.incident")
        self.assertFalse(incident.exists())
        self.assertIn(self.client.id, self.get_stale())
        self.env["client.health"]._refresh(self.client)
        self.assertEqual(health.conduct_incident_count, 0)
        told = health.message_ids.sorted("id")[-1]
        self.assertEqual(told.author_id, self.user.partner_id)
        self.assertIn("Taken back within a day", told.body)
        self.assertIn("Disrespectful conduct", told.body)
        self.assertNotIn("Shouted", told.body)
        self.assertFalse(told.notified_partner_ids)

    def test_nobody_takes_back_what_another_logged(self):
        incident = self.log(user=self.bookkeeper)
        manager = self.env["res.users"].browse(self.env.uid)
        for user in (self.user, manager):
            self.assertFalse(incident.with_user(user).can_take_back)
            with self.assertRaisesRegex(UserError, "Only who logged"):
                incident.with_user(user).action_take_back()
        with self.assertRaises(AccessError):
            incident.unlink()
        self.assertTrue(incident.exists())

    def test_what_is_older_than_a_day_stays(self):
        incident = self.log()
        later = fields.Datetime.add(incident.create_date, days=1, minutes=1)
        with freeze_time(later):
            incident.invalidate_recordset(["can_take_back"])
            self.assertFalse(incident.can_take_back)
            with self.assertRaisesRegex(UserError, "within a day"):
                incident.action_take_back()

    def test_evidence_on_which_somebody_decided_stays(self):
        incident = self.log()
        self.env["client.health"]._refresh(self.client)
        flag = incident.health_id.flag_ids
        flag.with_user(self.bookkeeper).action_confirm("Heard it too")
        with self.assertRaisesRegex(UserError, "decided or wrote something"):
            incident.action_take_back()
        self.assertTrue(incident.exists())

    def test_what_a_colleague_wrote_about_stays(self):
        incident = self.log()
        incident.with_user(self.bookkeeper).message_post(
            body="I was there.", message_type="comment", subtype_xmlid="mail.mt_note"
        )
        with self.assertRaisesRegex(UserError, "decided or wrote something"):
            incident.action_take_back()
        self.assertTrue(incident.exists())

    def test_the_form_is_open_to_who_may_change_it(self):
        mine, theirs = self.log(), self.log(user=self.bookkeeper)
        for user, expected in (
            (self.user, [True, False]),
            (self.bookkeeper, [False, True]),
            (self.env.user, [True, True]),
        ):
            incidents = (mine + theirs).with_user(user)
            self.assertEqual(incidents.mapped("can_change"), expected)
        self.assertTrue(mine.new({}).can_change)

    def test_no_kind_is_chosen_beforehand(self):
        invoice = self.make_invoice()
        ticket = self.env["helpdesk.ticket"].sudo()
        ticket = ticket.create(
            {"name": "Help", "description": "Help", "partner_id": self.person.id}
        )
        for document in (invoice, ticket, self.client):
            context = document.action_log_incident()["context"]
            self.assertNotIn("default_kind", context)

    def test_a_correction_leaves_the_old_and_the_new_text(self):
        incident = self.log(user=self.bookkeeper)
        manager = new_test_user(
            self.env,
            login="corrector",
            groups="client_health.client_health_group_manager",
            company_id=self.company.id,
            company_ids=self.company.ids,
        )
        self.track()
        incident.with_user(manager).write({"description": "Calm.", "severe": True})
        self.track()
        [told] = incident.sudo().message_ids
        self.assertEqual(told.author_id, manager.partner_id)
        changes = {
            change.field_id.name: (change.old_value_text, change.new_value_text)
            for change in told.tracking_value_ids
        }
        self.assertEqual(
            changes["description"], ("Shouted at Anna on the phone.", "Calm.")
        )
        self.assertIn("severe", changes)
        self.assertFalse(told.notified_partner_ids)
        elsewhere = self.log().id
        for user in (manager, self.bookkeeper, self.user):
            for change in (
                lambda trace: trace.unlink(),
                lambda trace: trace.write({"res_id": elsewhere}),
                lambda trace: trace.write({"model": False}),
                lambda trace: trace.write({"body": "nothing"}),
                lambda trace: trace.tracking_value_ids.unlink(),
            ):
                with self.assertRaises(AccessError):
                    change(told.with_user(user))
        incident.with_user(manager).unlink()
        self.assertFalse(told.exists(), "what was corrected goes with the incident")

    def test_whose_it_is_and_where_stays_as_it_was_noted(self):
        other = self.env["res.partner"].create({"name": "Other", "is_company": True})
        there = self.env["client.health"]._ensure(other, self.company)
        elsewhere = self.setup_other_company(name="Elsewhere")["company"]
        manager = self.env["res.users"].browse(self.env.uid)
        manager.company_ids += elsewhere
        incident = self.log(user=manager)
        invoice = self.make_invoice()
        promise = self.env["client.health.promise"].with_user(manager)
        promise = promise.create({"move_id": invoice.id, "date_promised": "2026-03-20"})
        for record in (incident, promise):
            for change in (
                {"partner_id": other.id},
                {"company_id": elsewhere.id},
                {"health_id": there.id},
                {"user_id": self.user.id},
            ):
                with (
                    self.subTest(record=record._name, change=change),
                    self.assertRaises(AccessError),
                ):
                    record.with_company(elsewhere).write(change)
            record.write({"partner_id": record.partner_id.id})
            vals = {
                "partner_id": self.client.id,
                "kind": "demand",
                "description": "x",
                "date_promised": "2026-03-20",
                "health_id": there.id,
            }
            known = {name: vals[name] for name in vals if name in record}
            with self.assertRaises(AccessError):
                record.create(known)
        with self.assertRaises(AccessError):
            promise.write({"move_id": self.make_invoice().id})

    def test_a_document_one_may_not_read_is_refused_like_one_that_is_not_there(self):
        invoice = self.make_invoice(partner=self.person)
        gone = self.make_invoice()
        gone.button_draft()
        gone.unlink()
        for model, vals in (
            ("client.health.incident", {"kind": "demand", "description": "x"}),
            ("client.health.promise", {"date_promised": "2026-03-20"}),
        ):
            said = set()
            records = self.env[model].with_user(self.user)
            for move_id in (invoice.id, gone._origin.id, 2**30, "x", [1]):
                known = {**vals, "move_id": move_id, "partner_id": self.client.id}
                proposing = records.with_context(default_move_id=move_id)
                for create in (
                    lambda records=records, known=known: records.create(known),
                    lambda proposing=proposing, vals=vals: proposing.create(vals),
                ):
                    with self.assertRaises(UserError) as refused, self.cr.savepoint():
                        create()
                    said.add(str(refused.exception))
            self.assertEqual(said, {"Choose a client or a document that you may read."})
        mine = self.log()
        with self.assertRaisesRegex(UserError, "Choose a client or"):
            mine.move_id = invoice

    def test_the_form_tells_nothing_of_a_client_one_may_not_read(self):
        elsewhere = self.setup_other_company(name="Elsewhere")["company"]
        theirs = self.env["res.partner"].create(
            {"name": "SECRET", "company_id": elsewhere.id}
        )
        self.env.user.company_ids += elsewhere
        asked = {"partner_id": {"fields": {"display_name": {}}}, "display_name": {}}
        typed = {"partner_id": theirs.id}
        for model, vals in (
            ("client.health.incident", {"kind": "demand", "description": "x"}),
            ("client.health.promise", {"date_promised": "2026-03-20", **typed}),
        ):
            records = self.env[model].with_user(self.user)
            proposing = records.with_context(default_partner_id=theirs.id)
            for answer in (
                call_kw(proposing, "onchange", [[], {}, [], asked], {}),
                call_kw(records, "onchange", [[], typed, [], asked], {}),
                call_kw(records, "onchange", [[], typed, ["partner_id"], asked], {}),
            ):
                self.assertNotIn("SECRET", str(answer))
            for create in (
                lambda records=records, vals=vals: records.create(vals | typed),
                lambda proposing=proposing, vals=vals: proposing.create(vals),
            ):
                with self.assertRaisesRegex(UserError, "Choose a client or"):
                    create()

    def test_the_form_tells_nothing_of_a_document_one_may_not_read(self):
        invoice = self.make_invoice(partner=self.person)
        asked = {
            "partner_id": {"fields": {"display_name": {}}},
            "move_id": {"fields": {"display_name": {}}},
            "company_id": {"fields": {"display_name": {}}},
            "display_name": {},
        }
        for model in ("client.health.incident", "client.health.promise"):
            records = self.env[model].with_user(self.user)
            proposing = records.with_context(default_move_id=invoice.id)
            typed = {"move_id": invoice.id}
            answers = (
                call_kw(proposing, "onchange", [[], {}, [], asked], {}),
                call_kw(records, "onchange", [[], typed, [], asked], {}),
                call_kw(records, "onchange", [[], typed, ["move_id"], asked], {}),
                call_kw(proposing, "default_get", [["move_id", "partner_id"]], {}),
            )
            for answer in answers:
                self.assertNotIn(invoice.name, str(answer))
                self.assertNotIn("Person", str(answer))
                self.assertNotIn(f"'move_id': {invoice.id}", str(answer))
            known = self.env[model].with_user(self.bookkeeper)
            answer = call_kw(known, "onchange", [[], typed, ["move_id"], asked], {})
            self.assertIn("Person", str(answer))

    def test_no_incident_lies_in_the_future(self):
        with self.assertRaises(ValidationError):
            self.log(date="2999-01-01")

    def test_an_incident_follows_its_person_to_another_client(self):
        incident = self.log(partner_id=self.person.id)
        other = self.env["res.partner"].create({"name": "Other", "is_company": True})
        self.person.parent_id = other
        self.env["client.health"]._refresh(self.client + other)
        self.assertEqual(incident.sudo().health_id.partner_id, other)
        self.assertEqual(incident.health_id.conduct_incident_count, 1)
        self.assertEqual(self.client.client_health_id.conduct_incident_count, 0)

    def test_an_incident_outlives_its_invoice(self):
        invoice = self.make_invoice()
        incident = self.log(user=self.bookkeeper, move_id=invoice.id)
        invoice.button_draft()
        invoice.with_context(force_delete=True).unlink()
        self.assertFalse(incident.move_id)
        self.assertEqual(incident.partner_id, self.client)


@tagged("-at_install", "post_install")
class TestPromises(RecordsCase):
    def promise(self, move, day="2026-03-20", user=None, **values):
        return (
            self.env["client.health.promise"]
            .with_user(user or self.env.user)
            .create({"move_id": move.id, "date_promised": day, **values})
        )

    def assert_state(self, promise, state, day):
        with freeze_time(day):
            self.company.client_health_bank_complete_until = day
            self.env["client.health.promise"]._refresh_states(self.client.ids)
        self.assertEqual(promise.state, state)

    @freeze_time("2026-03-10")
    def test_a_promise_takes_what_is_open_and_whose_it_is(self):
        invoice = self.make_invoice(partner=self.person)
        self.pay(invoice, 400, "2026-03-01")
        promise = self.promise(invoice, user=self.bookkeeper)
        self.assertRecordValues(
            promise.sudo(),
            [
                {
                    "partner_id": self.person.id,
                    "company_id": self.company.id,
                    "amount": 600,
                    "residual_before": 600,
                    "state": "open",
                }
            ],
        )
        self.assertEqual(promise.sudo().health_id.partner_id, self.client)
        self.assertIn(self.client.id, self.get_stale())

    @freeze_time("2026-03-10")
    def test_paid_within_the_grace_is_kept(self):
        invoice = self.make_invoice()
        promise = self.promise(invoice)
        self.assert_state(promise, "open", "2026-03-22")
        self.pay(invoice, 1000, "2026-03-22")
        self.assert_state(promise, "kept", "2026-03-22")
        self.assert_state(promise, "kept", "2026-04-22")

    @freeze_time("2026-03-10")
    def test_paid_a_day_after_the_grace_is_broken(self):
        invoice = self.make_invoice()
        promise = self.promise(invoice)
        self.pay(invoice, 1000, "2026-03-23")
        self.assert_state(promise, "open", "2026-03-22")
        self.assert_state(promise, "broken", "2026-03-23")

    @freeze_time("2026-03-10")
    def test_a_part_in_time_is_partly_kept(self):
        invoice = self.make_invoice()
        promise = self.promise(invoice)
        self.pay(invoice, 999.99, "2026-03-15")
        self.assert_state(promise, "open", "2026-03-22")
        self.assert_state(promise, "partly", "2026-03-23")
        self.pay(invoice, 0.01, "2026-03-24")
        self.assert_state(promise, "partly", "2026-03-25")

    @freeze_time("2026-03-10")
    def test_the_amount_promised_is_what_counts(self):
        invoice = self.make_invoice()
        self.pay(invoice, 100, "2026-03-05")
        promise = self.promise(invoice, amount=300)
        self.pay(invoice, 299, "2026-03-15")
        self.assert_state(promise, "partly", "2026-03-23")
        self.pay(invoice, 1, "2026-03-16")
        self.assert_state(promise, "kept", "2026-03-23")

    @freeze_time("2026-03-10")
    def test_a_payment_taken_back_breaks_the_promise(self):
        invoice = self.make_invoice()
        promise = self.promise(invoice)
        payment = self.pay(invoice, 1000, "2026-03-15")
        self.assert_state(promise, "kept", "2026-03-16")
        lines = invoice.line_ids.filtered(
            lambda line: line.display_type == "payment_term"
        )
        lines.remove_move_reconcile()
        self.assert_state(promise, "kept", "2026-03-23")  # it is on account
        payment.action_draft()
        payment.action_cancel()
        self.assert_state(promise, "broken", "2026-03-23")

    @freeze_time("2026-03-10")
    def test_money_that_nobody_matched_keeps_a_promise(self):
        invoice = self.make_invoice()
        promise = self.promise(invoice)
        payment = self.env["account.payment"].create(
            {
                "partner_id": self.person.id,
                "amount": 1000,
                "date": "2026-03-19",
                "payment_type": "inbound",
                "partner_type": "customer",
                "journal_id": self.company_data["default_journal_bank"].id,
            }
        )
        payment.action_post()
        self.assert_state(promise, "kept", "2026-03-23")
        payment.action_draft()
        payment.date = "2026-03-24"
        payment.action_post()
        self.assert_state(promise, "broken", "2026-03-25")

    @freeze_time("2026-03-10")
    def test_a_bank_line_in_suspense_keeps_a_promise(self):
        promise = self.promise(self.make_invoice())
        self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.company_data["default_journal_bank"].id,
                "partner_id": self.client.id,
                "amount": 1000,
                "date": "2026-03-20",
                "payment_ref": "Thanks",
            }
        )
        self.assert_state(promise, "kept", "2026-03-23")

    def bank_line(self, amount, day, **vals):
        return self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.company_data["default_journal_bank"].id,
                "amount": amount,
                "date": day,
                "payment_ref": "Thanks",
                **vals,
            }
        )

    @freeze_time("2026-03-10")
    def test_money_from_the_clients_bank_account_keeps_a_promise(self):
        promise = self.promise(self.make_invoice())
        self.env["res.partner.bank"].create(
            {"partner_id": self.client.id, "acc_number": "NL02 ABNA 0123 4567 89"}
        )
        self.bank_line(1000, "2026-03-20", account_number="NL02ABNA0123456789")
        self.assert_state(promise, "kept", "2026-03-23")

    @freeze_time("2026-03-10")
    def test_a_payment_and_its_bank_line_are_the_same_money(self):
        promise = self.promise(self.make_invoice())
        payment = self.env["account.payment"].create(
            {
                "partner_id": self.client.id,
                "amount": 500,
                "date": "2026-03-19",
                "payment_type": "inbound",
                "partner_type": "customer",
                "journal_id": self.company_data["default_journal_bank"].id,
            }
        )
        payment.action_post()
        self.bank_line(500, "2026-03-20", partner_id=self.client.id)
        self.assert_state(promise, "partly", "2026-03-23")

    @freeze_time("2026-03-10")
    def test_money_that_went_back_keeps_no_promise(self):
        promise = self.promise(self.make_invoice())
        self.bank_line(1000, "2026-03-19", partner_id=self.client.id)
        self.bank_line(-1000, "2026-03-20", partner_id=self.client.id)
        self.assert_state(promise, "broken", "2026-03-23")

    @freeze_time("2026-03-10")
    def test_money_of_a_day_to_come_is_in_time(self):
        invoice = self.make_invoice()
        promise = self.promise(invoice)
        self.pay(invoice, 1000, "2027-03-19")
        self.assert_state(promise, "open", "2026-03-22")
        self.assert_state(promise, "kept", "2026-03-23")

    @freeze_time("2026-03-10")
    def test_what_the_bank_had_in_time_was_in_time_whenever_registered(self):
        invoice = self.make_invoice()
        promise = self.promise(invoice)
        line = self.bank_line(1000, "2026-03-20", partner_id=self.client.id)
        self.pay(invoice, 1000, "2026-03-25")
        payment = invoice.matched_payment_ids
        _bank, suspense, _other = line._seek_for_lines()
        waiting = payment.move_id.line_ids.filtered(
            lambda one: one.account_id.account_type != "asset_receivable"
        )
        line.move_id.with_context(force_delete=True, skip_readonly_check=True).write(
            {
                "line_ids": [
                    (2, suspense.id),
                    (
                        0,
                        0,
                        {
                            "account_id": waiting.account_id.id,
                            "partner_id": self.client.id,
                            "balance": -1000,
                        },
                    ),
                ]
            }
        )
        (
            waiting
            + line.move_id.line_ids.filtered(
                lambda one: one.account_id == waiting.account_id
            )
        ).reconcile()
        self.assert_state(promise, "kept", "2026-03-26")

    @freeze_time("2026-03-10")
    def test_nothing_is_broken_before_the_bank_is_known(self):
        promise = self.promise(self.make_invoice())
        self.assert_state(promise, "open", "2026-03-21")
        with freeze_time("2026-04-01"):
            self.env["client.health.promise"]._refresh_states(self.client.ids)
        self.assertEqual(promise.state, "open")
        self.assert_state(promise, "broken", "2026-04-01")

    @freeze_time("2026-03-10")
    def test_what_was_credited_later_was_not_to_be_paid(self):
        invoice = self.make_invoice()
        promise = self.promise(invoice)
        self.pay(invoice, 700, "2026-03-15")
        self.assert_state(promise, "partly", "2026-03-23")
        note = self.make_invoice(300, move_type="out_refund")
        note.button_draft()
        note.write({"invoice_date": "2026-04-01", "date": "2026-04-01"})
        note.action_post()
        terms = (invoice + note).line_ids.filtered(
            lambda line: line.display_type == "payment_term"
        )
        terms.reconcile()
        self.assert_state(promise, "kept", "2026-04-02")

    @freeze_time("2026-03-10")
    def test_a_promise_lapses_with_its_invoice(self):
        for undo in ("cancel", "credit", "dispute"):
            with self.subTest(undo=undo):
                invoice = self.make_invoice()
                promise = self.promise(invoice)
                if undo == "cancel":
                    invoice.button_draft()
                    invoice.button_cancel()
                elif undo == "credit":
                    invoice._reverse_moves(
                        [{"invoice_date": invoice.invoice_date}], cancel=True
                    )
                else:
                    invoice.client_health_disputed = True
                self.assert_state(promise, "void", "2026-04-01")

    @freeze_time("2026-03-10")
    def test_instalments_and_currencies_add_up(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Two halves",
                "line_ids": [
                    (0, 0, {"value": "percent", "value_amount": 50, "nb_days": 0}),
                    (0, 0, {"value": "percent", "value_amount": 50, "nb_days": 30}),
                ],
            }
        )
        invoice = self.init_invoice(
            "out_invoice",
            partner=self.client,
            invoice_date="2026-03-10",
            amounts=[1000],
            taxes=[],
            currency=self.setup_other_currency("EUR"),
        )
        invoice.invoice_line_ids.tax_ids = False
        invoice.invoice_payment_term_id = term
        invoice.action_post()
        promise = self.promise(invoice)
        self.assertAlmostEqual(promise.amount, invoice.amount_residual_signed)
        self.assertNotAlmostEqual(promise.amount, 1000)
        self.pay(invoice, 1000, "2026-03-20")
        self.assert_state(promise, "kept", "2026-03-21")

    @freeze_time("2026-03-10")
    def test_only_the_asked_clients_are_judged_and_nothing_twice(self):
        promise = self.promise(self.make_invoice())
        other = self.env["res.partner"].create({"name": "Other"})
        theirs = self.promise(self.make_invoice(partner=other))
        self.assert_state(promise, "broken", "2026-04-01")
        self.assertEqual(theirs.state, "open")
        self.env.flush_all()
        self.env.cr.execute("SELECT xmin, xmax FROM client_health_promise")
        before = self.env.cr.fetchall()
        self.env.cr.execute("SAVEPOINT other_transaction_id")
        self.assert_state(promise, "broken", "2026-04-01")
        self.env.cr.execute("SELECT xmin, xmax FROM client_health_promise")
        self.assertEqual(self.env.cr.fetchall(), before)

    @freeze_time("2026-03-10")
    def test_judging_takes_two_queries(self):
        for _index in range(3):
            self.promise(self.make_invoice())
        self.env["client.health.promise"]._refresh_states(self.client.ids)
        self.env.flush_all()
        with freeze_time("2026-04-01"):
            periods = self.env["res.company"]._get_client_health_periods()
            with self.assertQueryCount(2):
                self.env["client.health.promise"]._refresh_states(
                    self.client.ids, periods
                )

    @freeze_time("2026-03-10")
    def test_broken_promises_raise_a_flag_at_the_refresh(self):
        for _index in range(2):
            self.promise(self.make_invoice())
        with freeze_time("2026-04-01"):
            self.env["client.health"]._refresh(self.client)
            health = self.client.with_company(self.company).client_health_id
        self.assertEqual(health.promise_broken_count, 2)
        flag = health.flag_ids.filtered(lambda f: f.trait_id.code == "integrity")
        self.assertEqual(flag.level, "flag")

    def test_another_promise_is_settled_by_hand(self):
        promise = (
            self.env["client.health.promise"]
            .with_user(self.user)
            .create(
                {
                    "partner_id": self.person.id,
                    "description": "Send the figures",
                    "date_promised": "2026-03-10",
                }
            )
        )
        for action, state in (
            ("action_kept", "kept"),
            ("action_partly", "partly"),
            ("action_broken", "broken"),
            ("action_reopen", "open"),
        ):
            getattr(promise, action)()
            self.assertEqual(promise.state, state)
        with self.assertRaises(AccessError):
            promise.write({"state": "kept"})
        stranger = new_test_user(self.env, login="stranger", groups="base.group_user")
        with self.assertRaises(AccessError):
            promise.with_user(stranger).action_kept()

    def test_a_promise_is_settled_on_every_screen(self):
        for view in ("form", "list", "kanban"):
            view = self.env.ref(f"client_health.client_health_promise_view_{view}")
            arch = self.env["client.health.promise"].get_view(view.id)["arch"]
            buttons = set(etree.fromstring(arch).xpath("//button/@name"))
            steps = {"action_kept", "action_partly", "action_broken", "action_reopen"}
            self.assertEqual(buttons, steps, view.name)

    @freeze_time("2026-03-10 12:00:00")
    def test_a_day_is_one_click_away(self):
        promises = self.env["client.health.promise"].with_user(self.bookkeeper)
        form = Form(promises.with_context(default_move_id=self.make_invoice().id))
        for choice, day in (("7", "2026-03-17"), ("14", "2026-03-24")):
            form.promised_in = choice
            self.assertEqual(str(form.date_promised), day)
        promise = form.save()
        self.assertEqual(str(promise.date_promised), "2026-03-24")

    def test_nothing_is_called_by_a_pair_of_brackets(self):
        for model, vals, name in (
            ("client.health.incident", {"date": False}, "Incident"),
            ("client.health.promise", {}, "Promise"),
        ):
            self.assertEqual(self.env[model].new(vals).display_name, name)

    def test_a_payment_promise_is_not_settled_by_hand(self):
        promise = self.promise(self.make_invoice())
        with self.assertRaises(UserError):
            promise.action_kept()

    def test_a_promise_is_about_something_payable(self):
        draft = self.init_invoice("out_invoice", partner=self.client, amounts=[10])
        bill = self.make_invoice(move_type="in_invoice")
        paid = self.make_invoice()
        self.pay(paid, 1000, fields.Date.today())
        for move in (draft, bill, paid):
            with self.subTest(move=move.name), self.assertRaises(ValidationError):
                self.promise(move)
        promise = {"partner_id": self.client.id, "date_promised": "2026-03-10"}
        for description in (False, "  "):
            with self.assertRaises(ValidationError):
                self.env["client.health.promise"].create(
                    {**promise, "description": description}
                )

    def test_amounts_are_for_who_may_see_invoices(self):
        promise = self.promise(self.make_invoice()).with_user(self.user)
        with self.assertRaises(AccessError):
            promise.read(["amount"])
