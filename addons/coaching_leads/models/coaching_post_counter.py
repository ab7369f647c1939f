from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.misc import hmac

KEEP_HOURS = 24


class CoachingPostCounter(models.Model):
    """Posts from the website in an hour, by address and by mail.

    One row carries the limit for all workers. Writing it also makes posts of the
    same visitor wait for each other: under repeatable read the later one fails
    to serialize and Odoo runs it again, with the first one's lead in sight.
    """

    _name = "coaching.post.counter"
    _description = "Coaching Post Counter"
    _log_access = False

    key = fields.Char(
        required=True,
        help="Keyed hash of the address or mail: neither is stored.",
    )
    hour = fields.Datetime(required=True)
    hits = fields.Integer(required=True, default=1)

    _key_hour_unique = models.UniqueIndex("(key, hour)")

    @api.model
    def _hit(self, limits):
        """Count one post and tell whether it stays within every limit.

        :param dict limits: most posts in an hour by who posts, such as an address
        :return: False when one limit was reached already; then nothing is counted
            and nothing written, so that a flood costs one small query
        :rtype: bool
        """
        if not self._has_room(limits):
            return False
        self._count(limits)
        return True

    @api.model
    def _has_room(self, limits, hours=1):
        """Whether every count is below its limit; nothing is counted.

        :param dict limits: see :meth:`_hit`
        :param int hours: hours of the clock to add up, this one included
        """
        by_key = {self._key(who): limit for who, limit in limits.items()}
        first = self._this_hour() - timedelta(hours=hours - 1)
        counted = self._read_group(
            [("key", "in", list(by_key)), ("hour", ">=", first)], ["key"], ["hits:sum"]
        )
        return all(hits < by_key[key] for key, hits in counted)

    @api.model
    def _count(self, whos):
        """Count one post for each of ``whos``."""
        self._add(sorted(map(self._key, whos)), self._this_hour())

    @api.model
    def _this_hour(self):
        return fields.Datetime.now().replace(minute=0, second=0)

    @api.model
    def _key(self, who):
        """The keyed hash under which ``who`` is counted."""
        return hmac(self.env(su=True), "coaching_leads.post", who)

    @api.model
    def _add(self, keys, hour):
        """Add one to each counter, in the same order everywhere: no deadlock."""
        rows = SQL(", ").join(SQL("(%s, %s, 1)", key, hour) for key in keys)
        query = SQL(
            """
            INSERT INTO coaching_post_counter AS counter (key, hour, hits)
                 VALUES %s
            ON CONFLICT (key, hour) DO UPDATE SET hits = counter.hits + 1
            """,
            rows,
        )
        # Losing against a post at the same moment is expected: not an error to log.
        self.env.cr.execute(query, log_exceptions=False)
        self.invalidate_model(["hits"])

    @api.autovacuum
    def _gc_counters(self):
        """Forget the hours that no limit looks at any more."""
        old = fields.Datetime.now() - timedelta(hours=KEEP_HOURS)
        self.search([("hour", "<", old)]).unlink()
