import base64
import json
import re
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.models import MAGIC_COLUMNS
from odoo.tests import HttpCase, TransactionCase, tagged
from odoo.tools import mute_logger

from .common import new_test_user

OURS = "client_health"
INVOICES = "account.group_account_invoice"
GROUPS = (
    f"client_health.client_health_group_user,{INVOICES}",
    f"client_health.client_health_group_manager,{INVOICES}",
)
# Names that sound like who decided what, when or with which result.
TELLING = re.compile(
    r"(state|origin|evidence|decision\w*|approved\w*|sent\w*|sending\w*|author\w*"
    r"|(\w+_)?user_id|\w+_by_id|result\w*|residual\w*|\w+_error)"
)
# The few among them that people do type.
TYPED = {
    ("client.farewell", "user_id"),  # who is responsible, part of the letter
}
# Fixed on the form, chosen when the record is made.
CHOSEN = {
    ("client.farewell.batch", "kind"),
    ("client.farewell.batch", "line_ids"),
}


class ProtectedCase(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = [
            new_test_user(cls.env, f"protected_{number}", groups=groups)
            for number, groups in enumerate(GROUPS)
        ]
        cls.client = cls.env["res.partner"].create(
            {"name": "Client", "is_company": True, "email": "client@example.com"}
        )
        cls.farewell = cls.env["client.farewell"].create(
            {"partner_id": cls.client.id, "end_date": "2099-12-31"}
        )

    def get_models(self):
        """Return our models with a table of their own."""
        return [
            model
            for model in self.env.values()
            if model._original_module == OURS
            and not model._abstract
            and not model._transient
            and model._auto
        ]

    def get_open_models(self):
        """Return those of which users of ours may make or change records."""
        return [
            model
            for model in self.get_models()
            if any(
                model.with_user(user).has_access(operation)
                for user in self.users
                for operation in ("create", "write")
            )
        ]

    def get_protected(self, model):
        if not hasattr(model, "_get_protected_fields"):
            return []
        return sorted(model._get_protected_fields())

    def prepare_vals(self, model):
        """Return what a user types to make a record; a new model needs a line here."""
        client = self.client.copy({"name": "Another"})
        day = fields.Date.today()
        return {
            "client.health.incident": lambda: {
                "partner_id": client.id, "kind": "conduct", "description": "Facts",
            },
            "client.health.promise": lambda: {
                "partner_id": client.id, "description": "Paper",
                "date_promised": day + timedelta(days=7),
            },
            "client.farewell": lambda: {
                "partner_id": client.id, "end_date": "2099-12-31",
            },
            "client.farewell.item": lambda: {
                "farewell_id": self.farewell.id, "name": "Accounts",
            },
            "client.farewell.batch": lambda: {"kind": "print"},
            "client.farewell.batch.line": lambda: {
                "farewell_id": self.farewell.id,
                "batch_id": self.env["client.farewell.batch"]
                .with_user(model.env.user)
                .create({"kind": "print"})
                .id,
            },
        }[model._name]()  # fmt: skip

    def get_value(self, model, name, record=None):
        """Return a value for a field that is not what the field holds now."""
        field = model._fields[name]
        if field.type == "selection":
            held = record[name] if record else None
            return [v for v in field.get_values(model.env) if v != held][-1]
        if field.type == "many2one":
            comodel = self.env[field.comodel_name].with_context(active_test=False)
            held = record[name] if record else comodel
            found = comodel.search([("id", "not in", held.ids)], limit=1)
            if not found and field.comodel_name == "mail.mail":
                found = comodel.create({"subject": "Mail"})
            return found.id
        return {
            "boolean": True,
            "char": "Something",
            "text": "Something",
            "html": "<p>Something</p>",
            "integer": 4711,
            "float": 4711.0,
            "monetary": 4711.0,
            "date": fields.Date.to_date("2001-02-03"),
            "datetime": fields.Datetime.to_datetime("2001-02-03 04:05:06"),
            "binary": base64.b64encode(b"Something").decode(),
            "json": {"Some": "thing"},
        }[field.type]


@tagged("post_install", "-at_install")
class TestProtectedFields(ProtectedCase):
    """State, decision, author and result are written by our methods only."""

    @mute_logger("odoo.addons.base.models.ir_model", "odoo.orm.models")
    def test_nobody_sets_a_protected_field_in_any_way(self):
        tried = 0
        for model in self.get_open_models():
            for user in self.users:
                ours = model.with_user(user)
                if not self.get_protected(model) or not ours.has_access("create"):
                    continue
                vals = self.prepare_vals(ours)
                record = ours.create(vals)
                for name in self.get_protected(model):
                    value = self.get_value(ours, name, record.sudo())
                    for door, attempt in self.get_doors(ours, record, name, value):
                        tried += 1
                        with self.subTest(
                            user=user.login, field=f"{model._name}.{name}", door=door
                        ):
                            self.try_door(attempt, record, name)
        self.assertGreater(tried, 400)

    def try_door(self, attempt, record, name):
        """The attempt is refused or changes nothing, on any record."""
        kept = self.snapshot(record, name)
        with self.env.cr.savepoint() as savepoint:
            try:
                touched = attempt()
            except AccessError:
                touched = None
            self.env.flush_all()
            self.env.invalidate_all()
            self.assertEqual(self.snapshot(record, name), kept)
            if touched:
                self.assertEqual(self.default_of(touched, name), self.plain[name])
            savepoint.rollback()
            self.env.invalidate_all()

    def snapshot(self, record, name):
        return record.sudo().read([name], load="")[0][name]

    def default_of(self, made, name):
        """Return a made record's value, or a proposed one."""
        return made.get(name) if isinstance(made, dict) else self.snapshot(made, name)

    def get_doors(self, model, record, name, value):
        """Return every way to set a field, by its name.

        An attempt answers with a made record, or with the values of one: its field
        is what it is without the attempt.
        """
        own = self.prepare_vals(model)
        made = model.create(own)
        self.plain = {name: self.snapshot(made, name)}
        made.sudo().unlink()
        default = model.with_context(**{f"default_{name}": value})
        field = model._fields[name]
        column = f"{name}/.id" if field.type == "many2one" else name
        cell = value.strftime("%Y-%m-%d") if hasattr(value, "strftime") else str(value)
        doors = {
            "create": lambda: self.refused(model.create, {**own, name: value}),
            "create, default": lambda: default.create(own),
            "create, own default": lambda: self.with_own_default(model, own, name),
            "write": lambda: self.refused(record.write, {name: value}),
            "copy": lambda: self.refused(record.copy, {name: value}),
            "load": lambda: self.refused_rows(model, record, column, cell),
            "web_save": lambda: self.refused(record.web_save, {name: value}, {}),
            "web_save, new": lambda: self.refused(
                model.web_save, {**own, name: value}, {}
            ),
            "onchange": lambda: self.ignore(
                default.onchange, {name: value}, [name], {name: {}}
            ),
        }
        if field.type == "binary" and field.attachment:
            doors.update(self.get_file_doors(model, record, name))
        if not model.has_access("write"):
            return [(door, doors[door]) for door in doors if "create" in door]
        return list(doors.items())

    def get_file_doors(self, model, record, name):
        """A file that says it is the field's is a way to set the field."""
        files = self.env["ir.attachment"].with_user(model.env.user)
        place = {
            "res_model": model._name, "res_id": record.id, "res_field": name,
        }  # fmt: skip
        content = {"name": "x", "raw": b"Other"}
        record.sudo()[name] = base64.b64encode(b"Kept")
        kept = files.sudo().search([(k, "=", v) for k, v in place.items()])
        kept = kept.with_user(model.env.user)
        return {
            "file": lambda: self.refused(files.create, {**content, **place}),
            "file, moved": lambda: self.refused(files.create(content).write, place),
            "file, changed": lambda: self.refused(kept.write, {"raw": b"Other"}),
            "file, removed": lambda: self.refused(kept.unlink),
        }

    def refused(self, method, *args):
        with self.assertRaises(AccessError):
            method(*args)

    def refused_rows(self, model, record, column, cell):
        result = model.load([".id", column], [[str(record.id), cell]])
        self.assertFalse(result["ids"], result)

    def ignore(self, method, *args):
        method(*args)

    def with_own_default(self, model, vals, name):
        """A user may choose defaults for themselves, over RPC any."""
        value = self.get_value(model, name)
        if hasattr(value, "strftime"):
            value = fields.Datetime.to_string(value)[: 19 if "time" in name else 10]
        self.env["ir.default"].with_user(model.env.user).create(
            {
                "field_id": self.env["ir.model.fields"]._get(model._name, name).id,
                "user_id": model.env.uid,
                "json_value": json.dumps(value),
            }
        )
        return model.create(vals)

    def test_a_default_of_the_context_counts_for_nothing_with_all_rights_either(self):
        Case = self.env["client.farewell"].with_context(default_state="approved")
        self.assertTrue(Case.env.su)
        case = Case.create({"partner_id": self.client.copy().id})
        self.assertEqual(case.state, "draft")
        self.assertEqual(Case.default_get(["state"]), {"state": "draft"})

    def test_missing_values_are_still_filled_in(self):
        user = self.users[0]
        promise = self.env["client.health.promise"].with_user(user)
        noted = promise.create(self.prepare_vals(promise))
        self.assertRecordValues(noted, [{"state": "open", "user_id": user.id}])
        case = self.env["client.farewell"].with_user(user)
        made = case.create(self.prepare_vals(case))
        self.assertRecordValues(made, [{"state": "draft", "author_id": user.id}])

    def test_a_copy_starts_anew(self):
        promise = self.env["client.health.promise"]
        noted = promise.create({**self.prepare_vals(promise), "state": "broken"})
        copy = noted.with_user(self.users[0]).copy()
        self.assertRecordValues(copy, [{"state": "open", "user_id": self.users[0].id}])

    def test_the_refusal_names_the_field(self):
        case = self.farewell.with_user(self.users[1])
        with self.assertRaisesRegex(AccessError, "fill in: State"):
            case.write({"state": "approved"})

    def test_a_line_inside_another_record_is_no_way_either(self):
        Batch = self.env["client.farewell.batch"].with_user(self.users[0])
        line = {"farewell_id": self.farewell.id, "state": "done"}
        with self.assertRaises(AccessError):
            Batch.create({"kind": "print", "line_ids": [Command.create(line)]})


@tagged("post_install", "-at_install")
class TestProtectedLists(ProtectedCase):
    """The next field or model is protected, or somebody said why it is not."""

    def test_every_telling_name_is_protected_or_meant_for_typing(self):
        found = {
            (model._name, name)
            for model in self.get_models()
            for name, field in model._fields.items()
            if field.store and TELLING.fullmatch(name) and self.is_ours(field)
        }
        self.assertGreater(len(found), 20)
        self.assertFalse(found - self.get_all_protected() - TYPED)
        self.assertFalse(TYPED - found, "no longer there")

    def test_what_no_form_lets_anyone_type_is_protected(self):
        found = {
            (model._name, name)
            for model in self.get_open_models()
            for name, field in model._fields.items()
            if field.store and field.readonly and self.is_ours(field)
        }
        self.assertGreater(len(found), 15)
        self.assertFalse(found - self.get_all_protected() - CHOSEN)

    def test_protected_fields_exist_and_are_closed_on_forms(self):
        for model_name, name in self.get_all_protected():
            with self.subTest(model=model_name, field=name):
                field = self.env[model_name]._fields[name]
                self.assertTrue(field.store)
                self.assertTrue(field.readonly, "the web client would send it")

    def is_ours(self, field):
        """Whether our addon brings the field, not the thread or the log."""
        return OURS in field._modules and field.name not in MAGIC_COLUMNS

    def get_all_protected(self):
        return {
            (model._name, name)
            for model in self.get_models()
            for name in self.get_protected(model)
        }


@tagged("post_install", "-at_install")
class TestProtectedDoors(ProtectedCase, HttpCase):
    """The same over the wire, as scripts and browsers come."""

    def get_headers(self, user):
        """Return what a script of this user sends along."""
        day = fields.Datetime.now() + timedelta(days=1)
        # sudo: portal users may make no keys, and try all the same
        keys = self.env["res.users.apikeys"].with_user(user).sudo()
        key = keys._generate("rpc", "test", day)
        return {
            "Authorization": f"Bearer {key}",
            "X-Odoo-Database": self.env.cr.dbname,
        }

    def make_roles(self):
        """Return a user of each kind that may come over the wire."""
        other = self.env["res.company"].create({"name": "Elsewhere"})
        kinds = {
            "portal": "base.group_portal",
            "employee": "base.group_user",
            "invoices": INVOICES,
            "user": "client_health.client_health_group_user",
            "manager": "client_health.client_health_group_manager",
            "manager_with_invoices": GROUPS[1],
        }
        roles = [
            new_test_user(self.env, f"wire_{kind}", groups=groups)
            for kind, groups in kinds.items()
        ]
        elsewhere = new_test_user(
            self.env,
            "wire_elsewhere",
            groups=GROUPS[1],
            company_id=other.id,
            company_ids=other.ids,
        )
        return [*roles, elsewhere]

    @mute_logger("odoo.http", "odoo.addons.base.models.ir_model", "odoo.sql_db")
    def test_no_script_of_anybody_sets_any_protected_field(self):
        targets = [
            (model._name, name, self.get_value(model, name))
            for model in self.get_models()
            for name in self.get_protected(model)
        ]
        self.assertGreater(len(targets), 40)
        day = fields.Date.to_string(fields.Date.today())
        for user in self.make_roles():
            headers = self.get_headers(user)
            self.env.flush_all()
            for model, name, value in targets:
                typed = value if isinstance(value, dict) else str(value or day)
                record_id = self.env[model].search([], limit=1).id or 1
                for method, body in (
                    ("write", {"ids": [record_id], "vals": {name: typed}}),
                    ("create", {"vals_list": [{name: typed}]}),
                ):
                    answer = self.url_open(
                        f"/json/2/{model}/{method}", json=body, headers=headers
                    )
                    with self.subTest(
                        user=user.login, model=model, field=name, method=method
                    ):
                        self.assertIn(answer.status_code, (403, 404))

    @mute_logger("odoo.http", "odoo.addons.base.models.ir_model")
    def test_no_script_sets_the_state_of_a_case(self):
        for user in self.users:
            headers = self.get_headers(user)
            client = self.client.copy()
            self.env.flush_all()
            vals = {"partner_id": client.id, "state": "approved"}
            own = {"partner_id": client.id}
            for method, body in (
                ("create", {"vals_list": [vals]}),
                ("write", {"ids": self.farewell.ids, "vals": {"state": "sent"}}),
                (
                    "web_save",
                    {
                        "ids": self.farewell.ids,
                        "vals": {"approved_by_id": user.id},
                        "specification": {},
                    },
                ),
            ):
                with self.subTest(user=user.login, method=method):
                    answer = self.url_open(
                        f"/json/2/client.farewell/{method}", json=body, headers=headers
                    )
                    self.assertEqual(answer.status_code, 403)
            answer = self.url_open(
                "/json/2/client.farewell/create",
                json={"vals_list": [own], "context": {"default_state": "approved"}},
                headers=headers,
            )
            made = self.env["client.farewell"].browse(answer.json())
            self.assertEqual(made.state, "draft")
            self.assertEqual(self.farewell.state, "draft")

    @mute_logger("odoo.http", "odoo.addons.base.models.ir_model")
    def test_no_browser_sets_the_state_of_a_case(self):
        user = self.users[0]
        self.authenticate(user.login, user.login + "x" * (8 - len(user.login)))
        for method, args, kwargs in (
            ("write", [self.farewell.ids, {"state": "approved"}], {}),
            (
                "web_save",
                [[], {"partner_id": self.client.id, "state": "approved"}],
                {"specification": {}},
            ),
        ):
            params = {
                "model": "client.farewell", "method": method, "args": args,
                "kwargs": kwargs,
            }  # fmt: skip
            answer = self.url_open(
                f"/web/dataset/call_kw/client.farewell/{method}",
                json={"jsonrpc": "2.0", "params": params},
            )
            with self.subTest(method=method):
                self.assertEqual(
                    answer.json()["error"]["data"]["name"],
                    "odoo.exceptions.AccessError",
                )
        self.assertEqual(self.farewell.state, "draft")
