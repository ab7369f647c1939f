import re
import time

from lxml import html
from odoo.tests import HttpCase, tagged
from odoo.tests.common import HOST
from odoo.tools.misc import hash_sign

from ..controllers import guard


@tagged("post_install", "-at_install")
class FormCase(HttpCase):
    """A visitor who looks at the page and posts what is in it.

    The page is fetched for real; only the clock of its token is set back, so that
    no test waits for the shortest time that filling in may take.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ir.config_parameter"].set_param("coaching_leads.posts_per_hour", 1000)
        cls.env["coaching.post.counter"].search([]).unlink()
        cls.env["coaching.quarantine"].search([]).unlink()
        cls.env["coaching.question"].search([]).unlink()
        cls.website = cls.env["website"].search([], limit=1)
        cls.company = cls.website.company_id
        cls.company.country_id = cls.env.ref("base.nl")
        cls.track = cls.env.ref("coaching_leads.coaching_track_start")
        cls.good = {
            "track": "start",
            "name": "Noor Visser",
            "email": "noor@visser.example.com",
            "phone": "06 12345678",
            "goal": "More customers that fit me",
            "topic": "",
        }

    def get_form(self, path="/coaching"):
        """The page's form as the browser sees it."""
        response = self.url_open(path)
        self.assertEqual(response.status_code, 200, response.text[:500])
        (form,) = html.fromstring(response.text).xpath("//form[@id='coaching_form']")
        return form

    def get_hidden(self, path="/coaching"):
        """The hidden inputs, with the form shown a minute ago."""
        inputs = self.get_form(path).xpath(".//input[@type='hidden']")
        hidden = {node.get("name"): node.get("value") for node in inputs}
        return hidden | {"form_token": self.make_token(60)}

    def make_token(self, age):
        """The token of a form shown ``age`` seconds ago."""
        shown = int(time.time()) - age
        return hash_sign(self.env, guard.SCOPE, shown, None, guard.TOKEN_HOURS)

    def post(self, path="/coaching", hidden=None, **changes):
        """Post a good form with some answers changed; redirects are not followed."""
        hidden = self.get_hidden(path) if hidden is None else hidden
        return self.url_open(
            path, data=hidden | self.good | changes, allow_redirects=False
        )

    def get_thanks(self, response):
        """The page after a request, with every signed token blanked."""
        self.assert_thanked(response)
        page = self.url_open(response.headers["Location"])
        return re.sub(
            r"(/call/|csrf_token: \"|csrf_token\" value=\")[\w-]+", r"\1", page.text
        )

    def set_cookie(self, name, value):
        """Give the visitor a cookie of our site."""
        self.opener.cookies.set(name, value, domain=HOST)

    def find_leads(self, email="noor@visser.example.com"):
        """Every lead of this address, archived ones too."""
        leads = self.env["crm.lead"].with_context(active_test=False)
        return leads.search([("email_from", "=", email)])

    def find_mails(self, email="noor@visser.example.com"):
        """Every mail to this address."""
        return self.env["mail.mail"].search([("email_to", "ilike", email)])

    def assert_thanked(self, response):
        """The answer to a request that went through, a robot's too."""
        self.assertEqual(response.status_code, 303, response.text[:2000])
        self.assertTrue(response.headers["Location"].endswith("/coaching/thanks"))

    def assert_wrong(self, response, *fields, status=422):
        """The form again, with each wrong field tied to what is wrong with it."""
        self.assertEqual(response.status_code, status)
        page = html.fromstring(response.text)
        shown = set(page.xpath("//*[contains(@class, 'invalid-feedback')]/@id"))
        self.assertEqual(shown, {f"error_{name}" for name in fields})
        for name in fields:
            tied = page.xpath(
                "//*[contains(concat(' ', @aria-describedby, ' '), $id)]",
                id=f" error_{name} ",
            )
            self.assertTrue(tied, f"nothing is described by error_{name}")
        return page
