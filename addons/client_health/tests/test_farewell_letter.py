from odoo.tests import tagged

from .farewell_common import FarewellCase


@tagged("post_install", "-at_install")
class TestFarewellLetter(FarewellCase):
    def test_letter_prints_in_the_language_of_the_client(self):
        for lang, title, mark in (
            ("en_US", "Completing our work together", "DRAFT"),
            ("nl_NL", "Afronding van onze samenwerking", "CONCEPT"),
        ):
            with self.subTest(lang=lang):
                self.farewell.with_user(self.author).lang = lang
                reader = self.print_letter()
                text = reader.pages[0].extract_text()
                self.assertIn(title, text)
                self.assertIn(mark, text)
                self.assertEqual(reader.metadata.title, title)
                self.assertEqual(len(reader.pages), 1)
