"""What the addons shipped once, by their history, in records that updates leave alone.

Runs in the environment, which has lxml and polib. An addon's ``superseded.json`` tells
its migration which texts and rules are its own of before, and which are a user's.
"""

import ast
import json
import subprocess
import sys
from functools import cache
from pathlib import Path

from odoo.modules.module import load_script

ROOT = Path(__file__).parents[2]
# what reads the data files when an addon is updated, without the rest of the addon
shipped = load_script(ROOT / "addons/client_health/migrations/shipped.py", "shipped")
LANGUAGE = "nl"
DATA = ("data", "security")
# Models whose records any update brings up to date, with their terms.
UPDATED = ("ir.model", "ir.ui.", "ir.actions.act_window", "res.groups")


def find(addon):
    """Return what an addon's file should hold: what it does, and what history adds.

    :return: ``{"values": {name: {field: [[version, value]]}},
        "translations": {language: {"model,field:xmlid": [text]}}}``
    """
    target = ROOT / "addons" / addon / shipped.SUPERSEDED
    found = json.loads(target.read_text()) if target.is_file() else {}
    values = found.get("values", {})
    texts = found.get("translations", {}).get(LANGUAGE, {})
    now, now_texts = _read_tree(addon)
    for commit in reversed(_git("log", "--format=%H", "--", f"addons/{addon}").split()):
        version, then, then_texts = _read_commit(addon, commit)
        _add_values(values, now, then, version)
        _add_texts(texts, now_texts, then_texts)
    return {"values": values, "translations": {LANGUAGE: texts}}


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


def _read_tree(addon):
    """Return the records and the translations of an addon as it is now."""
    folder = ROOT / "addons" / addon
    records = {}
    for part in DATA:
        for path in sorted(folder.glob(f"{part}/*.xml")):
            records |= dict(shipped.read_records(path.read_bytes()))
    return records, _parse_texts((folder / "i18n" / f"{LANGUAGE}.po").read_text())


def _read_commit(addon, commit):
    """Return the version, the records and the translations an addon had once."""
    folder = f"addons/{addon}"
    version, records, texts = None, {}, {}
    for line in _git("ls-tree", "-r", commit, f"{folder}/").splitlines():
        (_mode, _type, blob), path = line.split("\t")[0].split(), line.split("\t")[1]
        part = path.removeprefix(f"{folder}/")
        if part == "__manifest__.py":
            version = ast.literal_eval(_show(blob))["version"]
        elif part == f"i18n/{LANGUAGE}.po":
            texts = _parse_texts(_show(blob))
        elif part.endswith(".xml") and part.split("/")[0] in DATA:
            records |= _parse_records(_show(blob))
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
    return _git("cat-file", "blob", blob)


def _git(*arguments):
    return subprocess.run(
        ["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout


if __name__ == "__main__":
    only_check = "--check" in sys.argv
    old = []
    for name in sys.argv[1 + only_check :]:
        file = ROOT / "addons" / name / shipped.SUPERSEDED
        text = json.dumps(find(name), ensure_ascii=False, indent=1, sort_keys=True)
        if not file.is_file() or file.read_text() != f"{text}\n":
            old.append(name)
        if not only_check:
            file.write_text(f"{text}\n")
    sys.exit(only_check and bool(old))
