"""What we cost others: contacts' screens, posting, paying, tickets; on one book."""

import re
from unittest.mock import patch

from clock import Clock
from odoo import Command
from odoo.addons.client_health.tests.view_reading import read_view
from odoo.sql_db import Cursor

GROUP = "client_health.client_health_group_user"
STOCK = (
    "base.group_user",
    "base.group_partner_manager",
    "account.group_account_invoice",
    "helpdesk_mgmt.group_helpdesk_user",
)
CARDS = 80
LOOKS = 20
OUR_INSERT = re.compile(r'INSERT INTO "?(client_health_stale|ir_cron_trigger)')
PARTNER_LOCKS = """
SELECT count(*)
  FROM pg_locks
 WHERE pid = pg_backend_pid()
   AND relation = 'res_partner'::regclass
   AND mode <> 'AccessShareLock'
"""


class Documents:
    """Counts of queries with us and without, in transactions that are undone."""

    def __init__(self, env, clients):
        self.env = env(context={**env.context, "lang": "en_US"})
        self.clients = clients.with_env(self.env)
        self.clock = Clock(self.env)

    def get_figures(self):
        figures = {"views": self.get_views(), "locks": self.count_locks()}
        for name in ("post", "pay", "ticket"):
            figures[name] = self.count_document(getattr(self, f"prepare_{name}"))
        return figures

    def get_views(self):
        """Return queries and seconds of each view for a user of ours and another."""
        users = [self.make_user("ours", *STOCK, GROUP), self.make_user("stock", *STOCK)]
        views = {}
        for view_type in ("form", "list", "kanban"):
            looks = [
                lambda user=user, view=view_type: self.look(user, view)
                for user in users
            ]
            for look in looks:
                look()
            views[view_type] = {
                "queries": [self.clock.count(look) for look in looks],
                "seconds": [
                    self.clock.time(lambda _run, look=look: look(), LOOKS)
                    for look in looks
                ],
            }
        self.env.cr.rollback()
        return views

    def make_user(self, login, *groups):
        return self.env["res.users"].create(
            {
                "name": login,
                "login": f"benchmark_{login}",
                "group_ids": [Command.set([self.env.ref(g).id for g in groups])],
            }
        )

    def look(self, user, view_type):
        self.env.invalidate_all()
        read_view(self.clients[:CARDS].with_user(user), view_type)

    def count_locks(self):
        """Return the locks on contacts that marking clients takes."""
        self.env.cr.commit()
        Stale = self.env["client.health.stale"]
        Stale._mark(self.clients.ids)
        Stale._write_pending()
        self.env.cr.execute(PARTNER_LOCKS)
        [locks] = self.env.cr.fetchone()
        self.env.cr.rollback()
        return locks

    def count_document(self, prepare):
        """Return the queries with us and without, and the inserts that are ours."""
        Stale = self.env.registry["client.health.stale"]
        with patch.object(Stale, "_mark", lambda *args, **kwargs: None):
            self.run(prepare)  # the first fills caches
            stock, _inserts = self.run(prepare)
        self.run(prepare)
        return [*self.run(prepare), stock]

    def run(self, prepare):
        """Prepare a document, act, and count the queries of acting to the commit."""
        inserts = []
        execute = Cursor.execute

        def spy(cursor, query, params=None, log_exceptions=True):
            result = execute(cursor, query, params, log_exceptions)
            if OUR_INSERT.search(str(getattr(query, "code", query))):
                inserts.append(query)
            return result

        act = prepare()
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.env.invalidate_all()
        with patch.object(Cursor, "execute", spy):
            queries = self.clock.count(
                lambda: (act(), self.env.flush_all(), self.env.cr.precommit.run())
            )
        self.env.cr.rollback()
        return queries, len(inserts)

    def prepare_invoice(self):
        return self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.clients[0].id,
                "invoice_date": self.env.cr.now().date(),
                "invoice_line_ids": [
                    Command.create({"name": "Advice", "price_unit": 100.0})
                ],
            }
        )

    def prepare_post(self):
        return self.prepare_invoice().action_post

    def prepare_pay(self):
        invoice = self.prepare_invoice()
        invoice.action_post()
        payment = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        return lambda: payment.create({})._create_payments()

    def prepare_ticket(self):
        values = {
            "name": "A question",
            "description": "How?",
            "partner_id": self.clients[0].id,
        }
        return lambda: self.env["helpdesk.ticket"].create(values)
