"""Updating an addon to what it is leaves alone what users changed.

From the release before, `test_release_update.py` says it each time; this one says it of
a whole book, twice, every night in CI.
"""

import pytest
from book import run, shell
from stack import database, paths, testing

pytestmark = pytest.mark.slow
# What staff may change, and what it is changed to: xmlid, field, value.
EDITS = (
    ("client_health.client_health_trait_late_payer", "weight", 35),
    ("client_health.client_health_trait_haggler", "active", False),
    ("coaching_leads.coaching_track_start", "call_minutes", 30),
    ("coaching_leads.coaching_track_scale", "color", 7),
    ("coaching_leads.coaching_confirmation_mail_template", "subject", "Dank je wel"),
)
WRITE = """
for xmlid, field, value in {edits!r}:
    env.ref(xmlid)[field] = value
result = True
"""
READ = """
result = [env.ref(xmlid)[field] for xmlid, field, _value in {edits!r}]
"""
COUNT = """
SELECT 'records ' || (SELECT count(*) FROM ir_model_data
                       WHERE module IN ('client_health', 'coaching_leads'))
    || ' partners ' || (SELECT count(*) FROM res_partner)
    || ' invoices ' || (SELECT count(*) FROM account_move)
    || ' leads ' || (SELECT count(*) FROM crm_lead)
"""


@pytest.fixture
def edited(demo_template):
    """A copy of the demo book in which staff changed some of what we shipped."""
    name = testing.database_name("edited")
    database.copy(demo_template, name)
    shell(name, WRITE.format(edits=EDITS))
    yield name
    database.drop(name)


def test_two_updates_keep_what_users_changed(edited):
    before = database.execute(edited, COUNT)
    for _time in range(2):
        assert run(edited, "-u", ",".join(paths.OUR_ADDONS)) == []
    assert shell(edited, READ.format(edits=EDITS)) == [value for *_x, value in EDITS]
    assert database.execute(edited, COUNT) == before
