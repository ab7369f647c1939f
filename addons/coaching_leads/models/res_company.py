from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    coaching_retention_months = fields.Integer(
        string="Keep Unsuccessful Coaching Leads",
        default=12,
        groups="sales_team.group_sale_manager",
        help="Months after which a coaching lead that was lost is deleted, with its "
        "answers, mails and calls. 0 keeps them.",
    )
    coaching_spam_days = fields.Integer(
        string="Keep Quarantined Requests",
        default=30,
        groups="sales_team.group_sale_manager",
        help="Days after which a request that looked like a robot's is deleted.",
    )

    _coaching_spam_days_positive = models.Constraint(
        "CHECK(coaching_spam_days > 0)",
        "Quarantined requests are kept for one day at least.",
    )
    _coaching_retention_months_positive = models.Constraint(
        "CHECK(coaching_retention_months >= 0)",
        "The number of months to keep leads cannot be negative.",
    )
