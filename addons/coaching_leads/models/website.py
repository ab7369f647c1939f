import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError

PRIVACY_PAGES = ("/privacy", "/privacy-policy")
# Scheme, host and port, as browsers write where a page comes from.
_ORIGIN = re.compile(r"https?://(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:\d{1,5})?")
# A page of this site, or one elsewhere; never //elsewhere or javascript:.
_PAGE = re.compile(r"/(?![/\\])[^\s\\]*|https?://[^\s/\\]+(/[^\s\\]*)?")


class Website(models.Model):
    _inherit = "website"

    coaching_embed_origins = fields.Text(
        string="Sites with the Coaching Form",
        help="Other sites that may show the form in a frame, such as "
        "https://www.example.com, each on a line of its own.",
    )
    coaching_thanks_url = fields.Char(
        string="Thank-You Page of Your Own",
        help="Shown after a request instead of the page that comes with the form, "
        "such as /thank-you.",
    )

    @api.constrains("coaching_embed_origins")
    def _check_coaching_embed_origins(self):
        for origin in (o for site in self for o in site._coaching_embed_origins()):
            if not _ORIGIN.fullmatch(origin):
                raise ValidationError(
                    self.env._(
                        "This is no address of a site, as in "
                        "https://www.example.com: %(origin)s",
                        origin=origin,
                    )
                )

    @api.constrains("coaching_thanks_url")
    def _check_coaching_thanks_url(self):
        for url in filter(None, self.mapped("coaching_thanks_url")):
            if not _PAGE.fullmatch(url):
                raise ValidationError(
                    self.env._(
                        "This is no address of a page, as in /thank-you: %(url)s",
                        url=url,
                    )
                )

    def _coaching_embed_origins(self):
        """Origins of the sites that may frame the form, as in https://example.com."""
        lines = (self.coaching_embed_origins or "").lower().split()
        return [origin.rstrip("/") for origin in lines]

    def _coaching_country(self):
        """Country of telephone numbers without a prefix: the company's.

        :return: (code, dialling prefix), empty where the company has no country
        """
        country = self.company_id.country_id
        return country.code or None, country.phone_code or None

    def _coaching_privacy_url(self):
        """The site's own privacy page, or the short one that comes with the form."""
        pages = self.env["website.page"].search(
            [
                ("url", "in", PRIVACY_PAGES),
                ("is_published", "=", True),
                ("website_id", "in", (False, self.id)),
            ],
            order="url",
            limit=1,
        )
        return pages.url or "/coaching/privacy"
