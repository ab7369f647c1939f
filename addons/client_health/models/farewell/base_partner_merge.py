from odoo import api, models

from .client_farewell_flow import NOTHING_KEPT

ORDER = {"sent": 0, "approved": 1, "draft": 2}


class BasePartnerMerge(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        """Leave one open farewell a client, so that none is lost in the merge.

        The merge deletes what clashes with a unique index. Cases further on win;
        the others are cancelled, with their history.
        """
        # Whoever may merge contacts need not see farewells.
        cases = (
            self.env["client.farewell"]
            .sudo()
            .search(
                [
                    ("partner_id", "in", (src_partners | dst_partner).ids),
                    ("state", "in", tuple(ORDER)),
                ]
            )
        )
        for company in cases.company_id:
            own = cases.filtered(lambda case, c=company: case.company_id == c)
            surplus = own.sorted(lambda case: (ORDER[case.state], case.id))[1:]
            surplus.filtered("sent_date")._move("cancelled")
            surplus.filtered(lambda c: not c.sent_date)._move(
                "cancelled", **NOTHING_KEPT
            )
        return super()._update_foreign_keys(src_partners, dst_partner)
