from datetime import datetime

from odoo.tests import TransactionCase, new_test_user
from odoo.tests.common import tagged
from pytz import timezone, utc

from ..answers import LIMITS

AMSTERDAM = timezone("Europe/Amsterdam")


def local(text, tz=AMSTERDAM):
    """Return the aware moment, in UTC, of a wall clock like 2026-11-24 10:00."""
    return tz.localize(datetime.fromisoformat(text)).astimezone(utc)


def shown(starts, tz=AMSTERDAM):
    """Return moments as people in ``tz`` read them."""
    return [f"{start.astimezone(tz):%Y-%m-%d %H:%M}" for start in starts]


@tagged("post_install", "-at_install")
class CallCase(TransactionCase):
    """A coach with a calendar in Amsterdam, a prospect, and Monday 23 November 2026.

    Working hours are 9 to 12 and 13 to 17 from Monday to Friday.
    """

    NOW = "2026-11-23 08:00:00"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(
            context=dict(cls.env.context, tracking_disable=True, no_reset_password=True)
        )
        cls.env["resource.calendar.leaves"].search([]).unlink()
        cls.company = cls.env["res.company"].create({"name": "Call Company"})
        cls.calendar = cls._create_calendar(cls.company)
        cls.company.resource_calendar_id = cls.calendar
        cls.company.email = "office@example.com"
        cls.coach = cls._create_user("call_coach", "sales_team.group_sale_salesman")
        cls.coach.tz = "Europe/Amsterdam"
        cls.other = cls._create_user(
            "call_other", "sales_team.group_sale_salesman_all_leads"
        )
        cls.team = cls.env["crm.team"].create(
            {"name": "Call Team", "company_id": cls.company.id}
        )
        cls.track = cls.env["coaching.track"].create(
            {
                "name": "Grow",
                "code": "call_test",
                "team_id": cls.team.id,
                "user_id": cls.coach.id,
                "notice_hours": 4,
                "horizon_days": 14,
                "buffer_minutes": 0,
            }
        )
        cls.lead = cls._create_lead()

    @classmethod
    def _create_calendar(cls, company):
        hours = [(9, 12, "morning"), (13, 17, "afternoon")]
        return cls.env["resource.calendar"].create(
            {
                "name": "Nine to five",
                "company_id": company.id,
                "tz": "Europe/Amsterdam",
                "attendance_ids": [(5, 0, 0)]
                + [
                    (
                        0,
                        0,
                        {
                            "name": f"{day} {period}",
                            "dayofweek": str(day),
                            "day_period": period,
                            "hour_from": start,
                            "hour_to": stop,
                        },
                    )
                    for day in range(5)
                    for start, stop, period in hours
                ],
            }
        )

    @classmethod
    def _create_user(cls, login, groups):
        return new_test_user(
            cls.env,
            login=login,
            groups=groups,
            email=f"{login}@example.com",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )

    @classmethod
    def _create_lead(cls, **values):
        return cls.env["crm.lead"].create(
            {
                "name": "Anna wants to grow",
                "contact_name": "Anna Prospect",
                "email_from": "anna@example.com",
                "phone": "+31 6 12345678",
                "company_id": cls.company.id,
                "team_id": cls.team.id,
                "user_id": cls.coach.id,
                "coaching_track_id": cls.track.id,
                "coaching_goal": "More customers",
                "coaching_session_state": "requested",
                "coaching_requested_on": cls.NOW,
                **values,
            }
        )

    def _busy(self, start, stop, **values):
        """Put an event in the coach's calendar, from and to wall clock."""
        event = self.env["calendar.event"].with_context(no_mail_to_attendees=True)
        return event.create(
            {
                "name": "Busy",
                "start": local(start).replace(tzinfo=None),
                "stop": local(stop).replace(tzinfo=None),
                "user_id": self.coach.id,
                "partner_ids": [(6, 0, self.coach.partner_id.ids)],
                **values,
            }
        )

    def _starts(self, day, lead=None, **options):
        """Return the free times of the lead on ``day`` as a wall clock shows them."""
        starts = (lead or self.lead)._coaching_call_starts(**options)
        return [time[11:] for time in shown(starts) if time.startswith(day)]

    def _plan(self, moment="2026-11-24 10:00", lead=None, **options):
        (lead or self.lead)._coaching_plan(local(moment), **options)
        return (lead or self.lead).coaching_event_id

    def _mails(self, address="anna@example.com"):
        """Return the mails to ``address`` and nobody else, oldest first."""
        return (
            self.env["mail.mail"]
            .sudo()
            .search([("email_to", "=", address), ("recipient_ids", "=", False)])
            .sorted("id")
        )

    def _ask(self, website=None, lang="en_US", **changes):
        """Ask for a call as the page does; return the lead."""
        values = dict.fromkeys(LIMITS, "") | {
            "track": self.track.code,
            "name": "Anna Prospect",
            "email": "anna@example.com",
            "phone": "+31 6 12345678",
            "goal": "More customers",
        }
        lead, _created = self.env["crm.lead"]._coaching_receive(
            values | changes, website or self._get_website(), lang
        )
        return lead

    def _get_website(self):
        website = self.env["website"].search([("company_id", "=", self.company.id)])
        return website or website.create(
            {"name": "Call Site", "company_id": self.company.id}
        )

    def _run(self, cron):
        """Run one of our crons."""
        with self.enter_registry_test_mode():
            self.env.ref(f"coaching_leads.ir_cron_{cron}").method_direct_trigger()
