"""docs/access.md says who may see and do what: it is read, and compared with Odoo."""

import os
from pathlib import Path

from book import shell

PAGE = Path(__file__).parents[1] / "docs" / "access.md"
# What the database says, as the rows of the page's tables.
READ = """
OURS = ("client_health", "coaching_leads")
prefixes = ("client.health", "client.farewell", "coaching.")
models = env["ir.model"].search([("model", "like", "c%")]).filtered(
    lambda model: model.model.startswith(prefixes)
    and not env[model.model]._abstract
)
def name(group):
    return group.get_external_id()[group.id] if group else "everybody"
rows = []
for model in models.sorted("model"):
    rules = model.rule_ids.filtered("active").sorted("id")
    words = "; ".join(
        ", ".join(name(group) for group in rule.groups) + (": " if rule.groups else "")
        + (rule.domain_force or "[]")
        for rule in rules
    )
    accesses = model.access_ids.filtered("active")
    for access in accesses.sorted(lambda access: name(access.group_id)):
        may = "".join(
            letter
            for letter, right in (
                ("r", access.perm_read), ("w", access.perm_write),
                ("c", access.perm_create), ("d", access.perm_unlink),
            )
            if right
        )
        rows.append([model.model, name(access.group_id), may, words or "all"])
fields = {}
for model in env.values():
    ours = model._name.startswith(prefixes)
    if model._abstract or model._transient and not ours:
        continue
    for field in model._fields.values():
        mine = ours or field.name.startswith(("client_health", "coaching_"))
        if mine and field.groups and not field.inherited:
            key = (model._name, ", ".join(sorted(field.groups.split(","))))
            fields.setdefault(key, []).append(field.name)
result = {
    "models": rows,
    "fields": [[*key, ", ".join(sorted(fields[key]))] for key in sorted(fields)],
}
"""


def read_table(heading):
    """Return the rows of the page's table below a heading, without its head."""
    part = PAGE.read_text().split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    return [
        [cell.strip().strip("`") for cell in line.strip("|").split(" | ")]
        for line in lines[2:]
    ]


def write_table(rows):
    """Return the rows as the page wants them, to paste."""
    return "\n".join(
        "| " + " | ".join(f"`{cell}`" for cell in row) + " |" for row in rows
    )


def test_the_page_says_what_odoo_does():
    found = shell(os.environ["ODOO_TEST_DATABASE"], READ)
    assert read_table("Models") == found["models"], write_table(found["models"])
    assert read_table("Fields") == found["fields"], write_table(found["fields"])
