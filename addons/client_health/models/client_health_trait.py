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
                    with self.env.cr.savepoint(flush=False):
                        trait._check_typed_rights()
                        domain = trait._get_level_domain(level) & scope
                        count = health.search_count(domain)
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

        What reaches beyond the client's own facts is tried with the rights of whoever
        writes it, so that a rule is no way around record access.
        """
        try:
            domain = self._get_domain(rule)
            self.env["client.health"].sudo().search(domain, limit=1)
            self._check_rights(domain)
        except Exception as error:
            raise ValidationError(
                self.env._(
                    "The rule “%(rule)s” of “%(trait)s” cannot be used: %(error)s",
                    rule=self._fields[f"{rule}_domain"]._description_string(self.env),
                    trait=self.name,
                    error=error,
                )
            ) from error

    def _check_typed_rights(self):
        """Check the rules that are not saved: they are counted while being typed."""
        saved = self._origin
        for rule in RULES:
            if self[f"{rule}_domain"] != saved[f"{rule}_domain"]:
                self._check_rights(self._get_domain(rule))

    def _check_rights(self, domain):
        """Try what reaches beyond the client's own facts with the user's own rights.

        :raise AccessError: for what they may not search themselves
        """
        # not as the record: Odoo checks constraints with all rights
        health = self.env["client.health"].sudo(False)
        for condition in domain.iter_conditions():
            field = health._fields.get(condition.field_expr)
            if field is None or field.relational:
                # each by itself: an alternative that always holds would hide it
                health.search(condition, limit=1)
