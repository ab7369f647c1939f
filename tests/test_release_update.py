"""From the release before to this one, with all that people did in between.

Every night in CI from others too: from both ends of each version there was, and from
some between. `PREVIOUS=<commit> setup/test tests/test_release_update.py -k before`
starts from any.
"""

import ast
import json
import os
import re
import subprocess

import pytest
from book import run, shell
from crew import query
from lxml import etree
from stack import database, odoo, paths, testing

# The first release: what stood in the main branch before there were tags.
FIRST = "12df4994779fe582294ba742df7e090817f12bc2"
# Earlier and later ones that were somebody's installation, the oldest first.
EARLIER = (
    "6f3cc6a85612706f4013e9d8ecfd912c54b8d38e",
    "9c1b9c6f13d07f42e552a75ceea655f19897191f",
    "a346b5bb9e04ce59b7aafa3e9f7dcf6fd8cbef47",
    "3176cc9492c512d7d8823c98e6c6ec0ed79ee93a",
    FIRST,
    "43dc3ae80633da38341567f343931febc3aa7f4b",
    "f00c34b76c56d77f1786624ab50713bb19ff8879",
    "16b76137b563c28ebf7b02c6b59bdaa203057d7c",
    "f14baf96e41fc618f925ef39401914ae7b3b7c70",
)
SHIPPED = {
    addon: json.loads((paths.ADDONS / addon / "migrations/superseded.json").read_text())
    for addon in paths.OUR_ADDONS
}
# What earlier releases shipped: as if the company had begun with those.
AGE = """
for xmlid, field, value in {values!r}:
    record = env.ref(xmlid, raise_if_not_found=False)
    if record and field in record._fields:
        record.with_context(lang="en_US")[field] = value
result = True
"""
# What staff changed of what was shipped: xmlid, language, field, value.
EDITS = (
    ("client_health.client_health_trait_late_payer", "en_US", "weight", 35),
    (
        "client_health.client_health_trait_late_payer",
        "en_US",
        "flag_domain",
        "[('days_late_avg', '>=', 45)]",
    ),
    ("client_health.client_health_trait_haggler", "en_US", "active", False),
    ("client_health.client_health_trait_grumpy", "nl_NL", "name", "Grof"),
    ("client_health.client_farewell_block_fit_formal", "en_US", "body", "Our words."),
    ("client_health.client_farewell_block_room_formal", "nl_NL", "body", "Vol."),
    ("coaching_leads.coaching_track_start", "en_US", "call_minutes", 30),
    (
        "coaching_leads.coaching_confirmation_mail_template",
        "nl_NL",
        "subject",
        "Dank je wel",
    ),
)
WRITE = """
edited = []
for xmlid, lang, field, value in {edits!r}:
    record = env.ref(xmlid, raise_if_not_found=False)
    if record and field in record._fields:
        record.with_context(lang=lang)[field] = value
        edited.append((xmlid, lang, field, value))
"""
READ = """
result = [
    env.ref(xmlid).with_context(lang=lang)[field]
    for xmlid, lang, field, _value in {edits!r}
]
"""
# What staff did.
WORK = """
from datetime import date, timedelta

def create(model, vals):
    # the oldest of all ask for less
    return env[model].create({k: v for k, v in vals.items() if k in env[model]._fields})

client = env["res.partner"].create({"name": "Client", "is_company": True})
trait = create(
    "client.health.trait",
    {"name": "Ours", "code": "ours", "flag_domain": "[('invoice_count', '>', 0)]"}
)
create("client.health.incident", {
    "partner_id": client.id, "kind": "conduct", "severe": True,
    "description": "Shouted at a colleague.",
})
env["client.health"]._refresh(client)
flag = env["client.health.flag"].search(
    [("partner_id", "=", client.id), ("level", "=", "flag")]
)
flag.action_confirm("We all heard it.")
create("client.farewell", {
    "partner_id": client.id, "end_date": date.today() + timedelta(days=60),
})
create("crm.lead", {
    "name": "Call", "contact_name": "Anna", "email_from": "anna@example.com",
    "coaching_track_id": env.ref("coaching_leads.coaching_track_scale").id,
    "coaching_goal": "Grow", "coaching_session_state": "held",
    "coaching_outcome": "no_fit",
})
env.cr.commit()
"""
TELL = """
flag = env["client.health.flag"].search([("partner_id.name", "=", "Client")])
incident = env["client.health.incident"].search([("partner_id.name", "=", "Client")])
farewell = env["client.farewell"].search([("partner_id.name", "=", "Client")])
lead = env["crm.lead"].search([("contact_name", "=", "Anna")])
trait = env["client.health.trait"].search([("code", "=", "ours")])
result = [
    [(row.trait_id.code, row.decision, row.decision_reason) for row in flag],
    [(row.kind, row.severe, row.description) for row in incident],
    [(row.state, str(row.end_date)) for row in farewell],
    [
        (
            row.coaching_track_id.code,
            row.coaching_goal,
            row.coaching_session_state,
            getattr(row, "coaching_outcome", False) or None,
        )
        for row in lead
    ],
    [(row.name, row.flag_domain) for row in trait],
]
"""
# Core draws the colour of a team.
BY_LOT = ("coaching_leads.coaching_team", "color")

OURS = """
    SELECT DISTINCT model FROM ir_model_data WHERE module = ANY(%s)
"""
# The columns that hold no reference to another record, as its number may be another.
PLAIN = """
    SELECT column_name FROM information_schema.columns
     WHERE table_name = %s AND data_type NOT LIKE 'timestamp%%'
       AND data_type NOT IN ('date', 'bytea') AND column_name NOT IN (
           SELECT a.attname FROM pg_constraint c
             JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY(conkey)
            WHERE c.contype = 'f' AND c.conrelid = %s::regclass)
"""
ROWS = """
    SELECT d.module || '.' || d.name, to_jsonb(t)
      FROM ir_model_data d JOIN {table} t ON t.id = d.res_id
     WHERE d.module = ANY(%s) AND d.model = %s
"""
TABLES = {
    "ir.actions.act_window": "ir_act_window",
    "ir.actions.act_window.view": "ir_act_window_view",
    "ir.actions.client": "ir_act_client",
    "ir.actions.report": "ir_act_report_xml",
    "ir.actions.server": "ir_act_server",
}
# Numbers of records, and the text a view had before.
OTHERS = {"id", "res_id", "parent_path", "action", "arch_prev"}
TOLD = """
    SELECT u.login, a.note FROM mail_activity a JOIN res_users u ON u.id = a.user_id
     WHERE a.res_model IS NULL
"""


def _get_release():
    """Return the commit of the release before this one."""
    tags = _git("tag", "--merged", "HEAD^", "--sort=-v:refname", "19.0.*").decode()
    return os.environ.get("PREVIOUS") or next(iter(tags.split()), FIRST)


@pytest.fixture(
    scope="module",
    params=["the release before"]
    + [pytest.param(commit, marks=pytest.mark.slow) for commit in EARLIER],
    ids=lambda commit: commit[:18],
)
def previous(request, tmp_path_factory):
    """The folder of the addons of an earlier release."""
    if _git("rev-parse", "--is-shallow-repository") == b"true\n":
        pytest.skip("this clone holds no earlier release")
    target = tmp_path_factory.mktemp("previous")
    commit = request.param if request.param in EARLIER else _get_release()
    archive = _git("archive", commit, "addons")
    subprocess.run(["tar", "-x", "-C", target], input=archive, check=True)
    return target / "addons"


def _git(*arguments):
    return subprocess.check_output(["git", *arguments], cwd=paths.ROOT)


@pytest.fixture(scope="module")
def updated(previous):
    """A database of an earlier release, worked in and updated; what was told before."""
    name = testing.database_name("previous")
    database.copy(database.template(), name)
    before = ("--addons-path", odoo.addons_path(previous))
    run(name, "-i", ",".join(paths.OUR_ADDONS), *before)  # whatever it warned of
    code = AGE.format(values=list(_get_old_values())) + WRITE.format(edits=EDITS)
    end = "result = [result, edited]\n"
    told, edited = shell(name, code + WORK + TELL + end, *before)
    assert edited
    assert run(name, "-u", ",".join(paths.OUR_ADDONS)) == []
    yield name, told, edited
    database.drop(name)


def _get_old_values():
    edited = {(xmlid, field) for xmlid, _lang, field, _value in EDITS}
    for addon, shipped in SHIPPED.items():
        for name, fields in shipped["values"].items():
            for field, olds in fields.items():
                if (f"{addon}.{name}", field) not in edited:
                    yield f"{addon}.{name}", field, olds[0][1]


def test_an_update_keeps_what_people_did(updated):
    name, told, _edited = updated
    assert [len(rows) for rows in told] == [1, 1, 1, 1, 1]
    assert shell(name, TELL) == told


def test_an_update_keeps_what_people_changed(updated):
    name, _told, edited = updated
    assert shell(name, READ.format(edits=edited)) == [value for *_x, value in edited]


def test_an_update_ships_what_a_fresh_installation_has(updated):
    name, _told, _edited = updated
    edited = {(xmlid, field) for xmlid, _lang, field, _value in EDITS} | {BY_LOT}
    fresh = _get_shipped(os.environ["ODOO_TEST_DATABASE"])
    found = _get_shipped(name)
    assert set(fresh) == set(found)
    differing = {
        (xmlid, field): (found[xmlid].get(field), value)
        for xmlid, row in fresh.items()
        for field, value in row.items()
        if _without_ids(found[xmlid].get(field)) != _without_ids(value)
        and (xmlid, field) not in edited
        # a label of core's, whose Dutch is that of whoever brought it first
        if not xmlid.endswith("__display_name")
    }
    assert differing == {}


def _without_ids(value):
    """Return a value without the ids of actions, which buttons are stored with."""
    if isinstance(value, dict):
        return {key: _without_ids(part) for key, part in value.items()}
    return re.sub(r'name="\d+"', "", value) if isinstance(value, str) else value


def _get_shipped(name):
    """Return ``{xmlid: {column: value}}`` of all records of our addons."""
    rows = {}
    for (model,) in query(name, OURS, list(paths.OUR_ADDONS)):
        table = TABLES.get(model, model.replace(".", "_"))
        columns = {column for (column,) in query(name, PLAIN, table, table)} - OTHERS
        found = query(name, ROWS.format(table=table), list(paths.OUR_ADDONS), model)
        for xmlid, row in found:
            rows[xmlid] = {field: row[field] for field in columns}
    return rows


def test_managers_hear_what_an_update_left_as_it_was(updated, previous):
    """Where ours is another than in that release, or than in one of its version."""
    name, _told, _edited = updated
    notes = [note for login, note in query(name, TOLD) if login == "admin"]
    told = "".join(note for note in notes if "what your company had changed" in note)
    manifest = (previous / "client_health" / "__manifest__.py").read_text()
    version = ast.literal_eval(manifest)["version"]
    for label, xmlid, field in (
        ("No longer the right match", "client_farewell_block_fit_formal", "body"),
        ("Often pays late", "client_health_trait_late_payer", "flag_domain"),
    ):
        old, new = (
            _get_field(addons, xmlid, field) for addons in (previous, paths.ADDONS)
        )
        olds = dict(SHIPPED["client_health"]["values"][xmlid][field])
        assert (label in told) is (old != new or version in olds)
    assert "Does not keep agreements" not in told


def _get_field(addons, xmlid, field):
    """Return what a release ships in a field, as words."""
    for path in addons.glob("client_health/data/*.xml"):
        place = f".//record[@id='{xmlid}']/field[@name='{field}']"
        found = etree.parse(path).find(place)
        if found is not None:
            return (found.get("eval") or found.text).split()
    raise AssertionError(f"{xmlid} is not shipped")
