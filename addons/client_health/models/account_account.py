from odoo import models

from ..sources.ledger_accounts import ForgetsAccounts

# Whatever the account lists of the ledger are read from: a change clears the cache.


class AccountAccount(ForgetsAccounts, models.Model):
    _inherit = "account.account"


class AccountCashRounding(ForgetsAccounts, models.Model):
    _inherit = "account.cash.rounding"


class AccountTaxRepartitionLine(ForgetsAccounts, models.Model):
    _inherit = "account.tax.repartition.line"
