import logging
import time
from statistics import median

from odoo import fields
from odoo.tests import tagged

from .test_call_pages import CallPageCase

_logger = logging.getLogger(__name__)

COACHES = 5
EVENTS = 2000
QUERIES = 12


@tagged("post_install", "-at_install")
class TestCallSpeed(CallPageCase):
    """The booking page with five coaches whose calendars are full of two years."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        coaches = cls.coach
        for number in range(COACHES - 1):
            coaches |= cls._create_user(
                f"call_turn{number}", "sales_team.group_sale_salesman"
            )
        coaches.tz = "Europe/Amsterdam"
        cls.env["website"].get_current_website().company_id = cls.company
        cls.track.write({"user_ids": coaches.ids, "horizon_days": 14})
        hours = cls.env["coaching.coach"].create(
            [{"user_id": coach.id, "most_per_day": 6} for coach in coaches]
        )
        for coach in hours:
            coach.action_fill_week()
        cls._fill_calendars(coaches)

    @classmethod
    def _fill_calendars(cls, coaches):
        """Four busy hours a day, from years ago to years ahead."""
        cls.env.flush_all()
        cls.env.cr.execute(
            """
            WITH event AS (
                INSERT INTO calendar_event
                    (name, start, stop, duration, allday, active, user_id, privacy,
                     show_as, create_uid, create_date)
                SELECT 'Busy', slot.at, slot.at + interval '1 hour', 1, false, true,
                       coach.id, 'public', 'busy', coach.id, now()
                  FROM unnest(%(coaches)s) AS coach (id)
                 CROSS JOIN LATERAL (
                       SELECT %(now)s::timestamp::date + n / 4 - %(days)s
                              + interval '1 hour' * (9 + n %% 4) AS at
                         FROM generate_series(0, %(events)s - 1) AS n
                 ) AS slot
                RETURNING id, user_id
            )
            INSERT INTO calendar_attendee (event_id, partner_id, state, create_uid)
            SELECT event.id, users.partner_id, 'accepted', users.id
              FROM event JOIN res_users users ON users.id = event.user_id
            """,
            {
                "coaches": coaches.ids,
                "now": fields.Datetime.now(),
                "days": EVENTS // 8,
                "events": EVENTS,
            },
        )
        cls.env.cr.execute("ANALYZE calendar_event, calendar_attendee")
        cls.env.invalidate_all()

    def _count(self, path):
        """Queries and milliseconds of processor time of a page that was open before."""
        for _warm in range(2):
            self.assertEqual(self.url_open(path).status_code, 200)
        self.env.flush_all()
        queries, milliseconds = [], []
        for _time in range(5):
            self.env.invalidate_all()
            before, begun = self.cr.sql_log_count, time.process_time()
            self.url_open(path)
            milliseconds.append(1000 * (time.process_time() - begun))
            queries.append(self.cr.sql_log_count - before)
        return median(queries), median(milliseconds)

    def test_the_page_takes_few_queries(self):
        queries, milliseconds = self._count(self._book_path())
        _logger.info("Booking page: %s queries, %.0f ms", queries, milliseconds)
        self.assertLessEqual(queries, QUERIES)

    def test_without_a_coach_it_takes_as_many_for_one_as_for_five(self):
        lead = self._create_lead(user_id=False)
        queries, milliseconds = self._count(self._book_path(lead))
        _logger.info("Any of five coaches: %s queries, %.0f ms", queries, milliseconds)
        self.track.user_ids = self.coach
        self.assertLessEqual(queries, self._count(self._book_path(lead))[0] + 1)
        self.assertLessEqual(queries, QUERIES)
