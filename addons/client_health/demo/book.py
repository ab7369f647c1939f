from .clients import BOOK
from .invoices import Invoices
from .judgements import Judgements
from .past import Past
from .tickets import Tickets

QUIET = {
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notrack": True,
    "tracking_disable": True,
    "no_reset_password": True,
}


class Book(Invoices, Tickets, Judgements, Past):
    """The demo book, made through the ORM: the same clients on any day, in a company
    of any country, with that company's own accounts and taxes."""

    def make(self):
        """Create the book and judge it; nothing where it is there already."""
        if self._ref(BOOK[0].code).invoice_ids:
            return
        # on an error nothing half made is left in memory, so that Odoo goes on
        # without demo data, as it does for any addon
        with self.env.cr.savepoint():
            self._prepare_company()
            self._set_languages()
            self._create_invoices()
            self._create_tickets()
            self._create_staff_records()
            self._create_past()


def load(env):
    """Make the demo book in the main company."""
    company = env.ref("base.main_company")
    Book(env["res.company"].with_context(**QUIET).with_company(company).env).make()
