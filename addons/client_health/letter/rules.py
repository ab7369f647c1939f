"""The four rules of a letter, checked while it is being written."""

from collections import namedtuple

from .text import TOKENS, is_empty, single_recipient, unknown_tokens

Check = namedtuple("Check", "rule ok label where")
"""Rule 1 to 4; whether it is met; what it asks for; where it is on the form."""


def get_names(env):
    """Return the names of the rules by their numbers."""
    _ = env._
    return {
        1: _("Polite"),
        2: _("In their interest"),
        3: _("Professional"),
        4: _("Clear completion"),
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
    _, letter = case.env._, case.env._("Letter")
    return [
        Check(1, bool(case.salutation), _("The client is addressed"), letter),
        Check(1, not is_empty(case.thanks), _("Thanks for what was good"), letter),
        Check(
            1,
            not is_empty(case.situation),
            _("The situation in one calm paragraph"),
            letter,
        ),
    ]


def _get_interest_checks(case):
    _, letter = case.env._, case.env._("Letter")
    return [
        Check(2, not is_empty(case.fit), _("What suits them better"), letter),
        Check(
            2,
            bool(case.referral_partner_ids),
            _("Somebody who could help"),
            _("Who Could Help"),
        ),
        Check(2, not is_empty(case.handover), _("What they take along"), letter),
    ]


def _get_professional_checks(case, sections):
    _, letter = case.env._, case.env._("Letter")
    unknown = [
        name for section in sections for name in unknown_tokens(case[section], TOKENS)
    ]
    return [
        Check(3, not is_empty(case.closing), _("The door stays open"), letter),
        Check(
            3,
            not unknown,
            _("No placeholder is left: %(names)s", names=", ".join(unknown))
            if unknown
            else _("No placeholder is left"),
            letter,
        ),
        Check(3, *_get_delivery_check(case)),
    ]


def _get_delivery_check(case):
    _ = case.env._
    if case.delivery == "email":
        valid = bool(single_recipient(case.email_to))
        return valid, _("Exactly one valid e-mail address"), _("Send To")
    contact, client = case.contact_id, case.partner_id
    return bool(contact.city or client.city), _("A postal address"), _("Client")


def _get_completion_checks(case, today):
    _ = case.env._
    user, company = case.user_id, case.company_id
    reachable = user.phone or user.email or company.phone or company.email
    ahead = case.end_date and case.end_date >= today
    return [
        Check(4, bool(ahead), _("An end date that is not past"), _("End Date")),
        Check(4, not is_empty(case.ending), _("How it ends"), _("Letter")),
        Check(
            4,
            bool(case.item_ids),
            _("What is finished and what is still to do"),
            _("Completion"),
        ),
        Check(4, bool(reachable), _("Somebody to call"), _("Responsible")),
    ]
