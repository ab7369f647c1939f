"""What every public post passes: a signed time and a shared limit."""

import time
from ipaddress import ip_address, ip_network

from odoo.http import request
from odoo.tools.misc import hash_sign, verify_hash_signed

from ..answers import mailbox, single_email

SCOPE = "coaching_leads.form"
# On another site no cookie tells that we showed the form: its signature has to.
EMBED_SCOPE = "coaching_leads.embedded_form"
RECEIPT_SCOPE = "coaching_leads.receipt"
DECOY_SCOPE = "coaching_leads.decoy"
# Nobody reads three cards and types a wish in two seconds; with the browser filling
# in the rest that is still enough for a person.
MIN_SECONDS = 2
TOKEN_HOURS = 48
BOOKING_HOURS = 30 * 24
# An office behind one address keeps below this; one person needs a few at most.
POSTS_PER_ADDRESS = 20
POSTS_PER_MAIL = 5
# Booked, moved or cancelled this often in a day, a colleague takes over.
CHANGES_PER_DAY = 6
MAX_BYTES = 256 * 1024
RETRY_SECONDS = "3600"


# -- when the form was shown ---------------------------------------------------------


def make_token(env, scope=SCOPE):
    """A signed note of when the form was shown."""
    # sudo: the signature uses the database's secret.
    return hash_sign(env(su=True), scope, int(time.time()), None, TOKEN_HOURS)


def get_age(env, token, scope=SCOPE):
    """Seconds since the form was shown; None for a token that is not ours."""
    shown = _read(env, scope, token)
    return time.time() - shown if isinstance(shown, int) else None


def keep_token(env, token, scope=SCOPE):
    """The token of a form that is shown again: its clock runs on."""
    return make_token(env, scope) if get_age(env, token, scope) is None else token


def is_own_session(token):
    """Whether the cross-site token belongs to this visitor's session."""
    return token.isascii() and request.validate_csrf(token)


def _read(env, scope, token):
    try:
        # sudo: the signature uses the database's secret.
        return verify_hash_signed(env(su=True), scope, token)
    except (ValueError, IndexError, AttributeError):
        return None


# -- the thank-you page --------------------------------------------------------------


def make_receipt(env, lead, track):
    """A signed note of a request, for the page that thanks for it.

    It has one length, whether there is a lead to show a link to or not.
    """
    # sudo: the signature uses the database's secret.
    text = f"{lead.id or 0:012d}{track.id or 0:09d}"
    return hash_sign(env(su=True), RECEIPT_SCOPE, text, None, TOKEN_HOURS)


def read_receipt(env, token):
    """The ids of lead and track in a receipt, 0 for none."""
    text = _read(env, RECEIPT_SCOPE, token or "")
    return (int(text[:12]), int(text[12:])) if text else (0, 0)


def make_decoy(env):
    """The path of a booking link that opens nothing, like that of a new lead."""
    # sudo: the signature uses the database's secret, visitors see no leads.
    env = env(su=True)
    last = env["crm.lead"].search([], order="id desc", limit=1)
    token = hash_sign(env, DECOY_SCOPE, [last.id, 0], None, BOOKING_HOURS)
    return f"/coaching/call/{token}"


def is_decoy(env, token):
    """Whether a link is one of :func:`make_decoy`."""
    return bool(_read(env, DECOY_SCOPE, token))


# -- limits --------------------------------------------------------------------------


def get_visitor(address):
    """The network that one visitor owns: an address, or in IPv6 the whole /64.

    >>> get_visitor("2001:db8:1:2:3:4:5:6"), get_visitor("::ffff:192.0.2.1")
    ('2001:db8:1:2::/64', '192.0.2.1')
    >>> get_visitor("192.0.2.1"), get_visitor("fe80::1%eth0"), get_visitor(None)
    ('192.0.2.1', 'fe80::/64', 'None')
    """
    try:
        ip = ip_address(str(address).partition("%")[0])
    except ValueError:
        return str(address)
    if ip.version == 4:
        return str(ip)
    return str(ip.ipv4_mapped or ip_network((ip, 64), strict=False))


def is_within_limit(email):
    """Count this post, by address and by mailbox, for all workers together."""
    return _get_counter()._hit(_get_limits(email))


def _get_counter():
    # sudo: visitors have no access to the counters.
    return request.env["coaching.post.counter"].sudo()


def _get_limits(email):
    # sudo: visitors cannot read the setting.
    per_address = (
        request.env["ir.config_parameter"]
        .sudo()
        .get_param("coaching_leads.posts_per_hour")
    )
    limit = int(per_address) if str(per_address).isdecimal() else POSTS_PER_ADDRESS
    limits = {f"address:{get_visitor(request.httprequest.remote_addr)}": limit}
    if email:
        limits[f"mail:{mailbox(email)}"] = POSTS_PER_MAIL
    return limits


def refuse_change(lead, start=None):
    """The page for who books, moves or cancels too often, or None to go on.

    Each of them mails whatever address was typed. After some rounds a colleague
    decides: the wish waits in the quarantine.

    :param datetime start: aware; when the call is wanted, None to cancel it
    """
    email = single_email(lead.email_from or "")
    if not _get_counter()._has_room(_get_limits(email)):
        return render_limit()
    if _get_counter()._has_room({_get_changer(lead): CHANGES_PER_DAY}, hours=24):
        return None
    # sudo: visitors have no access to the quarantine.
    quarantine = request.env["coaching.quarantine"].sudo()
    quarantine._keep_change(lead, start, request.website)
    response = request.render("coaching_leads.change_waits_page", {"lead": lead})
    return no_store(response)


def count_change(lead):
    """Count a call that was booked, moved or cancelled by who holds the link.

    Afterwards, so that many who want one time do not wait for each other here.
    """
    email = single_email(lead.email_from or "")
    _get_counter()._count([*_get_limits(email), _get_changer(lead)])


def _get_changer(lead):
    email = single_email(lead.email_from or "")
    return f"changes:{mailbox(email) if email else lead.id}"


def render_limit():
    """Too many posts in an hour: a friendly page, no form."""
    response = request.render("coaching_leads.limit_page", {}, status=429)
    response.headers["Retry-After"] = RETRY_SECONDS
    return no_store(response)


# -- headers -------------------------------------------------------------------------


def no_store(response):
    """Keep a page with somebody's words or link out of caches and other sites."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def set_frame(response, embedded):
    """Say which sites may show the page in a frame: only those of the settings."""
    origins = request.website._coaching_embed_origins() if embedded else []
    policy = " ".join(["frame-ancestors", "'self'", *origins])
    response.headers["Content-Security-Policy"] = policy
    return response
