"""Somebody else's addon brings a source, two facts and a trait, without patching."""

import pytest
from book import modules, run, shell
from stack import database, odoo, paths, testing
from test_install import SHAPE

OTHERS = paths.ROOT / "tests" / "addons"
ADDON = "client_health_visits"
VISITS = """
client = env["res.partner"].create({"name": "Nobody at Home", "is_company": True})
today = env.company._get_client_health_today()
env["client.visit"].create(
    [{"partner_id": client.id, "date": today, "missed": n > 0} for n in range(4)]
)
env.cr.commit()
marked = env["client.health.stale"].search_count([("partner_ref", "=", client.id)])
env["client.health"]._cron_refresh_stale()
health = env["client.health"].search([("partner_id", "=", client.id)])
flag = health.flag_ids.filtered(lambda flag: flag.trait_id.code == "absent")
evidence = health.with_context(fact="visit_missed_share").action_open_evidence()
rows = env[evidence["res_model"]].search(evidence["domain"])
shown = {
    fact["name"]: fact["text"]
    for group in health.fact_groups
    for fact in group["facts"]
    if group["title"] == "Visits"
}
told = {fact["label"] for fact in health._get_dossier()["facts"]}
why = flag.trait_id._explain(health)[2]["tree"]
about = [model._name for model in client._get_models_about_clients()]
domain = env["client.health"].fields_get(["visit_count"])["visit_count"]
result = {
    "marked": marked,
    "stored": [health.visit_count, round(health.visit_missed_share, 2)],
    "level": flag.level,
    "evidence": [len(rows), all(rows.mapped("missed"))],
    "shown": sorted(shown),
    "share": shown.get("visit_missed_share"),
    "told": "Visits" in told and "Visits Missed (Share)" in told,
    "why": [why["label"], why["met"]],
    "erased": "client.visit" in about,
    "in_domain_editor": domain["searchable"],
}
client.unlink()
env.flush_all()
result["left"] = env["client.visit"].search_count([]) + len(health.exists())
"""


@pytest.fixture
def crowded(plain_template, monkeypatch, tmp_path):
    """A database with both addons, and Odoo told where the other one is."""
    name = testing.database_name("crowded")
    config = tmp_path / "odoo.conf"
    ours = f"addons_path = {paths.ADDONS}"
    text = odoo.CONFIG.read_text()
    config.write_text(text.replace(ours, f"{ours},{OTHERS}"))
    monkeypatch.setattr(odoo, "CONFIG", config)
    database.copy(plain_template, name)
    yield name
    database.drop(name)


def test_a_source_of_somebody_elses_is_used_like_our_own(crowded):
    before = set(database.execute(crowded, SHAPE).splitlines())
    assert run(crowded, "-i", ADDON) == []
    assert shell(crowded, VISITS) == {
        "marked": 1,
        "stored": [4, 0.75],
        "level": "flag",
        "evidence": [3, True],
        "shown": ["visit_count", "visit_missed_share"],
        "share": "75 %",
        "told": True,
        "why": ["Visits Missed (Share)", True],
        "erased": True,
        "in_domain_editor": True,
        "left": 0,
    }
    assert modules(crowded, "uninstall", ADDON) == []
    known = {f"xmlid base.module_{ADDON}"}  # that there is such an addon
    assert set(database.execute(crowded, SHAPE).splitlines()) - known == before
