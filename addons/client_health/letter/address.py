"""Who writes, to whom, who could help and whom to call: as text.

Records go in, of the letter's own language; strings come out.
"""

import base64

from markupsafe import Markup
from odoo.tools.image import image_data_uri, image_process

from .text import unbroken

LOGO_SIZE = (600, 200)
WINDOW_LINES = 7


def get_sender(company, user):
    """Return the letterhead and who signs."""
    street = [company.street, company.street2]
    city = " ".join(part for part in (company.zip, company.city) if part)
    return {
        "company": company.name,
        "address": [part for part in (*street, city) if part],
        "city": company.city or "",
        "phone": company.phone or "",
        "email": company.email or "",
        "website": (company.website or "").removeprefix("https://"),
        "vat": company.vat or "",
        "registry": company.company_registry or "",
        "logo": get_logo(company),
        "user": user.name,
        "function": user.partner_id.function or "",
        "user_phone": user.phone or company.phone or "",
        "user_email": user.email or company.email or "",
    }


def get_logo(company):
    """Return the company's logo in the page itself, or nothing for core's own."""
    if not company.logo or company.uses_default_logo:
        return ""
    image = image_process(base64.b64decode(company.logo), size=LOGO_SIZE)
    return Markup(image_data_uri(base64.b64encode(image)))


def get_recipient_lines(client, contact, company):
    """Return the address block, at most seven lines, as the country writes it."""
    lines = [*get_names(client, contact), *get_address_lines(client, contact, company)]
    found = [line.strip() for line in lines if line and line.strip()]
    return found[:WINDOW_LINES]


def get_names(client, contact):
    """Return the client's name, and that of the person it is for, if anybody."""
    if contact != client and not contact.is_company and contact.name:
        attention = client.env._("Attn. %(name)s", name=contact.name)
        return [client.name, attention]
    return [client.name]


def get_address_lines(client, contact, company):
    """Return street, city and, abroad, the country."""
    address = contact if contact.street or contact.city else client
    lines = address._display_address(without_company=True).split("\n")
    if address.country_id == company.country_id:
        lines = [line for line in lines if line != address.country_id.name]
    return lines


def get_formal_name(name, lang):
    """Return a person's name as it stands after *Dear* in a formal letter.

    Dutch takes no first name there, and Odoo does not know who is a Mr or a Ms.

    >>> get_formal_name('Marieke van den Berg', 'nl_NL')
    'heer/mevrouw Van den Berg'
    >>> get_formal_name('Marieke van den Berg', 'en_US')
    'Marieke van den Berg'
    >>> get_formal_name('Cher', 'nl_NL')
    'heer/mevrouw Cher'
    """
    if not lang.startswith("nl"):
        return name
    _first, _space, surname = name.strip().partition(" ")
    surname = surname.strip() or name.strip()
    return f"heer/mevrouw {surname[:1].upper()}{surname[1:]}"


def get_referral_lines(partners):
    """Return who could help: a name, and how to reach them."""
    return [
        {
            "name": partner.display_name.replace("\n", ", "),
            "details": ", ".join(
                part
                for part in (partner.city, unbroken(partner.phone), partner.email)
                if part
            ),
        }
        for partner in partners
    ]


def get_contact_line(user, company, until, informal):
    """Return whom to call, how and until when.

    :param str until: the last day, as the letter writes it, or nothing
    """
    env = user.env
    ways = [unbroken(user.phone or company.phone), user.email or company.email]
    values = {
        "name": user.name,
        "ways": env._(" or ").join(way for way in ways if way),
        "date": until,
    }
    if not values["ways"]:
        return ""
    if not until:
        return env._("Questions? Please contact %(name)s: %(ways)s.", **values)
    if informal:
        return env._(
            "Any questions? Until %(date)s, %(name)s is happy to help: %(ways)s.",
            **values,
        )
    return env._(
        "If you have any questions, you can reach %(name)s until %(date)s: %(ways)s.",
        **values,
    )
