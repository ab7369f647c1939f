import base64

from markupsafe import Markup
from odoo import models
from odoo.tools.image import image_data_uri, image_process

from .letter_text import unbroken

LOGO_SIZE = (600, 200)


class ClientFarewell(models.Model):
    """Who writes, to whom, who could help and whom to call: as text."""

    _inherit = "client.farewell"

    def _get_sender_values(self):
        company = self.company_id
        user = self.user_id
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
            "logo": self._get_logo(),
            "user": user.name,
            "function": user.partner_id.function or "",
            "user_phone": user.phone or company.phone or "",
            "user_email": user.email or company.email or "",
        }

    def _get_logo(self):
        company = self.company_id
        if not company.logo or company.uses_default_logo:
            return ""
        image = image_process(base64.b64decode(company.logo), size=LOGO_SIZE)
        return Markup(image_data_uri(base64.b64encode(image)))

    def _get_recipient_lines(self):
        """Return the address block, at most seven lines, as the country writes it."""
        contact, client = self.contact_id or self.partner_id, self.partner_id
        names = [client.name]
        if contact != client and not contact.is_company and contact.name:
            names.append(self.env._("Attn. %(name)s", name=contact.name))
        address = contact if contact.street or contact.city else client
        lines = address._display_address(without_company=True).split("\n")
        if address.country_id == self.company_id.country_id:
            lines = [line for line in lines if line != address.country_id.name]
        return [line.strip() for line in (*names, *lines) if line and line.strip()][:7]

    def _get_referral_lines(self):
        return [
            {
                "name": partner.display_name.replace("\n", ", "),
                "details": ", ".join(
                    part
                    for part in (
                        partner.city,
                        unbroken(partner.phone),
                        partner.email,
                    )
                    if part
                ),
            }
            for partner in self.referral_partner_ids
        ]

    def _get_contact_line(self):
        """Return whom to call, how and until when."""
        user, company = self.user_id, self.company_id
        ways = [unbroken(user.phone or company.phone), user.email or company.email]
        values = {
            "name": user.name,
            "ways": self.env._(" or ").join(way for way in ways if way),
            "date": self.contact_until and self._format_date(self.contact_until) or "",
        }
        if not values["ways"]:
            return ""
        if not values["date"]:
            return self.env._("Questions? Please contact %(name)s: %(ways)s.", **values)
        if self.tone == "informal":
            return self.env._(
                "Any questions? Until %(date)s, %(name)s is happy to help: %(ways)s.",
                **values,
            )
        return self.env._(
            "If you have any questions, you can reach %(name)s until %(date)s: "
            "%(ways)s.",
            **values,
        )
