"""The house stays as docs/architecture.md says, and nothing in it is out of reach."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ADDONS = {name: ROOT / "addons" / name for name in ("client_health", "coaching_leads")}
HEALTH = ADDONS["client_health"]
# Names that other people's filters and scripts use, and no screen of ours shows.
SHOWN_ELSEWHERE = {"client_health_ids"}
MAX_FILES_OF_A_MODEL = 3


def read_table():
    """Return {folder: (may import, may use of our models)} of the architecture page."""
    rows = {}
    for line in (ROOT / "docs" / "architecture.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `") and len(cells) == 4:
            folder = cells[0].strip("`").removesuffix(".py")
            rows[folder] = (set(re.findall(r"`([\w.]+)`", cells[2])), cells[3])
            if "all" in cells[2].split():
                rows[folder] = (None, cells[3])
    return rows


def python_files(folder):
    found = [folder] if folder.is_file() else sorted(folder.rglob("*.py"))
    return [path for path in found if "tests" not in path.parts]


def own_imports(path):
    """Yield the folders of the addon that a file imports from."""
    place = path.relative_to(HEALTH).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        base = place[: len(place) - node.level + 1]
        names = [*base, *(node.module or "").split(".")]
        names = [name for name in names if name] or [node.names[0].name]
        yield names[0]


def used_models(path):
    """Yield the models of ours that a file names in ``env[...]``."""
    for node in ast.walk(ast.parse(path.read_text())):
        if (
            isinstance(node, ast.Subscript)
            and isinstance(node.slice, ast.Constant)
            and isinstance(node.slice.value, str)
            and node.slice.value.startswith("client.")
        ):
            yield node.slice.value


def models_of(folder):
    """Return the names of the models that a folder defines."""
    text = "\n".join(path.read_text() for path in python_files(folder))
    return set(re.findall(r'^    _name = "([\w.]+)"', text, re.M))


@pytest.mark.parametrize("folder", read_table())
def test_a_folder_knows_only_what_the_table_says(folder):
    may_import, models = read_table()[folder]
    place = HEALTH / folder if (HEALTH / folder).exists() else HEALTH / f"{folder}.py"
    allowed = set(re.findall(r"`(client[\w.]*)`", models)) | (
        models_of(place) if "the sources" in models else set()
    )
    for path in python_files(place) if place.exists() else []:
        name = path.relative_to(HEALTH)
        if may_import is not None:
            assert set(own_imports(path)) <= may_import, name
        if models != "all":
            assert set(used_models(path)) <= allowed, name


def test_a_model_of_ours_is_found_in_few_files():
    files = {}
    for folder in ADDONS.values():
        for path in python_files(folder):
            for inherit in re.findall(r"^    _inherit = (.+)$", path.read_text(), re.M):
                for model in re.findall(r'"((?:client|coaching)\.[\w.]+)"', inherit):
                    files.setdefault(model, set()).add(path.name)
    shared = {
        "client.health.source",
        "client.health.evidence",
        "client.health.thread",
        "client.health.protected",
        "client.health.record.mixin",
    }
    spread = {
        model: sorted(names)
        for model, names in files.items()
        if len(names) > MAX_FILES_OF_A_MODEL - 1 and model not in shared
    }
    assert not spread


def read_everything(folder):
    """Return all an addon says in screens and code, but for its tests."""
    suffixes = {".xml", ".py", ".js", ".json", ".csv"}
    return {
        path: path.read_text()
        for path in folder.rglob("*")
        if path.suffix in suffixes and "tests" not in path.parts
    }


@pytest.mark.parametrize("addon", ADDONS)
def test_every_action_is_reached_from_a_screen_or_from_code(addon):
    texts = read_everything(ADDONS[addon])
    everything = "\n".join(texts.values())
    unreached = []
    for path, text in texts.items():
        for action in re.findall(r"^    def (action_\w+)\(", text, re.M):
            named = re.findall(rf"(?<!def )\b{action}\b", everything)
            if not named:
                unreached.append(f"{path.name}: {action}")
    assert not unreached


@pytest.mark.parametrize("addon", ADDONS)
def test_every_labelled_field_is_shown_somewhere(addon):
    texts = read_everything(ADDONS[addon])
    screens = "\n".join(
        text for path, text in texts.items() if path.suffix in {".xml", ".js", ".json"}
    )
    hidden = []
    for path, text in texts.items():
        if path.suffix != ".py":
            continue
        for field, label in labelled_fields(text):
            if not re.search(rf"\b{field}\b", screens) and field not in SHOWN_ELSEWHERE:
                hidden.append(f"{path.name}: {field} “{label}”")
    assert not hidden


def labelled_fields(text):
    """Yield name and label of the fields that a file gives a label of its own.

    A fact is shown by its declaration; a test of the addon sees it on the form.
    """
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
            continue
        call = ast.unparse(node.value.func)
        words = {word.arg: word.value for word in node.value.keywords}
        if call.startswith("fields.") and "string" in words and "fact" not in words:
            yield node.targets[0].id, ast.unparse(words["string"])
