from lxml import html
from odoo.tests import tagged

from .common_form import FormCase


@tagged("post_install", "-at_install")
class TestFormEditor(FormCase):
    """The page in the website builder, as its editor has it."""

    def test_texts_and_blocks_are_changed_where_they_stand(self):
        self.env["coaching.track"].search([])[-1].name = "A fourth way"
        self.start_tour(
            self.env["website"].get_client_action_url("/coaching"),
            "coaching_edit_page",
            login="admin",
            timeout=180,
        )
        self.logout()
        page = html.fromstring(self.url_open("/coaching").text)
        self.assertEqual(page.xpath("//h1/text()")[0].strip(), "Speak with a coach")
        legends = page.xpath("//form[@id='coaching_form']//legend/text()")
        self.assertEqual(legends[0].strip(), "Where are you now?")
        links = page.xpath("//section[contains(@class, 's_coaching_tracks')]//a/@href")
        self.assertEqual(len(links), 3)
        # what was changed is text: the form itself still takes requests
        self.assert_thanked(self.post(email="after@example.com"))
        self.assertTrue(self.find_leads("after@example.com"))
