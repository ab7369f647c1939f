import io
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from unittest.mock import patch

from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools.misc import mute_logger
from pypdf import PdfReader

from ..models import client_farewell_letter
from .farewell_common import FarewellCase

MM = 72 / 25.4


@tagged("post_install", "-at_install")
class TestFarewellPage(FarewellCase):
    def test_it_is_one_a4_page_without_a_number(self):
        reader = self.print_letter()
        [page] = reader.pages
        self.assertAlmostEqual(float(page.mediabox.width), 210 * MM, delta=1)
        self.assertAlmostEqual(float(page.mediabox.height), 297 * MM, delta=1)
        self.assertNotIn("1 / 1", page.extract_text())

    def test_a_long_letter_has_numbered_pages(self):
        draft = self.farewell.with_user(self.author)
        draft.situation = "".join(f"<p>Paragraph {n}.</p>" for n in range(60))
        reader = self.print_letter()
        count = len(reader.pages)
        self.assertGreater(count, 1)
        for number, page in enumerate(reader.pages, start=1):
            self.assertIn(f"{number} / {count}", page.extract_text())
            self.assertIn("DRAFT", page.extract_text())

    def test_a_little_too_much_is_set_smaller_to_fit_one_page(self):
        draft = self.farewell.with_user(self.author)
        for count in range(6, 40):
            draft.situation = "".join(f"<p>Paragraph {n}.</p>" for n in range(count))
            as_usual = PdfReader(io.BytesIO(draft._print_pages()))
            if len(as_usual.pages) > 1:
                break
        self.assertEqual(len(self.print_letter().pages), 1)
        self.assertTrue(50 <= self.position("Bakkerij De Korenaar")[1] <= 82)

    def test_a_word_without_an_end_does_not_shrink_the_page(self):
        before = self.position("Subject")
        draft = self.farewell.with_user(self.author)
        draft.handover = f"<p>https://example.com/{'x' * 300}</p>"
        draft.item_ids[0].name = "y" * 200
        self.assertEqual(self.position("Subject"), before)

    def test_the_address_is_where_a_window_wants_it(self):
        """DL and C5/6 windows: 20 to 110 mm from the left, 45 to 85 mm from the top."""
        lines = ("Bakkerij De Korenaar", "Oudegracht 210", "3511 NR Utrecht")
        for line in lines:
            x, y = self.position(line)
            with self.subTest(line=line):
                self.assertTrue(24 <= x <= 27, x)
                self.assertTrue(50 <= y <= 82, y)
        self.assertTrue(self.position("Subject")[1] > 83)

    def test_a_long_address_stays_in_the_window_to_its_last_line(self):
        self.client_partner.write(
            {
                "name": "Cooperative of Independent Bakers and Confectioners " * 3,
                "street": "Boulevard of the Burgomaster van Nispen tot Sevenaer 1234",
                "street2": "Business Centre The Old Dairy, unit 3.14",
                "country_id": self.env.ref("base.de").id,
            }
        )
        self.env["res.partner"].create(
            {
                "name": "Professor Wilhelmina Jacoba van den Heuvel-van der Straaten",
                "parent_id": self.client_partner.id,
            }
        )
        for line in ("Boulevard of", "3511 NR Utrecht", "Germany"):
            with self.subTest(line=line):
                self.assertTrue(50 <= self.position(line)[1] <= 85)

    def test_no_row_is_cut_by_a_page(self):
        draft = self.farewell.with_user(self.author)
        text = " and then some more words" * 6
        draft.item_ids = [
            Command.create(
                {"kind": "2_ours", "name": f"Start{number}{text} end{number}."}
            )
            for number in range(30)
        ]
        pages = [page.extract_text() for page in self.print_letter().pages]
        self.assertGreater(len(pages), 1)
        for number in range(30):
            with self.subTest(number=number):
                self.assertTrue(
                    any(
                        f"Start{number} " in page and f"end{number}" in page
                        for page in pages
                    )
                )

    def test_either_build_of_the_engine_prints_the_same_size(self):
        for patched, zoom in ((True, 75 / 96), (False, 128 / 96)):
            engine = SimpleNamespace(is_patched_qt=patched)
            with patch.object(client_farewell_letter, "_wkhtml", lambda e=engine: e):
                self.assertIn(f"zoom: {zoom}", self.farewell._render_letter_html())

    def test_the_watermark_is_only_on_a_draft(self):
        self.assertIn("DRAFT", self.print_letter().pages[0].extract_text())
        self.approve()
        self.assertNotIn("DRAFT", self.print_letter().pages[0].extract_text())

    def test_what_was_cancelled_is_marked_as_well(self):
        self.farewell.with_user(self.author).action_cancel()
        self.assertIn("DRAFT", self.print_letter().pages[0].extract_text())

    def test_an_address_abroad_names_its_country_in_the_letter_s_language(self):
        self.env.company.country_id = self.env.ref("base.nl")
        self.assertNotIn("Netherlands", self.print_letter().pages[0].extract_text())
        self.client_partner.country_id = self.env.ref("base.de")
        self.farewell.with_user(self.author).lang = "nl_NL"
        self.assertIn("Duitsland", self.print_letter().pages[0].extract_text())

    @mute_logger("odoo.addons.base.models.ir_actions_report")
    def test_printing_fetches_nothing(self):
        with Listener() as listener:
            url = f"http://127.0.0.1:{listener.port}"
            # Even what was stored without the editor's own cleaning.
            self.env.cr.execute(
                "UPDATE client_farewell SET situation = %s WHERE id = %s",
                [
                    f'<p style="background:url({url}/a)">Text</p><img src="{url}/b"/>'
                    f'<link rel="stylesheet" href="{url}/c"/><iframe src="{url}/d"/>'
                    f"<script>new Image().src='{url}/e'</script>"
                    f'<style>@import url("{url}/f");</style>'
                    '<iframe src="file:///etc/passwd"></iframe>',
                    self.farewell.id,
                ],
            )
            self.env.invalidate_all()
            text = self.print_letter().pages[0].extract_text()
        self.assertIn("Text", text)
        self.assertNotIn("root:", text)
        self.assertEqual(listener.paths, [])

    def position(self, wanted):
        """Return where a text starts, in millimetres from the page's upper left."""
        found = []
        [page] = self.print_letter().pages
        height = float(page.mediabox.height)

        def visit(text, current, matrix, font, size):
            if text.strip() and wanted.startswith(text.strip()[:12]):
                x = matrix[4] * current[0] + matrix[5] * current[2] + current[4]
                y = matrix[4] * current[1] + matrix[5] * current[3] + current[5]
                found.append((x / MM, (height - y) / MM))

        page.extract_text(visitor_text=visit)
        self.assertTrue(found, wanted)
        return found[0]


class Listener:
    """A web server that notes what is asked for."""

    def __enter__(self):
        self.paths = paths = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                paths.append(self.path)
                self.send_response(404)
                self.end_headers()

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *args):
        self.server.shutdown()
        self.server.server_close()
