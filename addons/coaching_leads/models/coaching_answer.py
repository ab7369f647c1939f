from odoo import fields, models


class CoachingAnswer(models.Model):
    """What a prospect answered to an extra question, in the words it was asked in."""

    _name = "coaching.answer"
    _description = "Answer to a Coaching Question"
    _order = "lead_id, id"
    _rec_name = "value"

    lead_id = fields.Many2one(
        comodel_name="crm.lead",
        required=True,
        ondelete="cascade",
        index=True,
    )
    question_id = fields.Many2one(
        comodel_name="coaching.question",
        ondelete="set null",
        index="btree_not_null",
    )
    label = fields.Char(
        string="Asked",
        required=True,
        help="The question as the prospect read it.",
    )
    value = fields.Text(string="Answer", required=True)
