from unittest.mock import patch

from odoo.tests import tagged

from ..controllers import guard
from .common_form import FormCase


class TourMixin:
    """A prospect asks for a call in a real browser."""

    def run_tour(self):
        # The tour types faster than a person.
        with patch.object(guard, "MIN_SECONDS", 0):
            self.start_tour("/coaching?track=next_level", "coaching_form")
        lead = self.find_leads("tour.prospect@example.com")
        self.assertRecordValues(
            lead,
            [
                {
                    "contact_name": "Tour Prospect",
                    "phone": "+31 6 12345678",
                    "coaching_goal": "Lead with more ease",
                    "coaching_obstacle": "Everything passes my desk",
                    "coaching_call_moment": "Tuesday",
                }
            ],
        )
        self.assertEqual(lead.coaching_track_id.code, "scale")


@tagged("post_install", "-at_install")
class TestFormTourDesk(TourMixin, FormCase):
    def test_prospect_asks_for_a_call(self):
        self.run_tour()


@tagged("post_install", "-at_install")
class TestFormTourPhone(TourMixin, FormCase):
    browser_size = "390x844"
    touch_enabled = True

    def test_prospect_asks_for_a_call(self):
        self.run_tour()
