import doctest

from odoo.tests import BaseCase, tagged

from ..letter import address, words
from ..letter import text as letter_text


@tagged("post_install", "-at_install")
class TestFarewellText(BaseCase):
    def test_the_examples_of_the_text_functions_hold(self):
        for module, count in ((letter_text, 10), (words, 3), (address, 2)):
            self.assertEqual(doctest.testmod(module).failed, 0)
            self.assertGreater(doctest.testmod(module).attempted, count)

    def test_nothing_that_fetches_or_runs_is_left(self):
        cleaned = letter_text.clean(
            '<p style="background: url(http://evil.example/a)">A</p>'
            '<img src="http://evil.example/b.png"/><iframe src="file:///etc/passwd"/>'
            '<script>fetch("http://evil.example/c")</script>'
            "<style>@import url(http://evil.example/d);</style>"
            '<link rel="stylesheet" href="http://evil.example/e"/>'
            '<object data="file:///etc/passwd"></object><svg><use href="x"/></svg>'
            '<a href="http://evil.example/f" onclick="x()">B</a>'
            "<!--[if IE]><img src=x><![endif]--><b onmouseover=x>C</b>"
        )
        self.assertEqual(letter_text.plain(cleaned).split(), ["A", "BC"])
        for part in ("evil", "file:", "url", "src", "style", "on", "href", "<!--"):
            self.assertNotIn(part, cleaned.replace("<b>", "").lower())

    def test_a_listed_word_is_found_whatever_hides_it(self):
        for text in (
            "<p>Een WANBETALER dus.</p>",
            "<p>Een wan<b>beta</b>ler.</p>",
            "<p>Een wan\u00adbetaler.</p>",
            "<p>Een wan\u200bbetaler.</p>",
            "<p>Een ‘wanbetaler’.</p>",
        ):
            with self.subTest(text=text):
                found = words.find_words(letter_text.plain(text), ["wanbetaler"])
                self.assertEqual(found, ["wanbetaler"])

    def test_an_accent_typed_either_way_is_the_same_word(self):
        for text in ("Ge\u00efrriteerd", "Gei\u0308rriteerd", "ＧＥ\u00cfRRITEERD"):
            with self.subTest(text=text):
                self.assertTrue(words.find_words(text, ["ge\u00efrriteerd"]))
        self.assertFalse(words.find_words("geirriteerd", ["ge\u00efrriteerd"]))

    def test_part_of_a_word_is_not_a_hit(self):
        for text in ("wanbetalersregeling", "geenwanbetaler", "wan betaler"):
            self.assertFalse(words.find_words(text, ["wanbetaler"]), text)

    def test_only_one_whole_address_is_a_recipient(self):
        for bad in (
            "", False, "a@b", "a@x.nl, b@x.nl", "a@x.nl;b@x.nl", "a@x.nl b@x.nl",
            "a@x.nl\r\nBcc: b@x.nl", "a@x.nl\nb@x.nl", "a@x.nl\0", "x.nl",
        ):  # fmt: skip
            with self.subTest(bad=bad):
                self.assertIsNone(letter_text.single_recipient(bad))
        self.assertEqual(letter_text.single_recipient(" A@X.nl "), "a@x.nl")
