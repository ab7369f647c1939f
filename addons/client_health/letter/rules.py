"""The four rules of a letter, checked while it is being written."""

from collections import namedtuple

from .text import TOKENS, is_empty, single_recipient, unknown_tokens

Check = namedtuple("Check", "rule ok label where")
"""Rule 1 to 4; whether it is met; what it asks for; where it is on the form."""


def get_names(env):
    """Return the names of the rules by their numbers."""
    return {
        1: env._("Polite"),
        2: env._("In their interest"),
        3: env._("Professional"),
        4: env._("Clear completion"),
    }


def get_checks(case, sections, today):
    """Return what the four rules ask of a case's letter, met or not.

    :param case: a ``client.farewell``
    :param sections: the names of its texts
    :param date today: the day it is in its company
    """
    return [
        *_get_text_checks(case),
        *_get_interest_checks(case),
        *_get_professional_checks(case, sections),
        *_get_completion_checks(case, today),
    ]


def _get_text_checks(case):
    env, letter = case.env, case.env._("Letter")
    return [
        Check(1, bool(case.salutation), env._("The client is addressed"), letter),
        Check(1, not is_empty(case.thanks), env._("Thanks for what was good"), letter),
        Check(
            1,
            not is_empty(case.situation),
            env._("The situation in one calm paragraph"),
            letter,
        ),
    ]


def _get_interest_checks(case):
    env, letter = case.env, case.env._("Letter")
    return [
        Check(2, not is_empty(case.fit), env._("What suits them better"), letter),
        Check(
            2,
            bool(case.referral_partner_ids),
            env._("Somebody who could help"),
            env._("Who Could Help"),
        ),
        Check(2, not is_empty(case.handover), env._("What they take along"), letter),
    ]


def _get_professional_checks(case, sections):
    env, letter = case.env, case.env._("Letter")
    unknown = [
        name for section in sections for name in unknown_tokens(case[section], TOKENS)
    ]
    return [
        Check(3, not is_empty(case.closing), env._("The door stays open"), letter),
        Check(
            3,
            not unknown,
            env._("No placeholder is left: %(names)s", names=", ".join(unknown))
            if unknown
            else env._("No placeholder is left"),
            letter,
        ),
        Check(3, *_get_delivery_check(case)),
    ]


def _get_delivery_check(case):
    env = case.env
    if case.delivery == "email":
        valid = bool(single_recipient(case.email_to))
        return valid, env._("Exactly one valid e-mail address"), env._("Send To")
    contact, client = case.contact_id, case.partner_id
    return bool(contact.city or client.city), env._("A postal address"), env._("Client")


def _get_completion_checks(case, today):
    env = case.env
    user, company = case.user_id, case.company_id
    reachable = user.phone or user.email or company.phone or company.email
    ahead = case.end_date and case.end_date >= today
    return [
        Check(4, bool(ahead), env._("An end date that is not past"), env._("End Date")),
        Check(4, not is_empty(case.ending), env._("How it ends"), env._("Letter")),
        Check(
            4,
            bool(case.item_ids),
            env._("What is finished and what is still to do"),
            env._("Completion"),
        ),
        Check(4, bool(reachable), env._("Somebody to call"), env._("Responsible")),
    ]
