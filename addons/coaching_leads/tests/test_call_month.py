import logging
from collections import Counter
from datetime import datetime, timedelta

from freezegun import freeze_time
from odoo import fields

from .common_call import CallCase, local

_logger = logging.getLogger(__name__)

# Forty people: how each of them behaves after asking for a call.
KINDS = (
    ["books"] * 8  # picks a time and answers the telephone
    + ["called"] * 5  # the coach calls within the hour and holds the call at once
    + ["silent"] * 4  # never does anything
    + ["cancels"] * 4  # books and cancels
    + ["moves"] * 3  # books and moves
    + ["misses"] * 4  # books and does not answer
    + ["misses_then_books"] * 3  # does not answer and books again from the mail
    + ["corrects"] * 3  # asks again with the right number
    + ["again"] * 3  # asks again after the call was held
    + ["stops"] * 2  # says to want no call any more
    + ["shared"] * 1  # another person at the first one's address
)
DAYS = 30


@freeze_time(CallCase.NOW)
class TestMonth(CallCase):
    """A month of a coach with two colleagues, one on holiday, one leaving."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.country_id = cls.env.ref("base.nl")
        cls.boss = cls._create_user("call_boss", "sales_team.group_sale_manager")
        cls.third = cls._create_user("call_third", "sales_team.group_sale_salesman")
        coaches = cls.coach | cls.other | cls.third
        coaches.tz = "Europe/Amsterdam"
        cls.track.user_ids = coaches
        hours = cls.env["coaching.coach"].create({"user_id": cls.other.id})
        hours.day_off_ids = [
            (0, 0, {"date_from": "2026-11-23", "date_to": "2026-12-04"}),
        ]
        cls.lead.unlink()
        cls.people = {}

    # -- what people do ----------------------------------------------------------------

    def _person(self, number):
        kind = KINDS[number]
        of = 0 if kind == "shared" else number
        return {
            "name": f"Person {number}",
            "email": f"person{of}@example.com",
            "phone": f"+31 6 1000{number:04}",
            "goal": f"Wish {number}",
        }

    def _arrive(self, number):
        self.people[number] = self._ask(self.website, **self._person(number))

    def _book(self, lead, which=0):
        """Pick a free time on the page, if there is one."""
        starts = lead._coaching_can_plan() and lead._coaching_call_starts()
        if starts:
            lead._coaching_plan(starts[min(which, len(starts) - 1)])

    def _react(self, number, age):
        """What the prospect does ``age`` days after asking."""
        kind, lead = KINDS[number], self.people[number]
        books = ("books", "cancels", "moves", "misses", "misses_then_books", "shared")
        if age == 0 and kind in books:
            self._book(lead, which=8)
        elif age == 0 and kind == "corrects":
            self._ask(
                self.website, **self._person(number) | {"phone": f"0620{number:06}"}
            )
        elif age == 1 and kind == "cancels":
            lead.coaching_call_id._cancel("client")
        elif age == 1 and kind == "moves" and lead.coaching_session_state == "planned":
            lead._coaching_plan(lead._coaching_call_starts()[-1])
        elif age == 4 and kind == "misses_then_books":
            self._book(lead)
        elif age == 6 and kind == "again":
            self._ask(self.website, **self._person(number) | {"goal": "Once more"})
        elif age == 3 and kind == "stops" and lead.active:
            lead._coaching_withdraw()

    # -- what the coaches do -----------------------------------------------------------

    def _work(self, now):
        """The coaches do what Today tells them, as far as somebody is there."""
        for number, lead in self.people.items():
            kind, state = KINDS[number], lead.coaching_session_state
            coach = lead.user_id.filtered("active")
            if not lead.active or not coach or coach._coaching_is_away(now, now):
                continue
            mine = lead.with_user(coach)
            call = lead.coaching_call_id
            if state == "planned" and call.stop <= now:
                missed = kind == "misses" or (
                    kind == "misses_then_books" and len(lead.coaching_call_ids) == 1
                )
                if missed:
                    mine.action_coaching_no_show()
                else:
                    mine.action_coaching_held()
            elif state == "requested" and kind in ("called", "again", "corrects"):
                mine.action_coaching_held()
            elif state == "held" and not lead.coaching_outcome and number % 3:
                self._decide(mine, number)

    def _decide(self, lead, number):
        outcome = ("opportunity", "later", "no_fit")[number % 7 % 3]
        wizard = self.env["coaching.outcome"].with_user(lead.env.user)
        wizard.create({"lead_id": lead.id, "outcome": outcome}).action_apply()

    def _leave(self):
        """A coach is archived; the owner gives half of the leads to a colleague."""
        self.third.active = False
        left = self.env["crm.lead"].search([("user_id", "=", self.third.id)])
        for lead in left[::2]:
            lead.with_user(self.boss)._coaching_assign(self.coach)

    # -- the month ---------------------------------------------------------------------

    def _live(self):
        self.website = self._get_website()
        first = datetime(2026, 11, 23, 8, 0)
        for day in range(DAYS):
            for hour in (0, 7):
                now = first + timedelta(days=day, hours=hour)
                with freeze_time(now):
                    self.env.invalidate_all()
                    self._live_half_day(day, hour, now)

    def _live_half_day(self, day, hour, now):
        if not hour:
            for number in range(2 * day, min(2 * day + 2, len(KINDS))):
                self._arrive(number)
            for number in self.people:
                self._react(number, day - number // 2)
        if day == 12 and hour:
            self._leave()
        if now.weekday() < 5:
            self._work(now)
        self._run("coaching_remind")
        self._run("coaching_nudge")

    def _where(self, lead):
        """Where a lead stands at the end of the month."""
        if lead.won_status == "lost":
            return f"closed: {lead.lost_reason_id.name}" if lead.lost_reason_id else ""
        if todo := lead.with_user(self.boss).coaching_todo:
            return f"today: {todo}"
        call = lead.coaching_call_id
        if lead.coaching_session_state == "held" and lead.coaching_outcome:
            return f"held: {lead.coaching_outcome}"
        if call.state == "planned" and call.start > fields.Datetime.now():
            return "planned"
        return ""

    def test_nobody_is_lost_in_a_month(self):
        self._live()
        leads = self.env["crm.lead"].browse(lead.id for lead in self.people.values())
        self.assertEqual(len(leads), len(KINDS), "two at one address are two")
        with freeze_time("2026-12-22 16:00:00"):
            self.env.invalidate_all()
            where = {lead: self._where(lead) for lead in leads}
            lost = [lead.contact_name for lead, place in where.items() if not place]
            self.assertFalse(lost, "nobody knows of them")
            shown = self.env["crm.lead"].with_user(self.boss)
            shown = shown.search([("coaching_todo", "!=", False)])
            for lead, place in where.items():
                self.assertEqual(lead in shown, place.startswith("today"), place)
            self._log_table(where)
            counts = Counter(place.split(":")[0] for place in where.values())
            self.assertGreater(min(counts[k] for k in ("held", "closed", "today")), 2)
        self._check_calendar(leads)
        self._check_mails(leads)

    def _log_table(self, where):
        """Who asked how, and where they stand at the end: for who reads the log."""
        kinds = {lead: KINDS[number] for number, lead in self.people.items()}
        counts = Counter((kinds[lead], place) for lead, place in where.items())
        ends = sorted(set(where.values()))
        rows = [["kind", *ends, "all"]]
        for kind in dict.fromkeys(KINDS):
            numbers = [counts[kind, end] for end in ends]
            rows.append([kind, *(str(n or "") for n in numbers), str(sum(numbers))])
        table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
        _logger.info("A month of %s requests:\n%s", len(where), table)

    def _check_calendar(self, leads):
        """No two calls of one coach at one time, and events that agree."""
        calls = leads.coaching_call_ids.filtered(
            lambda call: (
                call.planned_on and call.state != "cancelled" and call.event_id.active
            )
        )
        for call in calls:
            self.assertEqual(
                (call.event_id.start, call.event_id.stop, call.event_id.user_id),
                (call.start, call.stop, call.user_id),
            )
        for coach in calls.user_id:
            mine = calls.filtered(lambda call, coach=coach: call.user_id == coach)
            mine = mine.sorted("start")
            handed = mine.filtered(lambda call: call.revision)
            for one, two in zip(mine, mine[1:], strict=False):
                if not (one | two) & handed:  # handed over as it was agreed
                    self.assertLessEqual(one.stop, two.start)
        self.assertFalse(
            calls.filtered(
                lambda call: (
                    local("2026-12-25 00:00").replace(tzinfo=None)
                    <= call.start
                    < local("2026-12-26 00:00").replace(tzinfo=None)
                )
            ),
            "nobody calls at Christmas",
        )

    def _check_mails(self, leads):
        """Each reminder came once; who was lost gets no more of them."""
        mails = self.env["mail.mail"].search([("coaching_lead_id", "in", leads.ids)])
        nudges = mails.filtered(lambda mail: "find a moment" in mail.subject)
        most = Counter(nudges.mapped("coaching_lead_id")).most_common(1)
        self.assertEqual(most and most[0][1], 1)
        told = self.env["mail.message"].search(
            [("subject", "=", f"Without a coach now that {self.third.name} left")]
        )
        self.assertEqual(len(told), 1)
