"""What can be translated is what was exported: the templates of the translations."""

import os

import polib
import pytest
from stack import odoo, paths


def terms(path):
    return {entry.msgid for entry in polib.pofile(str(path))}


@pytest.mark.parametrize("addon", paths.OUR_ADDONS)
def test_template_is_up_to_date(addon, tmp_path):
    exported = tmp_path / f"{addon}.pot"
    name = os.environ["ODOO_TEST_DATABASE"]
    odoo.call("i18n", "export", "-d", name, "-o", exported, addon)
    committed = paths.ADDONS / addon / "i18n" / f"{addon}.pot"
    assert terms(committed) == terms(exported), "run setup/i18n"
