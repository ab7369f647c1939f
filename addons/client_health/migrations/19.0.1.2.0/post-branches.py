"""One legal entity, one record: branches had records of their own."""

from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    env = api.Environment(cr, SUPERUSER_ID, {})
    companies = env["res.company"].with_context(active_test=False).search([])
    Health = env["client.health"].with_context(allowed_company_ids=companies.ids)
    Health._join_branches()
