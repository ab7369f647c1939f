"""Installed on the book of a company that has worked for years.

Nobody presses a button: what is due runs as Odoo's own scheduler runs it.
"""

import pytest
from book import run, shell
from crew import query
from stack import database, testing

# Three clients of some years, made before Client Health is there: one who pays late,
# one who pays on time and one who writes tickets.
BOOK = """
from datetime import date, datetime, timedelta
from dateutil.relativedelta import relativedelta

late, punctual, busy = partners = env["res.partner"].create([
    {"name": name, "is_company": True, "email": f"{name}@example.com"}
    for name in ("late", "punctual", "busy")
])
today = date.today()
days = [today - relativedelta(months=months) for months in range(30, 0, -2)]
invoices = env["account.move"].create([
    {
        "move_type": "out_invoice",
        "partner_id": partner.id,
        "invoice_date": day,
        "invoice_date_due": day + timedelta(days=14),
        "invoice_line_ids": [(0, 0, {"name": "Advice", "price_unit": 1000})],
    }
    for partner in partners for day in days
])
invoices.action_post()
for invoice in invoices:
    wait = 60 if invoice.partner_id == late else 0
    paid = invoice.invoice_date_due + timedelta(days=wait)
    if paid <= today:
        env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({"payment_date": paid})._create_payments()
team = env["helpdesk.ticket.team"].create({"name": "Service"})
for number in range(12):
    ticket = env["helpdesk.ticket"].create({
        "name": "Again", "description": "Again", "team_id": team.id,
        "partner_id": busy.id,
    })
    ticket.message_post(
        body="Please hurry", author_id=busy.id, message_type="email",
        subtype_xmlid="mail.mt_comment",
    )
result = partners.ids
"""
# The jobs of core are of no interest here, and some ask the network.
OURS_ONLY = """
    UPDATE ir_cron SET active = id IN (
           SELECT res_id FROM ir_model_data
            WHERE module = 'client_health' AND model = 'ir.cron')
"""
SCHEDULER = """
env["ir.cron"]._process_jobs(env.cr.dbname)
result = True
"""
BUILDERS = """
import sys
result = sorted(name for name in sys.modules if name.startswith({prefix!r}))
"""
FACTS = """
    SELECT p.name, h.instalment_due_count, h.late_count, h.ticket_count
      FROM client_health AS h JOIN res_partner AS p ON p.id = h.partner_id
     WHERE p.id = ANY(%s) ORDER BY p.id
"""
FLAGS = """
    SELECT p.name, t.code, f.level
      FROM client_health_flag AS f
      JOIN res_partner AS p ON p.id = f.partner_id
      JOIN client_health_trait AS t ON t.id = f.trait_id
     WHERE f.level <> 'none' AND p.id = ANY(%s)
"""
MONTHS = """
    SELECT count(*), min(days_late_avg), max(days_late_avg), min(score), max(score)
      FROM client_health_snapshot
     WHERE basis = 'ledger' AND partner_id = %s
"""


@pytest.fixture(scope="module")
def company():
    """A database where work was done before Client Health came, and its clients."""
    name = testing.database_name("company")
    database.copy(database.template(), name)
    clients = shell(name, BOOK)
    assert run(name, "-i", "client_health") == []
    query(name, OURS_ONLY)
    shell(name, SCHEDULER)
    yield name, clients
    database.drop(name)


def test_the_first_facts_come_by_themselves(company):
    name, clients = company
    late, punctual, busy = query(name, FACTS, clients)
    # the six that fell due within the year, and one of before that was paid in it; the
    # bank is known until the last payment, the day on which the last one fell due: that
    # one is due and not late
    assert late == ("late", 7, 6, 0)
    # what fell due before the year was paid before it too
    assert punctual == ("punctual", 6, 0, 0)
    assert busy == ("busy", 6, 0, 12)


def test_the_first_flags_come_by_themselves(company):
    name, clients = company
    flags = query(name, FLAGS, clients)
    assert ("late", "late_payer", "flag") in flags
    assert not [flag for flag in flags if flag[0] == "punctual"]


def test_the_year_before_comes_by_itself(company):
    name, (late, punctual, _busy) = company
    shell(name, SCHEDULER)  # what the first count asked for
    # until the last payment the bank is known of, some six weeks ago
    months, _least, most, worst, best = query(name, MONTHS, late)[0]
    assert months in (10, 11)
    assert most > 30 and (worst, best) == (80, 80)
    assert query(name, MONTHS, punctual) == [(months, 0, 0, 100, 100)]


def test_who_asks_for_no_demo_data_loads_nothing_that_builds_it(company):
    name, _clients = company
    prefix = "odoo.addons.client_health.demo."
    loaded = shell(name, BUILDERS.format(prefix=prefix))
    assert loaded == [f"{prefix}client_health_demo"]
