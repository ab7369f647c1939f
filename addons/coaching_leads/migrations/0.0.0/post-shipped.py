"""After every update: what nobody changed becomes what the addon ships now."""

from odoo import SUPERUSER_ID, api
from odoo.addons.coaching_leads.migrations.shipped import renew


def migrate(cr, version):
    env = api.Environment(cr, SUPERUSER_ID, {})
    renew(env, "coaching_leads", version, "sales_team.group_sale_manager")
