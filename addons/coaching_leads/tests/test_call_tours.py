from odoo.tests import tagged

from .test_call_pages import CallPageCase


class ProspectTourCase(CallPageCase):
    def _prospect_picks_and_moves(self):
        self.start_tour(self._book_path(), "coaching_prospect_call")
        self.env.invalidate_all()
        self.assertEqual(self.lead.coaching_session_state, "planned")
        self.assertEqual(self.lead.coaching_call_id.revision, 1)
        self.assertEqual(len(self._mails()), 2)


@tagged("post_install", "-at_install")
class TestCallTours(ProspectTourCase):
    def test_a_prospect_picks_a_time_and_moves_the_call(self):
        self._prospect_picks_and_moves()

    def test_sales_bring_a_new_lead_to_won(self):
        self.start_tour(
            "/odoo/coaching-today", "coaching_sales_call", login="call_coach"
        )
        self.env.invalidate_all()
        self.assertRecordValues(
            self.lead,
            [
                {
                    "coaching_session_state": "held",
                    "coaching_outcome": "opportunity",
                    "expected_revenue": 2400,
                    "won_status": "won",
                }
            ],
        )
        subjects = self._mails().mapped("subject")
        self.assertEqual(
            subjects[1:], ["We spoke already", "What we spoke about"], subjects
        )
        self.assertIn("Call three customers", self._mails()[2].body_html)


@tagged("post_install", "-at_install")
class TestCallToursOnATelephone(ProspectTourCase):
    browser_size = "390x844"
    touch_enabled = True

    def test_a_prospect_picks_a_time_and_moves_the_call(self):
        self._prospect_picks_and_moves()
