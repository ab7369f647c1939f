from odoo import models
from odoo.tools import format_date, format_time
from pytz import timezone, utc


class CrmLead(models.Model):
    """The time of the call as people read it."""

    _inherit = "crm.lead"

    def _coaching_show_time(self, start, tz, lang):
        """Return date and time of ``start`` on the clock of ``tz``, with its city.

        :param datetime start: naive, in UTC
        """
        env = self.with_context(lang=lang).env
        local = utc.localize(start).astimezone(timezone(tz))
        return env._(
            "%(date)s, %(time)s (%(city)s time)",
            date=format_date(env, local.date(), lang_code=lang, date_format="full"),
            time=format_time(env, start, tz=tz, time_format="short", lang_code=lang),
            city=tz.rsplit("/", 1)[-1].replace("_", " "),
        )

    def _coaching_company_tz(self):
        return self._coaching_company().resource_calendar_id.tz or "UTC"

    def _coaching_call_times(self):
        """Return the planned time as the prospect reads it: theirs first, then ours."""
        if not self.coaching_call_start:
            return [""]  # Odoo tries templates on any lead when it installs them
        lang = self._coaching_lang()
        zones = [self.coaching_tz or self._coaching_company_tz()]
        start = utc.localize(self.coaching_call_start)
        ours = self._coaching_company_tz()
        if start.astimezone(timezone(ours)).utcoffset() != (
            start.astimezone(timezone(zones[0])).utcoffset()
        ):
            zones.append(ours)
        return [
            self._coaching_show_time(self.coaching_call_start, tz, lang) for tz in zones
        ]

    def _coaching_lang(self):
        """Return the code of the prospect's language."""
        return (
            self.lang_id.code
            or self.partner_id.lang
            or self._coaching_company().partner_id.lang
            or self.env.lang
            or "en_US"
        )
