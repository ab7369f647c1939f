"""Who may see and do what: the groups of client health, in one place."""

from odoo.exceptions import AccessError

GROUP_USER = "client_health.client_health_group_user"
"""See, log, confirm, dismiss."""
GROUP_MANAGER = "client_health.client_health_group_manager"
"""Traits, settings, approval of a farewell."""
AMOUNT_GROUPS = "account.group_account_invoice,account.group_account_readonly"
"""Who sees amounts and invoices: those who may read invoices in Odoo."""


def is_allowed(env, groups: str) -> bool:
    """Return whether who asks is the superuser or in one of the groups.

    :param env: the environment of who asks
    :param groups: xmlids of groups, separated by commas
    """
    return env.su or env.user.has_groups(groups)


def require(env, groups: str, message: str) -> None:
    """Refuse who is neither the superuser nor in one of the groups.

    :param env: the environment of who asks
    :param groups: xmlids of groups, separated by commas
    :param message: what to tell them, translated
    :raises AccessError: with the message
    """
    if not is_allowed(env, groups):
        raise AccessError(message)


def require_user(env) -> None:
    """Refuse who is not in Client Health.

    :param env: the environment of who asks
    :raises AccessError: for them
    """
    require(env, GROUP_USER, env._("Only Client Health users may see flags."))
