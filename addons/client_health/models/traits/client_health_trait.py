from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

RULES = ("ready", "watch", "flag")
NOBODY = "[(0, '=', 1)]"  # a rule that matches no client


class ClientHealthTrait(models.Model):
    """A kind of behaviour, with the rules that say when a client shows it.

    The three rules are plain Odoo domains on ``client.health``. A level applies
    where *ready* and the level's own rule match; every threshold lives here and
    nowhere else.
    """

    _name = "client.health.trait"
    _description = "Client Health Trait"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(
        required=True, help="Short technical name, unique within a company."
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        comodel_name="res.company",
        ondelete="cascade",
        help="Leave empty to use the trait in every company.",
    )
    weight = fields.Integer(
        default=20,
        help="Points (0–100) a flag takes off the score; a watch takes half.",
    )
    color = fields.Integer(string="Colour")
    icon = fields.Char(default="fa-flag")
    clear_after_days = fields.Integer(
        default=30,
        help="Days the facts must have stopped matching before the level falls.",
    )
    guidance = fields.Text(
        translate=True, help="What colleagues should know about this trait."
    )
    ready_domain = fields.Char(
        string="Enough Data",
        required=True,
        default="[]",
        help="Clients about whom there is enough data to judge at all.",
    )
    watch_domain = fields.Char(
        string="Watch Rule",
        default=NOBODY,
        help="Clients to keep an eye on. Applies where there is enough data.",
    )
    flag_domain = fields.Char(
        string="Flag Rule",
        default=NOBODY,
        help="Clients to talk with. Applies where there is enough data.",
    )
    watch_match_count = fields.Integer(
        string="Clients Matching Watch", compute="_compute_match_counts"
    )
    flag_match_count = fields.Integer(
        string="Clients Matching Flag", compute="_compute_match_counts"
    )

    _code_unique = models.UniqueIndex(
        "(code, COALESCE(company_id, 0))",
        "A trait's code is unique within its company.",
    )
    _weight_in_range = models.Constraint(
        "CHECK (weight BETWEEN 0 AND 100)",
        "A trait's weight lies between 0 and 100 points.",
    )
    _clear_after_days_not_negative = models.Constraint(
        "CHECK (clear_after_days >= 0)",
        "The days before a level falls cannot be negative.",
    )

    @api.depends("ready_domain", "watch_domain", "flag_domain", "company_id")
    @api.depends_context("allowed_company_ids")
    def _compute_match_counts(self):
        # sudo: a count over facts some of which a manager without accounting
        # rights may not read; limited to the companies that are on
        health = self.env["client.health"].sudo()
        for trait in self:
            companies = self.env.companies & (trait.company_id or self.env.companies)
            scope = Domain("company_id", "in", companies.ids)
            for level in ("watch", "flag"):
                try:
                    count = health.search_count(trait._get_level_domain(level) & scope)
                except Exception:
                    count = 0  # being typed; saving says what is wrong
                trait[f"{level}_match_count"] = count

    @api.constrains("ready_domain", "watch_domain", "flag_domain")
    def _check_domains(self):
        for trait in self:
            for rule in RULES:
                trait._check_domain(rule)

    def _check_domain(self, rule):
        """Refuse a rule that does not evaluate, saying why.

        Conditions that leave the client's own record are tried with the rights
        of whoever writes them, so that a rule is no way around record access.
        """
        health = self.env["client.health"]
        try:
            domain = self._get_domain(rule)
            health.sudo().search(domain, limit=1)
            health.search(domain.map_conditions(_beyond_the_client), limit=1)
        except Exception as error:
            raise ValidationError(
                self.env._(
                    "The rule “%(rule)s” of “%(trait)s” cannot be used: %(error)s",
                    rule=self._fields[f"{rule}_domain"]._description_string(self.env),
                    trait=self.name,
                    error=error,
                )
            ) from error


def _beyond_the_client(condition):
    """Keep a condition that reaches beyond the client's own facts."""
    beyond = "." in condition.field_expr or "any" in condition.operator
    return condition if beyond else Domain.TRUE
