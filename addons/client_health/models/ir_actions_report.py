import io

from odoo import api, models
from odoo.tools import ormcache

from ..letter.glyphs import find_unprinted, get_page

LETTER_REPORT = "client_health.report_farewell_letter"


class IrActionsReport(models.Model):
    _inherit = "ir.actions.report"

    def _render_qweb_pdf_prepare_streams(self, report_ref, data, res_ids=None):
        """Print farewell letters one a call: unpatched engines refuse several."""
        report = self._get_report(report_ref)
        if report.report_name != LETTER_REPORT or not res_ids:
            return super()._render_qweb_pdf_prepare_streams(report_ref, data, res_ids)
        farewells = self.env["client.farewell"].browse(res_ids)
        farewells.check_access("read")
        farewells._check_current("post")
        return {
            farewell.id: {
                "stream": io.BytesIO(farewell._render_letter_pdf()),
                "attachment": None,
            }
            for farewell in farewells
        }

    def _build_wkhtmltopdf_args(self, *args, **kwargs):
        """A letter is complete in itself: nothing to run or to wait for."""
        command = super()._build_wkhtmltopdf_args(*args, **kwargs)
        if self.env.context.get("client_health_letter"):
            command[command.index("--javascript-delay") + 1] = "0"
            command.append("--disable-javascript")
        return command

    @api.model
    @ormcache("characters")
    def _find_unprinted(self, characters):
        """Return which characters would be printed as empty boxes, spaced."""
        engine = self.with_context(client_health_letter=True)
        content = engine._run_wkhtmltopdf([get_page(characters)])
        return " ".join(find_unprinted(characters, content))
