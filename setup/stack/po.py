"""Bring every nl.po below a folder up to date with the .pot beside it.

Runs in the environment, which has polib. The dates are left out of the files: they
would make every export a change. Fields that every document with a chatter has get the
words that core's own mail addon uses, which neither polib's ``merge`` nor click-odoo's
``makepot`` does; that one needs gettext's programs besides.
"""

import sys
from pathlib import Path

import polib

DATES = ("POT-Creation-Date", "PO-Revision-Date")


def update(template, core):
    """Rewrite the nl.po beside `template` and return its untranslated entries.

    :param dict core: core's translations, for terms that are not translated yet
    """
    terms = polib.pofile(str(template), wrapwidth=78)
    _save(terms, template)
    target = template.with_name("nl.po")
    known = _read(target) if target.is_file() else {}
    for entry in terms:
        entry.msgstr = known.get(entry.msgid) or core.get(entry.msgid, "")
    terms.metadata["Language"] = "nl"
    terms.metadata["Plural-Forms"] = "nplurals=2; plural=(n != 1);"
    _save(terms, target)
    return terms.untranslated_entries()


def _read(path):
    return {entry.msgid: entry.msgstr for entry in polib.pofile(str(path))}


def _save(terms, path):
    for date in DATES:
        terms.metadata.pop(date, None)
    terms.save(str(path))


if __name__ == "__main__":
    addons, core_file = map(Path, sys.argv[1:])
    missing = 0
    for found in sorted(addons.glob("*/i18n/*.pot")):
        entries = update(found, _read(core_file))
        missing += len(entries)
        for term in entries:
            print(f"{found.parent.parent.name}: {term.msgid!r}")
    print(f"{missing} terms without a Dutch translation")
    sys.exit(bool(missing))
