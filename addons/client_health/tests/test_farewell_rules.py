from datetime import date

from odoo.exceptions import UserError
from odoo.tests import Form, freeze_time, tagged

from .farewell_common import FarewellCase


@tagged("post_install", "-at_install")
class TestFarewellRules(FarewellCase):
    def test_a_complete_letter_misses_nothing(self):
        self.assertEqual(self.farewell.missing_count, 0)
        self.farewell.with_user(self.approver).action_approve()
        self.assertEqual(self.farewell.state, "approved")
        self.assertEqual(self.farewell.approved_by_id, self.approver)

    def test_what_a_rule_asks_for_must_be_there_before_approval(self):
        for values, label in (
            ({"salutation": False}, "The client is addressed"),
            ({"thanks": "<p><br></p>"}, "Thanks for what was good"),
            ({"situation": False}, "The situation in one calm paragraph"),
            ({"fit": "<p>&nbsp;</p>"}, "What suits them better"),
            ({"referral_partner_ids": [(5,)]}, "Somebody who could help"),
            ({"handover": False}, "What they take along"),
            ({"closing": False}, "The door stays open"),
            ({"closing": "<p>Bye {naam}</p>"}, "No placeholder is left: naam"),
            ({"end_date": False}, "An end date that is not past"),
            ({"end_date": date(2020, 1, 1)}, "An end date that is not past"),
            ({"ending": False}, "How it ends"),
            ({"item_ids": [(5,)]}, "What is finished and what is still to do"),
            ({"email_to": "a@b"}, "Exactly one valid e-mail address"),
        ):
            with self.subTest(values=values), self.env.cr.savepoint() as savepoint:
                self.farewell.with_user(self.author).write(values)
                self.assertEqual(self.farewell.missing_count, 1)
                self.assertIn(label, self.farewell.checklist)
                with self.assertRaises(UserError) as error:
                    self.farewell.with_user(self.approver).action_approve()
                self.assertIn(label, str(error.exception))
                savepoint.rollback()
                self.env.invalidate_all()

    def test_a_letter_by_post_needs_an_address_and_no_mail(self):
        draft = self.farewell.with_user(self.author)
        draft.write({"delivery": "post", "email_to": False})
        self.assertEqual(self.farewell.missing_count, 0)
        self.client_partner.city = False
        self.env.invalidate_all()
        self.assertEqual(self.farewell.missing_count, 1)

    def test_somebody_can_be_called(self):
        self.env.company.write({"phone": False, "email": False})
        self.author.email = False
        self.assertIn("Somebody to call", self.farewell.checklist)
        self.assertEqual(self.farewell.missing_count, 1)

    @freeze_time("2099-12-31 12:00:00")
    def test_the_last_day_itself_is_not_past(self):
        self.assertEqual(self.farewell.missing_count, 0)

    def test_checklist_and_preview_follow_while_typing(self):
        with Form(self.farewell.with_user(self.author)) as form:
            form.situation = "<p>Het is {end_date} of eigen schuld: you failed.</p>"
            self.assertIn("December 31, 2099", form.letter_preview)
            self.assertIn("<mark>you failed</mark>", form.letter_preview)
            self.assertEqual(form.lint_words, "you failed")
            form.closing = False
            self.assertEqual(form.missing_count, 1)

    def test_the_shipped_texts_are_polite_and_complete(self):
        for lang in ("en_US", "nl_NL"):
            for tone in ("formal", "informal"):
                draft = self.farewell.with_user(self.author)
                draft.write({"lang": lang, "tone": tone})
                blocks = self.env["client.farewell.block"].search([("tone", "=", tone)])
                for block in blocks:
                    with self.subTest(lang=lang, block=block.display_name):
                        draft[block.section] = block._get_html(lang)
                        self.assertFalse(draft.lint_words)
                        self.assertEqual(draft.missing_count, 0)

    def test_the_only_person_of_a_client_is_the_one_addressed(self):
        Partner = self.env["res.partner"]
        Partner.create({"name": "Marieke Bos", "parent_id": self.referral.id})
        case = self.make_farewell(self.referral)
        self.assertEqual(case.salutation, "Dear Marieke Bos,")
        case.tone = "informal"
        self.assertEqual(case.salutation, "Hi Marieke,")
        case.unlink()
        Partner.create({"name": "Jan Bos", "parent_id": self.referral.id})
        case = self.make_farewell(self.referral)
        self.assertEqual(case.contact_id, self.referral)
        self.assertEqual(case.salutation, "Dear Sir or Madam,")
        case.tone = "informal"
        self.assertEqual(case.salutation, "Hello,")

    def test_texts_of_ones_own_leave_the_others_proposed(self):
        case = self.make_farewell(self.referral, situation="<p>My own words.</p>")
        self.assertIn("My own words", case.situation)
        for section in ("thanks", "fit", "ending", "handover", "closing"):
            with self.subTest(section=section):
                self.assertTrue(case[section])

    def test_dutch_blocks_are_dutch(self):
        for block in self.env["client.farewell.block"].search([]):
            self.assertNotEqual(block._get_html("nl_NL"), block._get_html("en_US"))

    def test_another_language_brings_its_own_texts_but_keeps_edited_ones(self):
        draft = self.farewell.with_user(self.author)
        draft.closing = "<p>My own words.</p>"
        with Form(draft) as form:
            form.lang = "nl_NL"
        self.assertIn("Dank u wel", draft.thanks)
        self.assertIn("My own words", draft.closing)
        draft.tone = "informal"
        self.assertIn("Bedankt", draft.thanks)


@tagged("post_install", "-at_install")
class TestFarewellApproval(FarewellCase):
    def test_a_marked_word_wants_the_tick_of_who_approves(self):
        self.write_blame()
        with self.assertRaisesRegex(UserError, "your fault"):
            self.farewell.with_user(self.approver).action_approve()
        self.farewell.with_user(self.approver).lint_accepted = True
        self.farewell.with_user(self.approver).action_approve()
        self.assertEqual(self.farewell.state, "approved")

    def test_the_tick_of_somebody_else_does_not_count(self):
        self.write_blame()
        self.farewell.with_user(self.author).lint_accepted = True
        with self.assertRaisesRegex(UserError, "your fault"):
            self.farewell.with_user(self.approver).action_approve()

    def test_other_words_ask_again(self):
        self.write_blame()
        self.farewell.with_user(self.approver).lint_accepted = True
        draft = self.farewell.with_user(self.author)
        draft.closing = "<p>You are rude.</p>"
        self.assertFalse(self.farewell.lint_accepted)

    def test_no_tick_without_being_a_manager(self):
        self.write_blame()
        with self.assertRaises(UserError):
            self.farewell.with_user(self.colleague).lint_accepted = True

    def test_words_of_other_languages_and_archived_words_do_not_count(self):
        draft = self.farewell.with_user(self.author)
        draft.closing = "<p>Wanbetaler.</p>"
        self.assertFalse(draft.lint_words)
        draft.lang = "nl_NL"
        self.assertEqual(draft.lint_words, "wanbetaler")
        self.env.ref("client_health.client_farewell_word_nl_wanbetaler").active = False
        self.env.invalidate_all()
        self.assertFalse(draft.lint_words)

    def test_a_word_of_our_own_without_language_counts_in_every_letter(self):
        self.env["client.farewell.word"].with_user(self.author).create(
            {"name": "Zeurpiet"}
        )
        draft = self.farewell.with_user(self.author)
        draft.closing = "<p>Dag zeurpiet.</p>"
        self.assertEqual(draft.lint_words, "zeurpiet")
        draft.lang = "nl_NL"
        self.assertEqual(draft.lint_words, "zeurpiet")

    def test_words_in_items_and_salutation_count(self):
        draft = self.farewell.with_user(self.author)
        draft.salutation = "Dear liar,"
        draft.item_ids[0].name = "Bill of the lawyer"
        self.assertEqual(draft.lint_words, "liar, lawyer")

    def test_who_wrote_the_letter_does_not_approve_it(self):
        with self.assertRaisesRegex(UserError, "second manager"):
            self.farewell.with_user(self.author).action_approve()

    def test_who_changed_it_last_does_not_approve_it_either(self):
        self.farewell.with_user(self.approver).item_ids[0].name = "Accounts"
        with self.assertRaisesRegex(UserError, "second manager"):
            self.farewell.with_user(self.approver).action_approve()
        self.farewell.with_user(self.author).action_approve()
        self.assertEqual(self.farewell.state, "approved")

    def test_a_colleague_s_comma_does_not_let_the_author_approve(self):
        self.farewell.with_user(self.colleague).item_ids[0].name = "Accounts, all"
        self.assertEqual(self.farewell.author_id, self.author)
        with self.assertRaisesRegex(UserError, "second manager"):
            self.farewell.with_user(self.author).action_approve()

    def test_the_only_manager_approves_alone(self):
        self.approver.group_ids -= self.env.ref(
            "client_health.client_health_group_manager"
        )
        self.farewell.with_user(self.author).action_approve()
        self.assertEqual(self.farewell.state, "approved")

    def test_a_user_does_not_approve(self):
        with self.assertRaises(UserError):
            self.farewell.with_user(self.colleague).action_approve()
        self.assertEqual(self.farewell.state, "draft")

    def write_blame(self):
        self.farewell.with_user(self.author).situation = "<p>It is your fault.</p>"
