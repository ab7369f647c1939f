"""After every update: what nobody changed becomes what the addon ships now."""

from odoo import SUPERUSER_ID, api
from odoo.addons.client_health.migrations.shipped import renew


def migrate(cr, version):
    env = api.Environment(cr, SUPERUSER_ID, {})
    renew(env, "client_health", version, "client_health.client_health_group_manager")
