import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .. import answers

LIMIT = 1000
_NUMBER = re.compile(r"-?\d{1,3}(?:[ .,]?\d{3})*(?:[.,]\d{1,6})?|-?\d{1,15}")


class CoachingQuestion(models.Model):
    """A question that the public form asks besides its own, on one track."""

    _name = "coaching.question"
    _description = "Coaching Question"
    _order = "sequence, id"

    track_id = fields.Many2one(
        comodel_name="coaching.track",
        required=True,
        ondelete="cascade",
        index=True,
    )
    name = fields.Char(string="Question", required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    kind = fields.Selection(
        selection=[("text", "Text"), ("choice", "Choice"), ("number", "Number")],
        string="Answer",
        required=True,
        default="text",
    )
    choices = fields.Text(
        translate=True,
        help="What can be chosen, each on a line of its own.",
    )
    required = fields.Boolean(help="The form is not sent without an answer.")

    @api.constrains("kind", "choices")
    def _check_choices(self):
        for question in self:
            if question.kind == "choice" and len(question._get_choices()) < 2:
                raise ValidationError(
                    self.env._(
                        "Give at least two choices, each on a line of its own: "
                        "%(question)s",
                        question=question.name,
                    )
                )

    def _get_input(self):
        """Name of the question's input on the form."""
        return f"question_{self.id}"

    def _get_choices(self):
        """What can be chosen, in the language of the page, each once."""
        lines = map(answers.clean, (self.choices or "").splitlines())
        return list(dict.fromkeys(filter(None, lines)))

    def _read_answers(self, posted):
        """Clean and check what a visitor answered.

        :param posted: texts by input name; other names are ignored
        :return: texts by input name as the form shows them again, and what is wrong:
            ``required``, ``too_long``, ``choice`` or ``number`` by input name
        :rtype: tuple(dict, dict)
        """
        values = {
            question._get_input(): question._clean(
                posted.get(question._get_input()) or ""
            )
            for question in self
        }
        errors = {
            question._get_input(): question._find_error(values[question._get_input()])
            for question in self
        }
        return values, {name: error for name, error in errors.items() if error}

    def _clean(self, text):
        text = answers.clean(text)
        return answers.tame(text) if self.kind == "text" else text

    def _find_error(self, text):
        if not text:
            return "required" if self.required else None
        if len(text) > LIMIT:
            return "too_long"
        if self.kind == "choice" and text not in self._get_choices():
            return "choice"
        if self.kind == "number" and not _NUMBER.fullmatch(text):
            return "number"
        return None
