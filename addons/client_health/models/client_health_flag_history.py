from odoo import api, fields, models

from ..access import AMOUNT_GROUPS


class ClientHealthFlagHistory(models.Model):
    """One change of a flag: its level by the facts, or a decision by staff."""

    _name = "client.health.flag.history"
    _description = "Client Health Flag History"
    _inherit = "client.health.protected"
    _order = "date desc, id desc"
    _rec_name = "event"
    _protected_fields = (
        "flag_id", "date", "user_id", "event", "level_before", "level", "reason",
        "until", "evidence", "decision_before",
    )  # fmt: skip
    _log_access = False  # it has its own date and user, and is never changed

    flag_id = fields.Many2one(
        comodel_name="client.health.flag",
        required=True,
        index=True,
        ondelete="cascade",
        readonly=True,
    )
    health_id = fields.Many2one(related="flag_id.health_id")
    company_id = fields.Many2one(related="flag_id.company_id")
    trait_id = fields.Many2one(related="flag_id.trait_id")
    date = fields.Datetime(
        required=True, default=fields.Datetime.now, index=True, readonly=True
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Colleague",
        readonly=True,
        help="Empty where the facts changed the level.",
    )
    event = fields.Selection(
        selection=[
            ("level", "Level changed"),
            ("manual", "Raised by hand"),
            ("confirmed", "Confirmed"),
            ("dismissed", "Dismissed"),
            ("expired", "Dismissal expired"),
            ("merged", "Taken over from another client"),
            ("undone", "Taken back"),
        ],
        required=True,
        readonly=True,
    )
    level_before = fields.Selection(selection="_selection_level", readonly=True)
    level = fields.Selection(selection="_selection_level", readonly=True)
    reason = fields.Text(readonly=True)
    until = fields.Date(readonly=True)
    evidence = fields.Json(
        readonly=True,
        groups=AMOUNT_GROUPS,
        help="The rules and the facts, amounts too, as they were at that moment.",
    )

    decision_before = fields.Json(
        readonly=True,
        help="What the flag held before this decision, for who takes it back.",
    )

    @api.model
    def _selection_level(self):
        flag = self.env["client.health.flag"]
        return flag._fields["level"]._description_selection(self.env)
