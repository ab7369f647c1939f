"""What every public post passes: a signed time and a shared limit."""

import time

from odoo.tools.misc import hash_sign, verify_hash_signed

SCOPE = "coaching_leads.form"
# Nobody reads three cards and types a wish in two seconds; with the browser filling
# in the rest that is still enough for a person.
MIN_SECONDS = 2
TOKEN_HOURS = 48
# An office behind one address keeps below this; one person needs a few at most.
POSTS_PER_ADDRESS = 20
POSTS_PER_MAIL = 5
MAX_BYTES = 256 * 1024


def make_token(env):
    """A signed note of when the form was shown."""
    # sudo: the signature uses the database's secret.
    return hash_sign(env(su=True), SCOPE, int(time.time()), None, TOKEN_HOURS)


def get_age(env, token):
    """Seconds since the form was shown; None for a token that is not ours."""
    try:
        # sudo: the signature uses the database's secret.
        shown = verify_hash_signed(env(su=True), SCOPE, token)
    except (ValueError, IndexError):
        return None
    return None if shown is None else time.time() - shown


def keep_token(env, token):
    """The token of a form that is shown again: its clock runs on."""
    return make_token(env) if get_age(env, token) is None else token


def is_own_session(request, token):
    """Whether the cross-site token belongs to this visitor's session."""
    return token.isascii() and request.validate_csrf(token)


def is_within_limit(request, email):
    """Count this post, by address and by mail, for all workers together."""
    # sudo: visitors have no access to the counters or to the setting.
    env = request.env(su=True)
    per_address = env["ir.config_parameter"].get_param(
        "coaching_leads.posts_per_hour", POSTS_PER_ADDRESS
    )
    limits = {f"address:{request.httprequest.remote_addr}": int(per_address)}
    if email:
        limits[f"mail:{email}"] = POSTS_PER_MAIL
    return env["coaching.post.counter"]._hit(limits)
