"""A call as calendars read it (RFC 5545 and 5546): no database."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import vobject
from pytz import utc

ALARM = timedelta(minutes=15)


@dataclass(frozen=True)
class Appointment:
    """One call. ``uid`` stays the same and ``sequence`` grows, so that moving and
    cancelling changes what is already in the prospect's calendar. Moments are naive
    and in UTC."""

    uid: str
    sequence: int
    start: datetime
    stop: datetime
    written_on: datetime
    summary: str
    description: str
    location: str = ""
    organizer: tuple[str, str] | None = None  # name and address


def write_ics(appointment, method="PUBLISH"):
    """Return the file for the prospect's calendar, as bytes.

    :param str method: ``PUBLISH`` or ``CANCEL``

    >>> call = Appointment("call-1", 2, *[datetime(2026, 11, 24, 9)] * 3, "Call", "")
    >>> lines = write_ics(call, "CANCEL").decode().splitlines()
    >>> [line for line in lines if line.startswith(("METHOD", "SEQ", "STATUS"))]
    ['METHOD:CANCEL', 'SEQUENCE:2', 'STATUS:CANCELLED']
    >>> b"VALARM" in write_ics(call), b"VALARM" in write_ics(call, "CANCEL")
    (True, False)
    """
    calendar = vobject.iCalendar()
    calendar.add("method").value = method
    event = calendar.add("vevent")
    for name, value in {
        "uid": appointment.uid,
        "dtstamp": utc.localize(appointment.written_on),
        "dtstart": utc.localize(appointment.start),
        "dtend": utc.localize(appointment.stop),
        "sequence": str(appointment.sequence),
        "status": "CANCELLED" if method == "CANCEL" else "CONFIRMED",
        "summary": appointment.summary,
        "description": appointment.description,
        "location": appointment.location,
    }.items():
        event.add(name).value = value
    if appointment.organizer:
        name, address = appointment.organizer
        organizer = event.add("organizer")
        organizer.value = f"MAILTO:{address}"
        organizer.cn_param = name.replace('"', "'")
    if method != "CANCEL":
        _add_alarm(event, appointment.summary)
    return calendar.serialize().encode()


def _add_alarm(event, text):
    alarm = event.add("valarm")
    alarm.add("action").value = "DISPLAY"
    alarm.add("description").value = text
    alarm.add("trigger").value = -ALARM
