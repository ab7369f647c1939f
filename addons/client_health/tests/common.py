"""What the tests of money and of people begin with, without what they do not use."""

from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.tests import common

# Nobody reads how a colleague of a test came: no invitation is rendered for them.
QUIET = dict.fromkeys(
    (
        "mail_create_nolog",
        "mail_create_nosubscribe",
        "no_reset_password",
        "tracking_disable",
    ),
    True,
)


def new_test_user(env, *args, **vals):
    """Return a new user, as core's function of this name does, written to by nobody."""
    return common.new_test_user(env, *args, context=QUIET, **vals).with_env(env)


def speak_dutch(env):
    """Have our Dutch terms, where the database has none."""
    if env["res.lang"]._get_data(code="nl_NL"):
        return
    env["res.lang"]._activate_lang("nl_NL")
    env["ir.module.module"]._load_module_terms(["client_health"], ["nl_NL"])


class BooksCase(AccountTestInvoicingCommon):
    """A company with a chart of accounts and journals.

    Core's class makes taxes, terms, products, partners and roundings besides, which
    takes as long again.
    """

    @classmethod
    def setUpClass(cls):
        super(AccountTestInvoicingCommon, cls).setUpClass()
        cls.tax_number = 0  # what core counts the taxes of a test by
        cls.company_data = cls.collect_company_accounting_data(cls.env.company)
        chart = cls.env["account.chart.template"]
        bank = cls.company_data["default_journal_bank"]
        for lines, xmlid in (
            (
                bank.inbound_payment_method_line_ids,
                "account_journal_payment_debit_account_id",
            ),
            (
                bank.outbound_payment_method_line_ids,
                "account_journal_payment_credit_account_id",
            ),
        ):
            lines[0].payment_account_id = chart.ref(xmlid)
