from markupsafe import Markup
from odoo import api, fields, models


class CrmLead(models.Model):
    """Answers to the extra questions of a track."""

    _inherit = "crm.lead"

    coaching_answer_ids = fields.One2many(
        comodel_name="coaching.answer",
        inverse_name="lead_id",
        string="Answers",
        readonly=True,
    )
    coaching_answers = fields.Text(
        string="Answers as Text",
        compute="_compute_coaching_answers",
        help="Each extra question with its answer, for mails and exports.",
    )

    @api.depends("coaching_answer_ids.label", "coaching_answer_ids.value")
    def _compute_coaching_answers(self):
        for lead in self:
            lead.coaching_answers = "\n".join(
                f"{answer.label}: {answer.value}" for answer in lead.coaching_answer_ids
            )

    def _coaching_keep_answers(self, questions, values):
        """Add the answers; another one to the same question is noted for staff.

        :param questions: ``coaching.question`` records in the visitor's language
        :param dict values: checked texts by input name
        """
        kept = {answer.question_id: answer.value for answer in self.coaching_answer_ids}
        given = {q: values.get(q._get_input()) for q in questions}
        self.env["coaching.answer"].create(
            [
                {
                    "lead_id": self.id,
                    "question_id": question.id,
                    "label": question.name,
                    "value": value,
                }
                for question, value in given.items()
                if value and question not in kept
            ]
        )
        changed = [
            Markup("<li>%s: %s</li>") % (question.name, value)
            for question, value in given.items()
            if value and value != kept.get(question, value)
        ]
        if changed:
            self._coaching_note_answers(changed)

    def _coaching_note_answers(self, lines):
        self.message_post(
            body=Markup("<p>%s</p><ul>%s</ul>")
            % (self.env._("Now answers:"), Markup().join(lines)),
            subtype_xmlid="mail.mt_note",
        )

    def _merge_dependences(self, opportunities):
        """What the prospect answered stays, whichever lead is left."""
        # sudo: answers are not written by hand, merging moves them
        opportunities.sudo().coaching_answer_ids.lead_id = self
        return super()._merge_dependences(opportunities)
