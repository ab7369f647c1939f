"""Texts, rules and settings that an addon ships once and that users may change.

Odoo leaves such records (``noupdate``) alone when an addon is updated, and with them
the faults they had. Here what nobody changed becomes what the addon ships now; what
somebody changed stays, and managers are told. ``superseded.json`` holds what earlier
releases shipped; ``setup/release --texts`` writes it.
"""

import ast
import json
from collections import defaultdict

import polib
from lxml import etree
from markupsafe import Markup
from odoo.modules.module import Manifest
from odoo.tools import SQL, file_open, file_path
from odoo.tools.translate import TranslationImporter, get_po_paths

SUPERSEDED = "migrations/superseded.json"
ENGLISH = "en_US"
# Another record or a file: nothing that stands in the data file itself.
ELSEWHERE = {"ref", "search", "file"}
TYPES = {None, "char", "html", "int", "float"}


def read_records(data):
    """Yield the records of a data file that an update leaves alone.

    :param bytes data: an XML file
    :return: pairs of the record's name and ``{field: value}``, with the values that
        stand in the file itself
    """
    for record in etree.fromstring(data).iter("record"):
        if any(above.get("noupdate") == "1" for above in record.iterancestors()):
            yield record.get("id"), dict(_read_fields(record))


def _read_fields(record):
    for node in record.iterfind("field"):
        if ELSEWHERE.isdisjoint(node.keys()) and node.get("type") in TYPES:
            try:
                yield node.get("name"), _read_value(node)
            except ValueError:
                continue  # calculated, as a moment counted from the installation


def _read_value(node):
    if node.get("eval"):
        return _parse(node.get("eval"))
    if node.get("type") == "html":
        return "".join(
            etree.tostring(part, method="html", encoding="unicode") for part in node
        )
    return node.text or ""


def _parse(text):
    try:
        return ast.literal_eval(text)
    except SyntaxError as error:
        raise ValueError(text) from error


def read_translations(file):
    """Return what a file of translations says of each field of a record.

    :param file: path or content of a ``.po`` file
    :return: ``{"model,field:xmlid": {text}}``
    """
    found = defaultdict(set)
    for entry in polib.pofile(file):
        for path, _line in entry.occurrences:
            kind, _colon, place = path.partition(":")
            if kind.startswith("model"):
                found[place].add(entry.msgstr)
    return found


def renew(env, module, version, group):
    """Bring what the addon shipped before up to what it ships now.

    :param str module: the addon that is updated
    :param str version: the version that was there
    :param str group: xmlid of the group that hears what was left as it is
    """
    kept = Shipment(env, module, version).renew()
    _renew_terms(env, module)
    if kept:
        _tell(env, env.ref(group), kept)


def _renew_terms(env, module):
    """Bring up to date the terms of views, menus and labels: Odoo keeps the old ones.

    The words of core for what it has in common with the addon stay core's.
    """
    own = env.execute_query(
        SQL(
            """
            SELECT module || '.' || name FROM ir_model_data AS ours
             WHERE module = %s AND NOT EXISTS (
                   SELECT FROM ir_model_data AS theirs
                    WHERE theirs.model = ours.model AND theirs.res_id = ours.res_id
                      AND theirs.module <> ours.module)
            """,
            module,
        )
    )
    importer = TranslationImporter(env.cr, verbose=False)
    for code, _name in env["res.lang"].get_installed():
        for path in get_po_paths(module, code):
            importer.load_file(path, code, xmlids={xmlid for (xmlid,) in own})
    importer.save(overwrite=True)


class Shipment:
    """What one addon ships, and what it shipped up to the version that is there."""

    def __init__(self, env, module, version):
        self.env = env
        self.module = module
        self.version = _key(version)
        with file_open(f"{module}/{SUPERSEDED}") as file:
            self.superseded = json.load(file)
        codes = [code for code, _name in env["res.lang"].get_installed()]
        self.translations = {
            code: self._read_translations(code) for code in codes if code != ENGLISH
        }

    def _read_translations(self, code):
        """Return what was ever shipped in a language, by model, field and record."""
        found = defaultdict(set)
        superseded = self.superseded["translations"].get(code.split("_")[0], {})
        shipped = [
            read_translations(file_path(path))
            for path in get_po_paths(self.module, code)
        ]
        for texts in (superseded, *shipped):
            for place, said in texts.items():
                found[place].update(said)
        return found

    def renew(self):
        """Update what nobody changed.

        :return: triples of record, field and shipped value, where somebody changed what
            the addon has changed too since the version that was there
        """
        return [
            (record, field, value)
            for name, values in self._read_shipped()
            if (record := self.env.ref(f"{self.module}.{name}", False))
            for field, value in values.items()
            if not self._renew_field(record, name, field, value)
        ]

    def _read_shipped(self):
        for path in Manifest.for_addon(self.module)["data"]:
            if path.endswith(".xml"):
                with file_open(f"{self.module}/{path}", "rb") as file:
                    yield from read_records(file.read())

    def _renew_field(self, record, name, field, value):
        """Update a field where it is ours.

        :return: ``False`` where it is not, and the addon ships something else by now
        """
        record = _get_owner(record, field).with_context(lang=ENGLISH)
        known = self.superseded["values"].get(name, {}).get(field, [])
        if not self._is_ours(record, field, [value, *(old for _v, old in known)]):
            return not any(_key(version) >= self.version for version, _old in known)
        if not _is_same(record, field, record[field], value):
            record[field] = value
        if record._fields[field].translate and record[field]:
            self._forget_translations(record, field)
        return True

    def _is_ours(self, record, field, values):
        """Whether a field holds, in every language, what was shipped at some time."""
        english = record[field]
        if not any(_is_same(record, field, english, value) for value in values):
            return False
        if not english or not record._fields[field].translate:
            return True
        terms = _get_terms(record, field)
        return all(
            self._is_translated_by_us(terms, record.with_context(lang=code), field)
            for code in self.translations
        )

    def _is_translated_by_us(self, terms, record, field):
        said = _get_terms(record, field)
        place = f"{record._name},{field}:{record.get_external_id()[record.id]}"
        ours = self.translations[record.env.lang][place]
        return len(terms) == len(said) and all(
            text == term or text in ours for term, text in zip(terms, said, strict=True)
        )

    def _forget_translations(self, record, field):
        """Remove the translations of a field: what is missing, Odoo loads."""
        terms = False
        if callable(record._fields[field].translate):
            terms = dict.fromkeys(_get_terms(record, field), False)
        forgotten = dict.fromkeys(self.translations, terms)
        record.update_field_translations(field, forgotten)


def _get_owner(record, field):
    """Return the record that holds a field: that of a scheduled job, its action."""
    definition = record._fields[field]
    if definition.inherited:
        return record[definition.related.split(".")[0]]
    return record


def _get_terms(record, field):
    """Return what there is to translate in a field, in the record's language."""
    definition, value = record._fields[field], record[field]
    if not value:
        return []
    if definition.translate is True:
        return [value]
    return list(definition.get_trans_terms(value))


def _is_same(record, field, value, other):
    """Whether two values are the same once stored; spaces in a rule do not count."""
    definition = record._fields[field]
    one, two = (
        definition.convert_to_cache(item, record, validate=definition.type == "html")
        for item in (value, other)
    )
    return one == two or _is_same_literal(one, two)


def _is_same_literal(one, two):
    try:
        return _parse(one) == _parse(two)
    except (TypeError, ValueError):
        return False


def _key(version):
    return [int(part) for part in version.split(".")]


def _tell(env, group, kept):
    """Ask each manager to compare what was kept with what is shipped now."""
    for manager in env["res.users"].search([("all_group_ids", "in", group.ids)]):
        # without a mail of its own: it stands in the manager's list of activities
        env = env(context={"lang": manager.lang, "mail_activity_quick_update": True})
        env["mail.activity"].create(
            {
                "activity_type_id": env.ref("mail.mail_activity_data_todo").id,
                "user_id": manager.id,
                "summary": env._("Compare your texts and rules with the new ones"),
                "note": _describe(env, kept),
            }
        )


def _describe(env, kept):
    """Return what was kept, with what is shipped where that is short enough to read."""
    lead = env._(
        "The update left alone what your company had changed. These have a new text or "
        "rule, which you may want to take over:"
    )
    lines = Markup().join(
        Markup("<li>%s – %s%s</li>")
        % (
            record.with_env(env).display_name,
            record._fields[field]._description_string(env),
            "" if record._fields[field].type == "html" else f": {value}",
        )
        for record, field, value in kept
    )
    return Markup("<p>%s</p><ul>%s</ul>") % (lead, lines)
