from datetime import datetime

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class CoachingTrack(models.Model):
    """A way to grow that prospects choose on the public page.

    What a visitor may see (name, text, picture, questions) is readable by
    everyone; who follows up and how is for sales only.
    """

    _name = "coaching.track"
    _description = "Coaching Track"
    _inherit = ["image.mixin"]
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(
        required=True,
        copy=False,
        help="Name of the track in links: /coaching?track=code",
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    description = fields.Html(
        translate=True,
        help="Shown to prospects on the page and in the building block.",
    )
    color = fields.Integer()
    questions = fields.Html(
        translate=True,
        help="What the call is about: shown to the prospect as preparation, and "
        "to the colleague who calls.",
    )
    call_minutes = fields.Integer(
        string="Call Length",
        default=45,
        required=True,
        help="Length of the call in minutes.",
    )
    notice_hours = fields.Integer(
        string="Notice",
        default=4,
        groups="sales_team.group_sale_salesman",
        help="Hours between now and the first slot that a prospect may pick.",
    )
    horizon_days = fields.Integer(
        string="Horizon",
        default=14,
        groups="sales_team.group_sale_salesman",
        help="How many days ahead a prospect may pick a slot.",
    )
    buffer_minutes = fields.Integer(
        string="Buffer",
        default=15,
        groups="sales_team.group_sale_salesman",
        help="Minutes that stay free before and after a call.",
    )
    team_id = fields.Many2one(
        comodel_name="crm.team",
        string="Sales Team",
        ondelete="set null",
        groups="sales_team.group_sale_salesman",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Owner",
        domain=[("share", "=", False)],
        ondelete="set null",
        groups="sales_team.group_sale_salesman",
        help="Gets every request of this track, unless colleagues take turns.",
    )
    user_ids = fields.Many2many(
        comodel_name="res.users",
        string="Taking Turns",
        domain=[("share", "=", False)],
        groups="sales_team.group_sale_salesman",
        help="Each request goes to the one of them who is free soonest.",
    )
    mail_template_id = fields.Many2one(
        comodel_name="mail.template",
        string="Confirmation",
        domain=[("model", "=", "crm.lead")],
        ondelete="set null",
        groups="sales_team.group_sale_salesman",
        help="Sent to the prospect in their language after asking for a call.",
    )

    _code_unique = models.Constraint(
        "UNIQUE(code)", "Another track has this code already."
    )
    _code_plain = models.Constraint(
        "CHECK(code ~ '^[a-z0-9_]{1,32}$')",
        "A code is made of small letters, digits and underscores, at most 32.",
    )
    _call_minutes_in_range = models.Constraint(
        "CHECK(call_minutes BETWEEN 1 AND 480)",
        "A call takes at least one minute, and eight hours at most.",
    )
    _numbers_in_range = models.Constraint(
        """
        CHECK(notice_hours BETWEEN 0 AND 8760 AND horizon_days BETWEEN 0 AND 730
              AND buffer_minutes BETWEEN 0 AND 1440)
        """,
        "Notice is a year at most, the horizon two years and the buffer a day; none "
        "is negative.",
    )

    def _get_owner(self, company):
        """Who follows up the next request; see :meth:`_get_offer`."""
        return self._get_offer(company)[0]

    def _get_offer(self, company):
        """Who is free soonest to call, and of those the one whose last request is
        oldest, with when they are free.

        Colleagues who take turns go before the owner, the owner before the team's
        leader. Who is archived, away or has no free time is skipped.

        :param company: company of the website that the request came from
        :return: a user, and moments aware and in UTC; both empty when nobody is there
        """
        self.ensure_one()
        # sudo: who follows up a track is for sales only, visitors ask too
        track = self.sudo()
        for ours in track._get_followers(company):
            starts = ours._coaching_free_starts(company, track, only_there=True)
            if found := track._get_soonest(starts):
                return found, starts[found]
        return self.env["res.users"], []

    def _get_followers(self, company):
        """Iterate over who may follow up in ``company``, the first ones first; read
        with what is needed of them in one query each."""
        turns = SQL(
            "SELECT res_users_id FROM coaching_track_res_users_rel"
            " WHERE coaching_track_id = %s",
            self.id,
        )
        there = Domain("active", "=", True) & Domain("company_ids", "in", company.ids)
        users = self.env["res.users"]
        yield users.search_fetch(there & Domain("id", "in", turns), ["partner_id"])
        for user in (self.user_id, self.team_id.user_id):
            yield user.filtered_domain(there)

    def _get_soonest(self, starts):
        """Return which user of ``starts`` is free soonest; may be empty."""
        free = {user: moments[0] for user, moments in starts.items() if moments}
        soonest = min(free.values(), default=None)
        found = self.env["res.users"].union(*(u for u in free if free[u] == soonest))
        last = self._get_last_request(found) if len(found) > 1 else {}
        return found.sorted(lambda user: (last.get(user) or datetime.min, user.id))[:1]

    def _get_last_request(self, users):
        """When each of ``users`` last got a request on this track."""
        leads = self.env["crm.lead"].with_context(active_test=False)
        return dict(
            leads._read_group(
                [("coaching_track_id", "=", self.id), ("user_id", "in", users.ids)],
                ["user_id"],
                ["coaching_requested_on:max"],
            )
        )

    def _get_team(self, website):
        """The track's team, or the website's if it is another company's."""
        company = website.company_id
        team = self.team_id or website.crm_default_team_id
        return team if team.company_id in (company, company.browse()) else team.browse()
