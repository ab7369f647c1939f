import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from odoo.tests import tagged
from odoo.tools.misc import mute_logger

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

    def test_the_address_is_where_a_window_wants_it(self):
        """DL and C5/6 windows: 20 to 110 mm from the left, 45 to 85 mm from the top."""
        lines = ("Bakkerij De Korenaar", "Oudegracht 210", "3511 NR Utrecht")
        for line in lines:
            x, y = self.position(line)
            with self.subTest(line=line):
                self.assertTrue(24 <= x <= 27, x)
                self.assertTrue(50 <= y <= 82, y)
        self.assertTrue(self.position("Subject")[1] > 83)

    def test_the_watermark_is_only_on_a_draft(self):
        self.assertIn("DRAFT", self.print_letter().pages[0].extract_text())
        self.approve()
        self.assertNotIn("DRAFT", self.print_letter().pages[0].extract_text())

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
