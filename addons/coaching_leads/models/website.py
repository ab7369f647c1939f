from odoo import models

PRIVACY_PAGES = ("/privacy", "/privacy-policy")


class Website(models.Model):
    _inherit = "website"

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
