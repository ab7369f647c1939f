"""Each addon by itself: installed, updated and removed on a clean database."""

import pytest
from book import modules, run
from stack import database, paths, testing

# What a database is made of, as far as an addon can leave something behind. Not
# counted: the asset bundles of core, which come and go, and the names that core's mail
# gives to its part of every model with a chatter and forgets to take back.
SHAPE = """
    SELECT 'column ' || table_name || '.' || column_name
      FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT 'index ' || indexname FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT 'constraint ' || conrelid::regclass || ' ' || conname
      FROM pg_constraint WHERE conrelid <> 0
    UNION ALL SELECT 'sequence ' || sequencename FROM pg_sequences
    UNION ALL SELECT 'function ' || proname FROM pg_proc
      JOIN pg_namespace n ON n.oid = pronamespace WHERE nspname = 'public'
    UNION ALL SELECT 'trigger ' || tgname FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT 'xmlid ' || module || '.' || name FROM ir_model_data
      WHERE model NOT IN ('ir.model.inherit', 'ir.model.fields.selection')
         OR module IN ('client_health', 'coaching_leads')
    UNION ALL SELECT 'model ' || model FROM ir_model
    UNION ALL SELECT 'field ' || model || '.' || name FROM ir_model_fields
    UNION ALL SELECT 'parameter ' || key FROM ir_config_parameter
    UNION ALL SELECT 'cron ' || cron_name FROM ir_cron
    UNION ALL SELECT 'attachment ' || res_model || ' ' || coalesce(res_field, '')
      FROM ir_attachment WHERE res_model IS NOT NULL AND res_model <> 'ir.ui.view'
    UNION ALL SELECT 'message ' || model FROM mail_message WHERE model IS NOT NULL
    UNION ALL SELECT 'default ' || f.name FROM ir_default d
      JOIN ir_model_fields f ON f.id = d.field_id
"""


@pytest.fixture
def clean():
    """A database with what the addons depend on, and nothing of them."""
    name = testing.database_name("clean")
    database.copy(database.template(), name)
    yield name
    database.drop(name)


def _shape(name):
    return set(database.execute(name, SHAPE).splitlines())


@pytest.mark.parametrize("addon", paths.OUR_ADDONS)
def test_an_addon_comes_alone_and_goes_without_a_trace(clean, addon):
    other = next(name for name in paths.OUR_ADDONS if name != addon)
    before = _shape(clean)
    assert run(clean, "-i", addon) == []
    state = "SELECT state FROM ir_module_module WHERE name = '%s'"
    assert database.execute(clean, state % addon).strip() == "installed"
    assert database.execute(clean, state % other).strip() != "installed"
    assert modules(clean, "uninstall", addon) == []
    assert _shape(clean) - before == set()
    assert before - _shape(clean) == set()


def test_what_books_and_leads_stand_on_stays(clean, demo_template):
    """Invoices of the demo cannot go, nor can the reason that somebody was lost for."""
    database.copy(demo_template, clean)
    counts = "SELECT count(*) FROM crm_lead WHERE lost_reason_id IS NOT NULL"
    before = database.execute(clean, counts)
    assert int(before)
    assert modules(clean, "uninstall", *paths.OUR_ADDONS) == []
    assert database.execute(clean, counts) == before
