"""What the addons shipped once, by their history, in records that updates leave alone.

Runs in the environment, which has lxml and polib. An addon's ``superseded.json`` tells
its migration which texts and rules are its own of before, and which are a user's.
"""

import ast
import json
import sys
from functools import cache, partial

from odoo.modules.module import load_script

from . import paths
from .release import git

# what reads the data files when an addon is updated, without the rest of the addon
READER = paths.ADDONS / "client_health/migrations/shipped.py"
shipped = load_script(READER, "shipped")
LANGUAGE = "nl"
DATA = ("data/", "security/")
# Models whose records any update brings up to date, with their terms.
UPDATED = ("ir.model", "ir.ui.", "ir.actions.act_window", "res.groups")


def find(addon, known):
    """Return what an addon's file should hold: what it does, and what history adds.

    :param dict known: ``{"values": {name: {field: [[version, value]]}},
        "translations": {language: {"model,field:xmlid": [text]}}}``
    """
    values, texts = known["values"], known["translations"][LANGUAGE]
    _version, now, now_texts = _read(_list_tree(addon))
    for commit in reversed(git("log", "--format=%H", "--", f"addons/{addon}").split()):
        version, then, then_texts = _read(_list_commit(addon, commit))
        _add_values(values, now, then, version)
        _add_texts(texts, now_texts, then_texts)
    return known


def _add_values(values, now, then, version):
    for name, fields in then.items():
        for field, value in fields.items():
            if now.get(name, {}).get(field, value) != value:
                olds = values.setdefault(name, {}).setdefault(field, [])
                olds[:] = [old for old in olds if old[1] != value]
                olds.append([version, value])


def _add_texts(texts, now, then):
    for place, said in then.items():
        if place in now and (olds := said - now[place] - {""}):
            texts[place] = sorted({*texts.get(place, ()), *olds})


def _list_tree(addon):
    folder = paths.ADDONS / addon
    for path in sorted(folder.rglob("*.*")):
        yield str(path.relative_to(folder)), path.read_text


def _list_commit(addon, commit):
    for line in git("ls-tree", "-r", f"{commit}:addons/{addon}").splitlines():
        about, path = line.split("\t")
        yield path, partial(_show, about.split()[-1])


def _read(files):
    """Return the version, the records and the translations that an addon's files hold.

    :param files: pairs of a file's path in the addon and what reads it
    """
    version, records, texts = None, {}, {}
    for path, read in files:
        if path == "__manifest__.py":
            version = ast.literal_eval(read())["version"]
        elif path == f"i18n/{LANGUAGE}.po":
            texts = _parse_texts(read())
        elif path.endswith(".xml") and path.startswith(DATA):
            records |= _parse_records(read())
    return version, records, texts


@cache
def _parse_records(text):
    return dict(shipped.read_records(text.encode()))


@cache
def _parse_texts(text):
    """Return the translations of records that updates leave alone."""
    return {
        place: said
        for place, said in shipped.read_translations(text).items()
        if not place.startswith(UPDATED)
    }


@cache
def _show(blob):
    return git("cat-file", "blob", blob)


def bring_up_to_date(addon, only_check):
    """Bring an addon's file up to date; return whether it was not."""
    file = paths.ADDONS / addon / shipped.SUPERSEDED
    before = file.read_text()
    found = find(addon, json.loads(before))
    text = json.dumps(found, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    if not only_check:
        file.write_text(text)
    return text != before


if __name__ == "__main__":
    is_check = "--check" in sys.argv
    old = [bring_up_to_date(addon, is_check) for addon in paths.OUR_ADDONS]
    sys.exit(is_check and any(old))
