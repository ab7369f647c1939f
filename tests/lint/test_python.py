"""Python and manifests, as the linters of Odoo and OCA see them."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ADDONS = ("client_health", "coaching_leads")
SCRIPTS = tuple(
    f"setup/{name}"
    for name in "benchmark clean demo i18n odoo pictures readme release test".split()
)
MANIFESTOO = (
    "manifestoo",
    "--addons-path-python",
    sys.executable,
    "--select-addons-dir",
    "addons",
)

# Files of others' formats, against the schemas that those tools publish.
SCHEMAS = {
    "compose-spec": "setup/compose.yaml",
    "github-issue-config": ".github/ISSUE_TEMPLATE/config.yml",
    "github-issue-forms": ".github/ISSUE_TEMPLATE/fault.yml",
    "github-workflows": ".github/workflows/test.yml",
}


@pytest.mark.parametrize(
    "command",
    [
        ("ruff", "check", "."),
        ("ruff", "check", *SCRIPTS),
        ("ruff", "format", "--check", "."),
        ("ruff", "format", "--check", *SCRIPTS),
        ("pylint", *(f"addons/{addon}" for addon in ADDONS)),
        ("setup/readme", "--check"),
        ("setup/release", "--texts", "--check"),
        (*MANIFESTOO, "check-licenses"),
        (*MANIFESTOO, "check-dev-status", "--default-dev-status", "Production/Stable"),
        *(
            ("check-jsonschema", "--builtin-schema", f"vendor.{schema}", file)
            for schema, file in SCHEMAS.items()
        ),
    ],
    ids=" ".join,
)
def test_linter_finds_nothing(command):
    program = ROOT / command[0]
    if not program.exists():
        program = Path(sys.executable).with_name(command[0])
    done = subprocess.run(
        [program, *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
