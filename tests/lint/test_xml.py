"""Data files against the schema that Odoo itself reads them with."""

from pathlib import Path

import odoo.init
import pytest
from lxml import etree

ROOT = Path(__file__).parents[2]
SCHEMA = Path(odoo.init.__file__).with_name("import_xml.rng")
DATA = [
    path
    for folder in ("data", "demo", "report", "security", "views", "wizards")
    for path in sorted(ROOT.glob(f"addons/*/{folder}/**/*.xml"))
]


@pytest.fixture(scope="module")
def schema():
    return etree.RelaxNG(etree.parse(SCHEMA))


@pytest.mark.parametrize("path", DATA, ids=lambda path: str(path.relative_to(ROOT)))
def test_data_file_follows_the_schema(schema, path):
    assert schema.validate(etree.parse(path)), schema.error_log


def test_every_other_xml_file_is_well_formed():
    for path in ROOT.glob("addons/**/*.xml"):
        etree.parse(path)


def test_every_data_file_is_in_a_manifest():
    for path in DATA:
        addon = path.relative_to(ROOT / "addons").parts[0]
        name = str(path.relative_to(ROOT / "addons" / addon))
        manifest = (ROOT / "addons" / addon / "__manifest__.py").read_text()
        assert f'"{name}"' in manifest, f"{addon} does not load {name}"


@pytest.mark.parametrize("path", DATA, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_stands_in_a_setting_is_shown(path):
    """The web client leaves out a setting's own text: it needs an element around it."""
    for setting in etree.parse(path).iter("setting"):
        own = [setting.text, *(part.tail for part in setting)]
        assert not "".join(text or "" for text in own).strip(), setting.get("id")
