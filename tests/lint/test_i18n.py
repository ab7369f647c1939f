"""All that can be translated is translated into Dutch."""

import string
from pathlib import Path

import polib
import pytest

ROOT = Path(__file__).parents[2]
ADDONS = ("client_health", "coaching_leads")


def terms(path):
    return {entry.msgid: entry for entry in polib.pofile(str(path))}


@pytest.mark.parametrize("addon", ADDONS)
def test_dutch_is_complete(addon):
    folder = ROOT / "addons" / addon / "i18n"
    dutch = terms(folder / "nl.po")
    assert set(dutch) == set(terms(folder / f"{addon}.pot")), "run setup/i18n"
    missing = [msgid for msgid, entry in dutch.items() if not entry.translated()]
    assert not missing


@pytest.mark.parametrize("addon", ADDONS)
def test_dutch_keeps_the_placeholders(addon):
    """A lost or misspelt `%(name)s` would break the message at the worst moment."""
    for msgid, entry in terms(ROOT / "addons" / addon / "i18n" / "nl.po").items():
        assert placeholders(entry.msgstr) == placeholders(msgid), entry.msgstr


def placeholders(text):
    """Return the named and positional placeholders of a %-formatted text."""
    found = set()
    for part in text.split("%")[1:]:
        if part.startswith("("):
            found.add(part[: part.find(")") + 2])
        elif part[:1] in set(string.ascii_letters) & set("sdf"):
            found.add(part[:1])
    return found
