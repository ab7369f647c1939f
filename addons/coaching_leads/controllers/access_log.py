"""Keep who reads the access log from using the links in it."""

import logging
import re

SECRET = re.compile(r"(/coaching/(?:call|manage|stop)/|[?&]receipt=)[^/?&#\s\"]+")
# Odoo's threaded and forked servers, and the one for longer connections.
LOGGERS = ("werkzeug", "longpolling", "odoo.http")


class MaskLinks(logging.Filter):
    """Replace the signed part of our links in a line of the log."""

    def filter(self, record):
        """Mask in place and let every line through."""
        record.msg = mask(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(map(mask, record.args))
        return True


def mask(text):
    """The text without what gives access; anything else as it is.

    >>> mask("GET /nl/coaching/call/AbC-1?tz=UTC HTTP/1.1")
    'GET /nl/coaching/call/***?tz=UTC HTTP/1.1'
    >>> mask("POST /coaching/manage/AbC-1/cancel HTTP/1.1"), mask(303)
    ('POST /coaching/manage/***/cancel HTTP/1.1', 303)
    """
    return SECRET.sub(r"\1***", text) if isinstance(text, str) else text


for name in LOGGERS:
    logging.getLogger(name).addFilter(MaskLinks())
