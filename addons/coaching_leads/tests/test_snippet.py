from lxml import html
from odoo.tests import HttpCase, tagged


@tagged("post_install", "-at_install")
class TestSnippet(HttpCase):
    """The building block with the three tracks."""

    def render_block(self):
        # core keeps this under the name by which editors find it, without their marks
        self.addCleanup(self.registry.clear_cache, "templates")
        return html.fromstring(
            self.env["ir.qweb"]._render("coaching_leads.s_coaching_tracks")
        )

    def test_editors_find_the_block(self):
        self.authenticate("admin", "admin")
        menu = self.make_jsonrpc_request(
            "/web/dataset/call_kw/ir.ui.view/render_public_asset",
            {
                "model": "ir.ui.view",
                "method": "render_public_asset",
                "args": ["website.snippets"],
                "kwargs": {},
            },
        )
        blocks = html.fromstring(menu)
        (block,) = blocks.xpath("//*[@data-snippet='s_coaching_tracks']")
        self.assertEqual(len(block.xpath(".//a[contains(@href, '/coaching?')]")), 3)

    def test_each_card_links_to_a_track_that_is_offered(self):
        tracks = self.env["coaching.track"].search([])
        self.assertEqual(
            self.render_block().xpath("//a/@href"),
            [f"/coaching?track={code}" for code in tracks.mapped("code")],
        )

    def test_block_tells_the_same_as_the_tracks(self):
        tracks = self.env["coaching.track"].search([])
        self.assertEqual(
            self.render_block().xpath("//h3/text()"), tracks.mapped("name")
        )

    def test_block_follows_the_records(self):
        track = self.env.ref("coaching_leads.coaching_track_start")
        track.write({"name": "Begin <well>", "description": "<p>Step by step</p>"})
        self.env.ref("coaching_leads.coaching_track_scale").active = False
        self.env["coaching.track"].create({"name": "A fourth", "code": "fourth"})
        block = self.render_block()
        names = block.xpath("//h3/text()")
        self.assertEqual(len(names), 3)
        self.assertLess({"Begin <well>", "A fourth"}, set(names))
        self.assertIn("Step by step", block.text_content())
        self.assertTrue(block.xpath("//a[@href='/coaching?track=fourth']"))
