import doctest
from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..engine import rule
from ..models.rule_words import RuleWords
from .common import new_test_user
from .flags_common import FlagsCase

LATE = {
    "instalment_due_count": 6,
    "invoice_count": 6,
    "late_count": 6,
    "late_share": 1,
    "days_late_avg": 56.4,
    "overdue_amount": 3485,
    "overdue_days_max": 131,
}
ROWS = 80


@tagged("post_install", "-at_install")
class TestFlagReason(FlagsCase):
    """Each flag says in one sentence why it is there."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bookkeeper = new_test_user(
            cls.env,
            login="bookkeeper",
            groups="client_health.client_health_group_user,"
            "account.group_account_readonly",
        )
        cls.amount = (
            RuleWords(cls.env)
            .word_value(
                cls.env["client.health"],
                cls.env["client.health"]._fields["overdue_amount"],
                3485,
            )
            .replace(".00", "")
        )

    def raise_flag(self, code, **facts):
        """Return the flag of a shipped trait that a client gets by these facts."""
        health = self.make_client(**facts)
        self.judge(health)
        trait = self.env.ref(f"client_health.client_health_trait_{code}")
        return self.flag_of(health, trait)

    def told(self, flag, user=None, **context):
        """Return the sentence as a reader gets it."""
        flag = flag.with_user(user or self.bookkeeper).with_context(**context)
        flag.invalidate_recordset()
        return flag.reason

    def test_examples_in_the_docstrings_hold(self):
        found = doctest.testmod(rule)
        self.assertTrue(found.attempted)
        self.assertFalse(found.failed)

    def test_a_late_payer_is_told_in_one_sentence(self):
        flag = self.raise_flag("late_payer", **LATE)
        self.assertEqual(
            self.told(flag),
            "Was late with 6 of 6 invoices, 56 days on average; "
            f"{self.amount} is open, the oldest 131 days (past 12 months)",
        )

    def test_one_of_a_thing_is_told_as_one(self):
        flag = self.raise_flag(
            "haggler",
            sale_invoice_count=1,
            discounted_invoice_count=1,
            discount_share=0.35,
            months_since_last_invoice=15,
        )
        self.assertIn("Discount on the only invoice, 35 %", self.told(flag))
        flag = self.raise_flag(
            "time_demander",
            revenue_amount=100,
            ticket_count=5,
            message_count=1,
            workload_ratio=2.5,
        )
        self.assertIn("5 tickets and 1 message, for this", self.told(flag))

    def test_a_share_of_nothing_is_no_number(self):
        health = self.make_client(rating_count=1, rating_avg=3)
        told = {
            fact["name"]: fact["text"]
            for group in health.fact_groups
            for fact in group["facts"]
        }
        self.assertEqual(told["promise_count"], "0")
        self.assertEqual(told["promise_kept_share"], "–")
        self.assertEqual(told["rating_avg"], "3")

    def test_amounts_are_told_to_who_may_see_invoices_only(self):
        flag = self.raise_flag(
            "late_payer", **LATE, written_off_amount=250, written_off_share=0.07
        )
        told = self.told(flag, self.user)
        self.assertIn("the oldest open invoice is 131 days overdue", told)
        self.assertIn("7 % of what was due was written off", told)
        self.assertNotIn("485", told)
        self.assertNotIn("250", told)
        self.assertIn("250", self.told(flag))

    def test_a_sentence_on_payments_says_how_far_the_bank_is_known(self):
        today = self.company._get_client_health_today()
        flag = self.raise_flag("late_payer", **LATE)
        self.company.client_health_bank_complete_until = today
        self.assertNotIn("bank known", self.told(flag))
        journal = self.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", self.company.id)], limit=1
        )
        self.env["account.bank.statement.line"].create(
            {
                "journal_id": journal.id,
                "date": today - timedelta(days=45),
                "payment_ref": "The last one",
                "amount": 5,
            }
        )
        self.company.client_health_bank_complete_until = False
        self.env.invalidate_all()
        self.assertIn("bank known until", self.told(flag))
        grumpy = self.raise_flag("grumpy", conduct_incident_count=1)
        self.assertNotIn("bank known", self.told(grumpy))

    def test_only_what_is_paid_is_said_to_be_paid(self):
        paid = LATE | {"overdue_amount": 0, "overdue_days_max": 0}
        flag = self.raise_flag("late_payer", **paid)
        self.assertEqual(
            self.told(flag),
            "Paid 6 of 6 invoices late, 56 days on average (past 12 months)",
        )
        one = {"instalment_due_count": 1, "invoice_count": 1, "late_count": 1}
        flag = self.raise_flag("late_payer", **LATE | one, late_amount_share=1)
        self.assertIn("Was late with the only amount that was due, 56", self.told(flag))

    def test_parts_of_invoices_and_older_ones_are_no_invoices_of_the_window(self):
        flag = self.raise_flag("late_payer", **{**LATE, "invoice_count": 2})
        self.assertIn("Was late 6 of 6 times, 56 days on average", self.told(flag))

    def test_the_sentence_is_in_the_readers_language(self):
        self.env["res.lang"]._activate_lang("nl_NL")
        flag = self.raise_flag("late_payer", **LATE)
        english, dutch = (self.told(flag, lang=lang) for lang in ("en_US", "nl_NL"))
        # the thousands' separator is the language's, the words are the translation's
        self.assertIn("3,485", english)
        self.assertIn("3.485", dutch)

    def test_the_other_shipped_traits_speak_in_natural_words(self):
        cases = [
            (
                "integrity",
                {"promise_count": 3, "promise_broken_count": 2},
                "Did not keep 2 of 3 promises (past 12 months)",
            ),
            (
                "integrity",
                {"integrity_incident_count": 1},
                "A colleague noted that an agreement was not kept (past 12 months)",
            ),
            (
                "time_demander",
                {
                    "ticket_count": 12,
                    "message_count": 48,
                    "workload_ratio": 3.42,
                    "revenue_amount": 900,
                },
                "12 tickets and 48 messages, for this revenue 3.4 times as much as "
                "the client in the middle (past 12 months)",
            ),
            (
                "time_demander",
                {
                    "ticket_count": 6,
                    "message_count": 20,
                    "after_hours_share": 0.45,
                    "revenue_amount": 900,
                },
                "45 % of 20 messages came outside working hours (past 12 months)",
            ),
            (
                "time_demander",
                {"rush_count": 2, "demand_incident_count": 1},
                "2 times, after two weeks of silence, three or more messages in two "
                "days (past 12 months)",
            ),
            (
                "grumpy",
                {
                    "conduct_incident_count": 3,
                    "conduct_reporter_count": 2,
                    "conduct_day_count": 1,
                    "conduct_severe_count": 1,
                },
                "3 incidents were noted, by 2 colleagues on 1 day, 1 of them severe "
                "(past 12 months)",
            ),
            (
                "haggler",
                {
                    "sale_invoice_count": 5,
                    "discounted_invoice_count": 4,
                    "discount_share": 0.224,
                },
                "Discount on 4 of 5 invoices, 22 % of the list price (past 24 months)",
            ),
            (
                "haggler",
                {"freebie_incident_count": 2},
                "Colleagues noted 2 times that work was asked for free "
                "(past 12 months)",
            ),
        ]
        for code, facts, expected in cases:
            with self.subTest(code=code, facts=facts):
                self.assertEqual(self.told(self.raise_flag(code, **facts)), expected)

    def test_each_period_is_named_where_there_are_two(self):
        flag = self.raise_flag(
            "haggler",
            sale_invoice_count=5,
            discounted_invoice_count=4,
            discount_share=0.25,
            freebie_incident_count=2,
        )
        told = self.told(flag)
        self.assertIn("list price (past 24 months);", told)
        self.assertIn("for free (past 12 months)", told)

    def test_what_did_not_decide_is_not_told(self):
        flag = self.raise_flag("late_payer", **LATE, overdue_month_count=8)
        self.assertNotIn("month ends", self.told(flag))
        flag = self.raise_flag(
            "late_payer", **LATE, overdue_month_count=9, late_amount_share=0.1
        )
        self.assertIn("overdue at 9 of the last 12 month ends", self.told(flag))

    def test_a_trait_of_ones_own_is_told_by_labels_and_units(self):
        trait = self.env["client.health.trait"].create(
            {
                "name": "Reopens",
                "code": "reopens",
                "flag_domain": "['&', ('reopen_count', '>=', 2), '&',"
                " ('partner_id.is_company', '=', True), ('revenue_amount', '<', 500)]",
            }
        )
        health = self.make_client(reopen_count=4, revenue_amount=321)
        self.judge(health)
        flag = self.flag_of(health, trait)
        self.assertIn("Reopened: 4; Revenue: ", self.told(flag))
        self.assertIn("321", self.told(flag))
        self.assertEqual(
            self.told(flag, self.user),
            "Reopened: 4; Revenue: not shown to you (past 12 months)",
        )

    def test_a_flag_raised_by_hand_tells_what_was_typed(self):
        health = self.make_client()
        flag = health.with_user(self.user).action_raise_flag(
            "haggler", reason="Asks each time at the door"
        )
        self.assertEqual(self.told(flag), "Asks each time at the door")
        flag.with_user(self.manager).action_confirm("Heard it too")
        self.assertEqual(self.told(flag), "Asks each time at the door")

    def test_a_level_that_is_still_held_tells_why_it_came(self):
        flag = self.raise_flag("late_payer", **LATE)
        flag.health_id.write({"late_count": 0, "days_late_avg": 0, "late_share": 0})
        flag.health_id.write({"overdue_days_max": 0, "overdue_amount": 0})
        self.assertIn(
            "Until recently: was late with 6 of 6 invoices, 56 days on", self.told(flag)
        )

    def test_nothing_is_told_of_a_flag_that_is_over(self):
        flag = self.raise_flag("late_payer", **LATE)
        flag.level = "none"
        self.assertFalse(self.told(flag))

    def test_who_may_not_read_a_flag_is_told_nothing(self):
        flag = self.raise_flag("late_payer", **LATE)
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            login="stranger",
            groups="client_health.client_health_group_user",
            company_id=other.id,
            company_ids=other.ids,
        )
        for name in ("reason", "deciding"):
            with self.assertRaises(AccessError):
                flag.with_user(stranger)[name]

    def test_eighty_sentences_take_as_many_queries_as_one(self):
        flags = self.env["client.health.flag"]
        for _number in range(ROWS):
            flags |= self.raise_flag("late_payer", **LATE)

        def count(some):
            some = some.with_user(self.bookkeeper)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            told = some.mapped("reason")
            self.assertEqual(len(told), len(some))
            return self.env.cr.sql_log_count - before

        count(flags[:1])
        self.assertEqual(count(flags), count(flags[:1]))

    def test_bars_show_what_decided_against_its_threshold(self):
        flag = self.raise_flag("late_payer", **LATE)
        bars = {bar["name"]: bar for bar in flag.with_user(self.user).deciding}
        self.assertEqual(bars["late_count"]["fill"], 100)
        self.assertEqual(bars["late_count"]["mark"], 50)
        self.assertEqual(bars["late_count"]["threshold"], "at least 3")
        self.assertEqual(bars["days_late_avg"]["value"], "56 days")

    def test_a_value_never_seems_equal_to_a_threshold_that_it_exceeds(self):
        flag = self.raise_flag("late_payer", **{**LATE, "days_late_avg": 30.4})
        bars = {bar["name"]: bar for bar in flag.with_user(self.user).deciding}
        self.assertEqual(
            (bars["days_late_avg"]["value"], bars["days_late_avg"]["threshold"]),
            ("30.4 days", "at least 30 days"),
        )

    def test_bars_tell_no_amount_to_who_may_not_see_it(self):
        trait = self.env["client.health.trait"].create(
            {"name": "T", "code": "t", "flag_domain": "[('revenue_amount', '>', 200)]"}
        )
        health = self.make_client(revenue_amount=321)
        self.judge(health)
        flag = self.flag_of(health, trait)
        [hidden] = flag.with_user(self.user).deciding
        self.assertEqual(hidden["value"], "")
        self.assertNotIn("fill", hidden)
        [shown] = flag.with_user(self.bookkeeper).deciding
        self.assertIn("321", shown["value"])

    def test_lists_and_tickets_say_the_same_sentence(self):
        flag = self.raise_flag("late_payer", **LATE)
        sentence = self.told(flag)
        partner = flag.partner_id.with_user(self.bookkeeper)
        [statistic] = partner.application_statistics
        self.assertIn(sentence, statistic["label"])
        [badge] = partner.client_health_badges
        self.assertEqual(badge["reason"], sentence)
        self.assertNotIn("told", badge)
        [row] = flag.health_id.with_user(self.bookkeeper).flag_badges
        self.assertEqual(row["reason"], sentence)
        flag.with_user(self.user).action_confirm()
        ticket = self.env["helpdesk.ticket"].create(
            {"name": "Help", "description": "x", "partner_id": partner.id}
        )
        self.assertIn(sentence, ticket.client_health_notice)

    def test_lists_tell_no_amount_to_who_may_not_see_it(self):
        partner = self.raise_flag("late_payer", **LATE).partner_id
        self.assertNotIn("485", str(partner.with_user(self.user).client_health_badges))

    def test_a_contact_person_shows_nothing_in_lists(self):
        flag = self.raise_flag("late_payer", **LATE)
        person = self.env["res.partner"].create(
            {"name": "Person", "parent_id": flag.partner_id.id}
        )
        both = (person | flag.partner_id).with_user(self.user)
        self.assertEqual(
            [bool(found) for found in both.mapped("application_statistics")],
            [False, True],
        )

    def test_the_reminder_tells_why_without_amounts(self):
        flag = self.raise_flag("late_payer", **LATE)
        flag.with_user(self.bookkeeper).action_dismiss("A bad month", "2099-01-01")
        flag._expire()
        note = flag.health_id.activity_ids.note
        self.assertIn("Was late with 6 of 6 invoices", note)
        self.assertNotIn("485", note)


@tagged("post_install", "-at_install")
class TestDecidedOnARow(FlagsCase):
    """Confirmed in one click, and taken back."""

    def test_confirming_a_row_tells_so_and_is_undone(self):
        health, flag = self.make_flagged()
        mine = flag.with_user(self.user)
        told = mine.action_confirm_row()
        self.assertEqual(told["tag"], "client_health_decided")
        self.assertIn(self.grumpy.name, told["params"]["message"])
        self.assertEqual(flag.decision, "confirmed")
        mine.browse(told["params"]["flag_ids"]).action_undo()
        self.assertRecordValues(flag, [{"decision": "none", "decision_user_id": False}])
        self.assertEqual(
            flag.history_ids.sorted("id").mapped("event")[-2:], ["confirmed", "undone"]
        )

    def test_taking_back_a_dismissal_restores_what_stood_before(self):
        health = self.make_client()
        flag = health.with_user(self.manager).action_raise_flag(
            "grumpy", reason="Shouted"
        )
        score = health.score
        panel = self.env["client.health.flag.decide"].with_user(self.user)
        panel = panel.create({"flag_ids": flag.ids})
        told = panel.action_dismiss_ours()
        self.assertEqual(flag.decision_reason, "The cause was ours.")
        self.assertEqual((flag.manual_level, health.score), ("none", 100))
        flag.browse(told["params"]["flag_ids"]).with_user(self.user).action_undo()
        self.assertRecordValues(
            flag,
            [
                {
                    "decision": "confirmed",
                    "decision_reason": "Shouted",
                    "decision_user_id": self.manager.id,
                    "decision_until": False,
                    "manual_level": "flag",
                    "origin": "manual",
                }
            ],
        )
        self.assertEqual(health.score, score)

    def test_raising_by_hand_is_taken_back(self):
        health, flag = self.make_flagged("watch", name="Raised")
        dialog = self.env["client.health.flag.raise"].with_user(self.user)
        dialog = dialog.create(
            {
                "partner_id": health.partner_id.id,
                "trait_id": self.grumpy.id,
                "reason": "Shouted",
            }
        )
        score = health.score
        told = dialog.action_raise()
        self.assertEqual(told["tag"], "client_health_decided")
        self.assertIn(self.grumpy.name, told["params"]["message"])
        self.assertEqual(flag.level, "flag")
        flag.browse(told["params"]["flag_ids"]).with_user(self.user).action_undo()
        self.assertRecordValues(
            flag,
            [
                {
                    "level": "watch",
                    "manual_level": "none",
                    "origin": "auto",
                    "decision": "none",
                    "decision_reason": False,
                }
            ],
        )
        self.assertEqual(health.score, score)
        self.assertEqual(
            flag.history_ids.sorted("id").mapped("event")[-2:], ["manual", "undone"]
        )

    def test_what_a_colleague_raised_as_well_is_theirs_to_take_back(self):
        health = self.make_client()
        for user in (self.user, self.manager):
            flag = health.with_user(user).action_raise_flag("grumpy", reason="Heard")
        with self.assertRaises(UserError):
            flag.with_user(self.user).action_undo()
        flag.with_user(self.manager).action_undo()
        self.assertRecordValues(
            flag,
            [
                {
                    "level": "flag",
                    "manual_level": "flag",
                    "decision_user_id": self.user.id,
                }
            ],
        )

    def test_each_ready_reason_is_kept_as_it_is_said(self):
        for name in ("once", "agreed", "ours", "accepted"):
            flag = self.make_flagged()[1]
            panel = self.env["client.health.flag.decide"].create(
                {"flag_ids": flag.ids, "dismiss_until": "2099-01-31"}
            )
            getattr(panel, f"action_dismiss_{name}")()
            self.assertEqual(flag.decision, "dismissed")
            self.assertTrue(flag.decision_reason)
            self.assertEqual(str(flag.decision_until), "2099-01-31")

    def test_only_ones_own_last_decision_is_taken_back(self):
        flag = self.make_flagged()[1]
        with self.assertRaises(UserError):
            flag.with_user(self.user).action_undo()
        flag.with_user(self.user).action_confirm()
        with self.assertRaises(UserError):
            flag.with_user(self.manager).action_undo()
        flag.with_user(self.user).action_undo()
        with self.assertRaises(UserError):
            flag.with_user(self.user).action_undo()
        outsider = new_test_user(self.env, login="outsider", groups="base.group_user")
        with self.assertRaises(AccessError):
            flag.with_user(outsider).action_undo()

    def test_the_inbox_begins_with_the_most_serious(self):
        watch = self.make_flagged("watch", name="Watch")[1]
        calm = self.make_flagged(name="One")[1]
        worse = self.make_flagged(name="Two")[1]
        worse.health_id.action_raise_flag("haggler", reason="Asks each time")
        later = self.make_flagged(name="Later")[1]
        calm.health_id.days_late_avg = 4
        later.health_id.days_late_avg = 40
        flags = watch | calm | worse | later
        found = flags.search(
            [("id", "in", flags.ids)], order="level, score, days_late_avg desc"
        )
        self.assertEqual(
            found.mapped("partner_id.name"), ["Two", "Later", "One", "Watch"]
        )

    def test_talk_begins_from_the_row(self):
        health, flag = self.make_flagged()
        action = flag.with_user(self.user).action_talk_first()
        self.assertEqual(action["context"]["active_id"], health.id)
        with self.assertRaises(UserError):
            (flag | self.make_flagged()[1]).action_talk_first()

    def test_what_a_colleague_planned_is_the_next_step(self):
        health, flag = self.make_flagged()
        self.assertFalse(health.next_step)
        health.activity_schedule("mail.mail_activity_data_todo", summary="By itself")
        self.assertFalse(health.next_step)
        action = flag.with_user(self.user).action_talk_first()
        Schedule = self.env["mail.activity.schedule"].with_user(self.user)
        dialog = Schedule.with_context(**action["context"]).create({})
        dialog.action_schedule_plan()
        self.env.invalidate_all()
        self.assertIn("Talk it over by telephone", health.next_step)
        self.assertEqual(flag.next_step, health.next_step)

    def test_a_running_farewell_stands_on_the_health(self):
        health = self.make_flagged()[0]
        self.assertFalse(health.farewell_state)
        farewell = self.env["client.farewell"].create(
            {"partner_id": health.partner_id.id}
        )
        health.invalidate_recordset()
        self.assertEqual(health.with_user(self.user).farewell_state, "Draft")
        farewell.action_cancel()
        health.invalidate_recordset()
        self.assertFalse(health.farewell_state)

    def test_nobody_with_an_open_flag_is_shown_as_healthy(self):
        health, flag = self.make_flagged("watch")
        self.assertEqual((health.state, health.shown_state), ("healthy", "watch"))
        flag.with_user(self.user).action_dismiss("A bad day")
        self.assertEqual(health.shown_state, "healthy")
