import json
from datetime import timedelta

from odoo import fields, http
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import new_test_user
from .test_access import AccessCase

REFUSALS = {
    "odoo.exceptions.AccessError",
    "odoo.exceptions.AccessDenied",
    "odoo.exceptions.UserError",
    "odoo.http.SessionExpiredException",
    "werkzeug.exceptions.Forbidden",
    "werkzeug.exceptions.NotFound",
    "werkzeug.exceptions.Unauthorized",
}
# What core answers to ordering and grouping by what is not stored.
REFUSED_FIRST = {"builtins.ValueError", "odoo.exceptions.ValidationError"}
LOUD = (
    "odoo.http",
    "odoo.addons.base.models.ir_rule",
    "odoo.addons.base.models.ir_model",
    "odoo.addons.base.models.res_users",
    "odoo.addons.web.controllers.export",
    "odoo.orm.domains",
)


class DoorsCase(AccessCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.incident.description = "SECRET incident"
        cls.flag.sudo().write({"decision_reason": "SECRET reason"})
        cls.promise = cls.env["client.health.promise"].create(
            {
                "partner_id": cls.partner.id,
                "description": "SECRET promise",
                "date_promised": "2026-01-01",
            }
        )
        cls.farewell = cls.env["client.farewell"].create(
            {"partner_id": cls.partner.id, "end_date": "2027-01-01"}
        )
        cls.env["account.move"].create(
            {"move_type": "out_invoice", "partner_id": cls.partner.id}
        )
        cls.health.message_post(body="SECRET note")
        cls.env.flush_all()

    def rpc(self, url, params):
        """Return the result of a JSON call, and the name of its error."""
        answer = self.url_open(url, json={"jsonrpc": "2.0", "params": params})
        self.assertEqual(answer.status_code, 200, url)
        self.assertNotIn("SECRET", answer.text, url)
        error = answer.json().get("error")
        return answer.json().get("result"), error and error["data"]["name"]

    def call_kw(self, model, method, *args, **kwargs):
        params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        return self.rpc(f"/web/dataset/call_kw/{model}/{method}", params)

    def assert_refused(self, answer, what, refusals=REFUSALS):
        result, error = answer
        with self.subTest(what=what):
            self.assertIsNone(result)
            self.assertIn(error, refusals)


@tagged("-at_install", "post_install")
class TestDoors(DoorsCase):
    """Who is not in our groups, at every door that a browser or a script has."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        rights = "base.group_system,base.group_partner_manager,base.group_allow_export"
        cls.internal = new_test_user(
            cls.env,
            "powerful",
            groups=f"{rights},account.group_account_manager,"
            "helpdesk_mgmt.group_helpdesk_manager",
        )
        cls.portal = new_test_user(cls.env, "portal_door", groups="base.group_portal")
        # the client themselves, who may read their own contact
        cls.portal.partner_id.parent_id = cls.partner
        cls.outsiders = (cls.internal, cls.portal, None)

    def enter(self, user):
        login = user and user.login
        self.authenticate(login, login and login + "x" * (8 - len(login)))

    @mute_logger(*LOUD)
    def test_our_models_answer_nobody(self):
        for user in self.outsiders:
            self.enter(user)
            for model in self.get_our_models():
                ids = model.search([], limit=1).ids or [1]
                for method, args in (
                    ("read", [ids, ["display_name"]]),
                    ("web_read", [ids, {"display_name": {}}]),
                    ("search", [[]]),
                    ("search_read", [[], ["display_name"]]),
                    ("web_search_read", [[], {"display_name": {}}]),
                    ("web_read_group", [[], ["create_uid"]]),
                    ("formatted_read_group", [[], [], ["__count"]]),
                    ("name_search", [""]),
                    ("export_data", [ids, ["display_name"]]),
                    ("fields_get", []),
                    ("get_views", [[(False, "list")]]),
                    ("search_count", [[]]),
                    ("copy", [ids]),
                    ("message_post", [ids]),
                ):
                    if not hasattr(model, method):
                        continue
                    answer = self.call_kw(model._name, method, *args)
                    if method in ("fields_get", "get_views", "web_read_group"):
                        # their shape is no secret, what they hold is; tried above
                        continue
                    what = (user and user.login, model._name, method)
                    self.assert_refused(answer, what)

    @mute_logger(*LOUD)
    def test_our_methods_answer_nobody(self):
        called = 0
        for user in self.outsiders[:2]:
            self.enter(user)
            for model in self.get_our_models():
                record_id = model.search([], limit=1).id or 1
                for name in self.get_our_public_methods(model):
                    ids, args = self.get_arguments(model, name, record_id)
                    answer = self.call_kw(model._name, name, *ids, *args)
                    self.assert_refused(answer, (user.login, model._name, name))
                    called += 1
        self.assertGreater(called, 60)

    @mute_logger(*LOUD)
    def test_scripts_get_nothing_either(self):
        database = self.env.cr.dbname
        for user in (self.internal, self.portal):
            key = (
                self.env["res.users.apikeys"]
                .with_user(user)
                .sudo()  # sudo: for longer than a portal user may have one
                ._generate("rpc", "test", fields.Datetime.now() + timedelta(days=1))
            )
            self.env.flush_all()
            for model, record in (
                ("client.health", self.health),
                ("client.health.flag", self.flag),
                ("client.health.incident", self.incident),
                ("client.farewell", self.farewell),
            ):
                args = [database, user.id, key, model, "search_read", [[]]]
                self.assert_refused(
                    self.rpc(
                        "/jsonrpc",
                        {"service": "object", "method": "execute_kw", "args": args},
                    ),
                    (user.login, model, "jsonrpc"),
                )
                answer = self.url_open(
                    f"/json/2/{model}/read",
                    json={"ids": record.ids, "fields": ["display_name"]},
                    headers={
                        "Authorization": f"Bearer {key}",
                        "X-Odoo-Database": database,
                    },
                )
                with self.subTest(user=user.login, model=model, door="json/2"):
                    self.assertEqual(answer.status_code, 403)

    @mute_logger(*LOUD)
    def test_the_contact_tells_nothing_about_its_health(self):
        paths = {
            "res.partner": "",
            "res.users": "partner_id.",
            "account.move": "partner_id.",
            "helpdesk.ticket": "partner_id.",
            "crm.lead": "partner_id.",
        }
        names = ("client_health_score", "client_health_state", "client_health_ids")
        for user in self.outsiders[:2]:
            self.enter(user)
            for model, path in paths.items():
                if model not in self.env:
                    continue
                for name in names:
                    field = f"{path}{name}"
                    domain = [[field, "!=", False]]
                    for method, args in (
                        ("search", [domain]),
                        ("search_count", [domain]),
                        ("web_search_read", [domain, {"id": {}}]),
                        ("formatted_read_group", [domain, [], ["__count"]]),
                        ("name_search", ["", domain]),
                        ("formatted_read_group", [[], [field], ["__count"]]),
                        ("web_read_group", [[], [field]]),
                    ):
                        self.assert_refused(
                            self.call_kw(model, method, *args),
                            (user.login, model, method, field),
                            REFUSALS | REFUSED_FIRST,
                        )
                    self.assert_refused(
                        self.call_kw(model, "search", [], order=field),
                        (user.login, model, "order", field),
                        REFUSALS | REFUSED_FIRST,
                    )
                result, _error = self.call_kw(model, "fields_get")
                self.assertNotIn("client_health", json.dumps(result))

    @mute_logger(*LOUD)
    def test_exports_leave_nothing_out_of_the_door(self):
        exports = {
            "res.partner": "client_health_score",
            "account.move": "partner_id/client_health_score",
            "res.users": "partner_id/client_health_flag_ids/decision_reason",
            "client.health": "partner_id/name",
            "client.health.incident": "description",
        }
        self.enter(self.internal)
        for kind in ("csv", "xlsx"):
            for model, field in exports.items():
                data = {
                    "model": model,
                    "fields": [{"name": field, "label": "X", "type": "char"}],
                    "ids": self.env[model].search([], limit=5).ids,
                    "domain": [],
                    "import_compat": False,
                }
                answer = self.url_open(
                    f"/web/export/{kind}",
                    data={
                        "data": json.dumps(data),
                        "csrf_token": http.Request.csrf_token(self),
                    },
                )
                with self.subTest(kind=kind, model=model, field=field):
                    # core answers 500 to any error of an export, naming it within
                    self.assertIn("AccessError", answer.text)
                    self.assertNotIn("SECRET", answer.text)

    @mute_logger(*LOUD)
    def test_no_report_picture_file_or_thread(self):
        health, farewell = self.health.id, self.farewell.id
        addresses = (
            f"/report/html/client_health.report_farewell_letter/{farewell}",
            f"/report/pdf/client_health.report_farewell_letter/{farewell}",
            f"/report/html/client_health.report_client_health_dossier/{health}",
            f"/report/pdf/client_health.report_client_health_dossier/{health}",
            f"/web/image/client.health/{health}/state",
            f"/web/image/res.partner/{self.partner.id}/client_health_badges",
            f"/web/content/client.farewell/{farewell}/letter_pdf",
            f"/web/content/client.health.incident/{self.incident.id}/description",
            f"/odoo/client.health/{health}",
            f"/mail/view?model=client.health&res_id={health}",
        )
        threads = {
            "/mail/thread/messages": {},
            "/mail/thread/recipients": {"message_id": 1},
            "/mail/message/post": {"post_data": {"body": "Hello"}},
            "/mail/thread/subscribe": {"res_model": "client.health", "partner_ids": []},
        }
        for user in self.outsiders:
            self.enter(user)
            for address in addresses:
                answer = self.url_open(address)
                with self.subTest(user=user and user.login, address=address):
                    self.assertLess(answer.status_code, 500)
                    self.assertNotIn("SECRET", answer.text)
                    self.assertNotIn("%PDF", answer.text)
            for address, more in threads.items():
                own = {"thread_model": "client.health", "thread_id": health, **more}
                if "res_model" in more:
                    own = {**more, "res_id": health}
                result, error = self.rpc(address, own)
                with self.subTest(user=user and user.login, address=address):
                    # core lists what else they may read instead
                    seen = set(result.get("messages", ())) if result else set()
                    self.assertFalse(seen & set(self.health.message_ids.ids))
                    self.assertTrue(error or not result or "data" in result)
            result, _error = self.rpc(
                "/mail/data",
                {
                    "fetch_params": [
                        [
                            "mail.thread",
                            {
                                "thread_model": "client.health",
                                "thread_id": health,
                                "request_list": ["activities", "followers"],
                            },
                        ]
                    ]
                },
            )
            self.assertNotIn(self.partner.name, json.dumps(result))


@tagged("-at_install", "post_install")
class TestOwnDoors(DoorsCase):
    """Our own user, without invoice or helpdesk rights and in one company."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.env["res.company"].create({"name": "Company B"})
        cls.theirs = cls.env["client.health"].create(
            {"partner_id": cls.partner.id, "company_id": cls.other.id, "score": 13}
        )

    def enter(self):
        self.authenticate(self.user.login, self.user.login)

    @mute_logger(*LOUD)
    def test_a_made_up_context_opens_no_other_company(self):
        self.enter()
        context = {"allowed_company_ids": [self.other.id]}
        for model in self.get_our_models():
            if "company_id" not in model or model._transient:
                continue
            with self.subTest(model=model._name):
                result, error = self.call_kw(
                    model._name, "search_read", [], ["company_id"], context=context
                )
                own = result or []
                theirs = [row for row in own if row["company_id"][0] == self.other.id]
                self.assertFalse(theirs)
                self.assertTrue(error in REFUSALS or not theirs)
        for model, method, args in (
            ("res.partner", "read", [self.partner.ids, ["client_health_score"]]),
            ("res.partner", "search", [[["client_health_score", "=", 13]]]),
            ("client.health", "read", [self.theirs.ids, ["score"]]),
            ("client.health", "action_refresh", [self.theirs.ids]),
        ):
            self.assert_refused(
                self.call_kw(model, method, *args, context=context), (model, method)
            )

    @mute_logger(*LOUD)
    def test_amounts_stay_with_who_may_see_invoices(self):
        self.enter()
        hidden = 0
        for model in self.get_our_models():
            if model._name.startswith("client.farewell") or model._transient:
                continue
            visible, _error = self.call_kw(model._name, "fields_get")
            for name, field in model._fields.items():
                if field.type != "monetary":
                    continue
                hidden += 1
                self.assertNotIn(name, visible, model._name)
                doors = [
                    ("read", [[self.health.id], [name]], {}),
                    ("search", [[[name, ">", 4000]]], {}),
                    ("search", [[]], {"order": f"{name} desc"}),
                    ("formatted_read_group", [[], [], [f"{name}:sum"]], {}),
                ]
                for method, args, kwargs in doors:
                    self.assert_refused(
                        self.call_kw(model._name, method, *args, **kwargs),
                        (model._name, name, method),
                        REFUSALS | REFUSED_FIRST,
                    )
        self.assertGreater(hidden, 8)

    @mute_logger(*LOUD)
    def test_the_why_panel_and_the_form_show_no_amount(self):
        self.enter()
        for record in (self.health, self.flag, self.flag.history_ids[:1]):
            visible, _error = self.call_kw(record._name, "fields_get")
            names = [name for name in visible if name != "message_ids"]
            for method, wanted in (
                ("read", names),
                ("web_read", {name: {} for name in names}),
            ):
                params = {"model": record._name, "method": method, "kwargs": {}}
                answer = self.url_open(
                    f"/web/dataset/call_kw/{record._name}/{method}",
                    json={"params": {**params, "args": [record.ids, wanted]}},
                )
                self.assertNotIn("error", answer.json())
                for amount in ("4321", "4,321", "4.321", "987"):
                    self.assertNotIn(amount, answer.text, record._name)
