import inspect

from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.service.model import call_kw
from odoo.tests import tagged

from .common import new_test_user
from .flags_common import FlagsCase

REFUSALS = (UserError, ValueError)
PREFIXES = ("client.health", "client.farewell")


class AccessCase(FlagsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.health, cls.flag = cls.make_flagged(name="Flagged Client")
        cls.partner = cls.health.partner_id
        cls.health.write({"overdue_amount": 4321, "written_off_amount": 987})
        cls.incident = cls.env["client.health.incident"].create(
            {
                "partner_id": cls.partner.id,
                "kind": "conduct",
                "description": "Shouted",
            }
        )
        cls.env["client.health.snapshot"]._take()
        cls.env.flush_all()

    def get_our_models(self):
        return [
            model
            for name, model in self.env.items()
            if name.startswith(PREFIXES) and not model._abstract
        ]

    def get_our_fields_on_others(self):
        """Return (model, field name) of what we add to models of others."""
        return [
            (model, name)
            for model in self.env.values()
            if not model._name.startswith(PREFIXES) and not model._abstract
            if model._name != "res.config.settings" and not model._transient
            for name, field in model._fields.items()
            if name.startswith(("client_health", "client_farewell"))
            or (field.comodel_name or "").startswith(PREFIXES)
        ]

    def get_our_public_methods(self, model):
        """Return the names of what our addon lets RPC call on its models."""
        names = set()
        for base in type(model).mro():
            if ".client_health." in f"{base.__module__}.":
                names |= {
                    name
                    for name, value in vars(base).items()
                    if inspect.isfunction(value) and not name.startswith("_")
                    if not getattr(value, "_api_private", False)
                }
        # core's own names, tried above or with the thread
        return sorted(
            names
            - {"create", "write", "unlink", "default_get", "message_subscribe"}
            - {"get_empty_list_help"}
        )

    def get_arguments(self, model, name, record_id):
        """Return ids, if the method takes any, and the arguments it needs."""
        method = getattr(type(model), name)
        parameters = list(inspect.signature(method).parameters.values())[1:]
        needed = [
            {} if parameter.name.startswith("val") else "1"
            for parameter in parameters
            if parameter.default is parameter.empty
            and parameter.kind is parameter.POSITIONAL_OR_KEYWORD
        ]
        on_model = getattr(method, "_api_model", False)
        return ([] if on_model else [[record_id]]), needed

    def assert_nothing(self, what, attempt, refusals=AccessError):
        """The attempt must be refused; finding nothing is not enough."""
        with self.subTest(what=what), self.env.cr.savepoint():
            try:
                result = attempt()
            except refusals:
                self.env.invalidate_all()
                return
            self.fail(f"answered: {result}")


@tagged("-at_install", "post_install")
class TestOutsiders(AccessCase):
    """Who is not in our groups gets nothing, through any door."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.outsiders = (
            new_test_user(
                cls.env,
                login="everything_else",
                groups="base.group_system,base.group_partner_manager,"
                "base.group_allow_export,"
                "account.group_account_manager,"
                "helpdesk_mgmt.group_helpdesk_manager",
            ),
            new_test_user(cls.env, login="internal", groups="base.group_user"),
            new_test_user(cls.env, login="portal", groups="base.group_portal"),
            cls.env.ref("base.public_user"),
        )
        # the client themselves, who may read their own contact
        cls.outsiders[2].partner_id.parent_id = cls.partner

    def test_administrators_of_other_things_are_no_exception(self):
        for user in self.outsiders:
            self.assertFalse(
                user.has_group("client_health.client_health_group_user"), user.login
            )

    def test_no_model_of_ours_is_read_searched_ordered_or_grouped(self):
        for user in self.outsiders:
            for model in self.get_our_models():
                ours = model.with_user(user)
                record = ours.browse(model.search([], limit=1).id or 1)
                doors = {
                    "read": lambda r=record: r.read(["id"]),
                    "search": lambda m=ours: m.search([]),
                    "search_count": lambda m=ours: m.search_count([]),
                    "search_read": lambda m=ours: m.search_read([], ["id"]),
                    "web_search_read": lambda m=ours: m.web_search_read([], {"id": {}}),
                    "name_search": lambda m=ours: m.name_search(""),
                    "group": lambda m=ours: m.formatted_read_group(
                        [], ["id"], ["__count"]
                    ),
                    "order": lambda m=ours: m.search([], order="id desc"),
                    "export": lambda r=record: r.export_data(["display_name"]),
                    "create": lambda m=ours: m.create({}),
                    "write": lambda r=record: r.write({}),
                    "unlink": lambda r=record: r.unlink(),
                }
                for door, attempt in doors.items():
                    self.assert_nothing(
                        (user.login, model._name, door),
                        attempt,
                        UserError if door == "export" else AccessError,
                    )

    def test_no_field_of_ours_on_another_model_is_open(self):
        for model, name in self.get_our_fields_on_others():
            for user in self.outsiders:
                theirs = model.with_user(user).sudo(False)
                self.assert_nothing(
                    (user.login, model._name, name),
                    lambda m=theirs, n=name: m._check_field_access(
                        m._fields[n], "read"
                    ),
                )

    def test_no_field_of_ours_on_the_partner_is_used(self):
        names = [
            name
            for model, name in self.get_our_fields_on_others()
            if model._name == "res.partner"
        ]
        self.assertIn("client_health_score", names)
        for user in self.outsiders:
            partner = self.partner.with_user(user)
            self.assertFalse(set(names) & set(partner.fields_get()))
            for name in names:
                doors = {
                    "read": lambda n=name, p=partner: p.read([n]),
                    "web_read": lambda n=name, p=partner: p.web_read({n: {}}),
                    "search": lambda n=name, p=partner: p.search([(n, "!=", False)]),
                    "order": lambda n=name, p=partner: p.search([], order=n),
                    "group": lambda n=name, p=partner: p.formatted_read_group(
                        [], [n], ["__count"]
                    ),
                    "aggregate": lambda n=name, p=partner: p.formatted_read_group(
                        [], [], [f"{n}:count"]
                    ),
                    "export": lambda n=name, p=partner: p.export_data([n]),
                }
                for door, attempt in doors.items():
                    # ordering and grouping by what is not stored, and exporting
                    # without the right to, are refused before access is looked at
                    self.assert_nothing(
                        (user.login, name, door), attempt, (AccessError, *REFUSALS)
                    )

    def test_no_dotted_path_leads_to_it(self):
        paths = {
            "res.users": "partner_id.client_health_score",
            "res.partner": "child_ids.client_health_flag_ids.level",
            "account.move": "partner_id.client_health_trait_ids.code",
            "account.move.line": "move_id.client_health_disputed",
            "helpdesk.ticket": "commercial_partner_id.client_health_state",
            "mail.message": "author_id.client_health_score",
        }
        for user in self.outsiders:
            for model, path in paths.items():
                theirs = self.env[model].with_user(user)
                self.assert_nothing(
                    (user.login, model, path),
                    lambda m=theirs, p=path: m.search([(p, "!=", False)]),
                )

    def test_no_method_of_ours_answers_them(self):
        called = 0
        for model in self.get_our_models():
            for name in self.get_our_public_methods(model):
                record_id = model.search([], limit=1).id or 1
                for user in self.outsiders:
                    called += 1
                    self.assert_nothing(
                        (user.login, model._name, name),
                        lambda u=user, m=model, n=name, i=record_id: self.call(
                            u, m, n, i
                        ),
                        UserError if name == "action_approve" else AccessError,
                    )
        self.assertGreater(called, 40)

    def test_no_button_of_ours_on_another_model_answers_them(self):
        """Nor tells which dialogs there are: buttons are called by name over RPC."""
        called = 0
        for model_name in ("res.partner", "helpdesk.ticket", "account.move"):
            model = self.env[model_name]
            record_id = self.partner.id
            if model_name != "res.partner":
                record_id = model.search([], limit=1).id or 1
            for name in self.get_our_public_methods(model):
                if not name.startswith("action_"):
                    continue
                for user in self.outsiders:
                    called += 1
                    self.assert_nothing(
                        (user.login, model_name, name),
                        lambda u=user, m=model, n=name, i=record_id: self.call(
                            u, m, n, i
                        ),
                    )
        self.assertGreaterEqual(called, 7 * len(self.outsiders))

    def call(self, user, model, name, record_id):
        ids, args = self.get_arguments(model, name, record_id)
        return call_kw(model.with_user(user), name, [*ids, *args], {})

    def test_private_methods_are_closed_to_everybody(self):
        for name in ("_refresh", "_refresh_levels", "_ensure", "_merge_clients"):
            self.assert_nothing(
                name,
                lambda n=name: call_kw(
                    self.env["client.health"].with_user(self.manager), n, [[]], {}
                ),
            )

    def test_threads_and_activities_are_closed(self):
        message = self.health.message_post(body="A judgement")
        activity = self.health.activity_schedule(
            "mail.mail_activity_data_todo", user_id=self.manager.id
        )
        for user in self.outsiders[1:]:
            self.assert_nothing(
                (user.login, "message"),
                lambda u=user: message.with_user(u).read(["body"]),
            )
            self.assert_nothing(
                (user.login, "activity"),
                lambda u=user: activity.with_user(u).read(["summary"]),
            )

    def test_no_door_of_a_thread_is_open(self):
        """Core lets anybody notify, and ask who follows, by the number of a record."""
        thread = self.env.registry["client.health.thread"]
        models = [own for own in self.get_our_models() if isinstance(own, thread)]
        colleague = self.manager.partner_id
        self.health.message_subscribe(colleague.ids)
        self.env["client.farewell"].create(
            {"partner_id": self.partner.id, "end_date": "2027-01-01"}
        )
        for user in self.outsiders:
            doors = {
                "message_get_followers": {},
                "message_notify": {"partner_ids": user.partner_id.ids, "body": "Hello"},
                "message_post": {"body": "Hello"},
                "message_subscribe": {"partner_ids": user.partner_id.ids},
                "message_unsubscribe": {"partner_ids": colleague.ids},
            }
            for model in models:
                ids = model.search([], limit=1).ids or [1]
                ours = model.with_user(user)
                for name, args in doors.items():
                    self.assert_nothing(
                        (user.login, model._name, name),
                        lambda m=ours, i=ids, n=name, a=args: call_kw(m, n, [i], a),
                    )

    def test_the_stock_partner_views_ask_for_nothing_of_ours(self):
        internal = self.outsiders[1]
        for kind in ("form", "list", "kanban", "search"):
            arch = (
                self.env["res.partner"]
                .with_user(internal)
                .get_view(view_type=kind)["arch"]
            )
            self.assertNotIn("client_health", arch, kind)
            arch = (
                self.env["res.partner"]
                .with_user(self.user)
                .get_view(view_type=kind)["arch"]
            )
            if kind in ("form", "search"):
                self.assertIn("client_health", arch, kind)


@tagged("-at_install", "post_install")
class TestOtherCompany(AccessCase):
    """A user of company A never sees company B's facts."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.env["res.company"].create({"name": "Company B"})
        cls.theirs = cls.env["client.health"].create(
            {
                "partner_id": cls.partner.id,
                "company_id": cls.other.id,
                "freebie_incident_count": 2,
                "conduct_severe_count": 1,
            }
        )
        cls.judge(cls.theirs)
        cls.their_trait = cls.env["client.health.trait"].create(
            {"name": "B only", "code": "b_only", "company_id": cls.other.id}
        )
        cls.env["client.health.incident"].create(
            {
                "partner_id": cls.partner.id,
                "company_id": cls.other.id,
                "kind": "conduct",
                "description": "Shouted in B",
            }
        )
        cls.env["client.health.promise"].create(
            {
                "partner_id": cls.partner.id,
                "company_id": cls.other.id,
                "description": "In B",
                "date_promised": "2026-01-01",
            }
        )
        cls.env["client.health.snapshot"]._take()
        cls.env.flush_all()

    def get_theirs(self, model):
        if "company_id" not in model:
            return model
        return model.search([("company_id", "=", self.other.id)])

    def test_no_record_of_the_other_company_is_found_or_read(self):
        seen = 0
        for model in self.get_our_models():
            theirs = self.get_theirs(model)
            if model._name == "client.health.flag.history":
                theirs = self.theirs.flag_ids.history_ids
            for user in (self.user, self.manager):
                ours = model.with_user(user)
                if not ours.has_access("read"):
                    continue
                self.assertFalse(ours.search([("id", "in", theirs.ids)]), model._name)
                if theirs and model._auto:
                    seen += 1
                    self.assert_nothing(
                        (user.login, model._name),
                        lambda r=theirs, u=user: r.with_user(u).read(["display_name"]),
                    )
        self.assertGreaterEqual(seen, 12)

    def test_the_partner_shows_only_the_own_company(self):
        partner = self.partner.with_user(self.user)
        self.assertEqual(partner.client_health_ids, self.health)
        self.assertEqual(partner.client_health_id, self.health)
        self.assertEqual(partner.client_health_trait_ids, self.grumpy)
        self.assertEqual(partner.client_health_score, self.health.score)

    def test_the_context_does_not_open_the_other_company(self):
        with self.assertRaises(AccessError):
            partner = self.partner.with_user(self.user).with_context(
                allowed_company_ids=[self.other.id]
            )
            self.assertFalse(partner.client_health_id)

    def test_searching_the_partner_tells_nothing_of_the_other_company(self):
        partners = self.env["res.partner"].with_user(self.user)
        haggler = self.env.ref("client_health.client_health_trait_haggler")
        for condition in (
            ("client_health_trait_ids", "in", haggler.ids),
            ("client_health_score", "<", 70),
            ("client_health_ids.score", "<", 70),
            ("client_health_ids.flag_ids.trait_id.code", "=", "haggler"),
            ("client_health_id", "in", self.theirs.ids),
            ("client_health_ids", "in", self.theirs.ids),
        ):
            with self.subTest(condition=condition):
                found = partners.search(
                    Domain(*condition) & Domain("id", "=", self.partner.id)
                )
                self.assertFalse(found)

    def test_no_incident_is_logged_in_the_other_company(self):
        with self.assertRaises(AccessError):
            self.env["client.health.incident"].with_user(self.user).create(
                {
                    "partner_id": self.partner.id,
                    "company_id": self.other.id,
                    "kind": "conduct",
                    "description": "Shouted",
                }
            )


@tagged("-at_install", "post_install")
class TestWithoutOtherRights(AccessCase):
    """Our user without invoice or helpdesk rights: flags, no amounts or texts."""

    def test_flags_are_seen_and_decided(self):
        flag = self.flag.with_user(self.user)
        self.assertEqual(flag.level, "flag")
        self.assertIn("Severe", str(flag.explanation_html))
        flag.action_confirm("Seen it")
        self.assertEqual(self.partner.with_user(self.user).client_health_score, 80)

    def test_no_amount_on_any_model_of_ours_is_open(self):
        amounts = 0
        for model in self.get_our_models():
            if model._name.startswith("client.farewell"):
                continue  # a letter that names what is open: its writer sees it
            ours = model.with_user(self.user)
            for name, field in model._fields.items():
                if field.type == "monetary":
                    amounts += 1
                    with self.subTest(model=model._name, field=name):
                        self.assertFalse(ours._has_field_access(field, "read"))
        self.assertGreater(amounts, 5)

    def test_no_amount_is_in_what_they_read(self):
        for record in (self.health, self.flag, self.flag.history_ids, self.incident):
            text = str(record.with_user(self.user).read())
            for amount in ("4321", "987"):
                with self.subTest(model=record._name, amount=amount):
                    self.assertNotIn(amount, text)

    def test_no_ticket_or_invoice_text_is_open(self):
        texts = ("helpdesk.ticket", "account.move.line", "mail.message")
        for model in self.get_our_models():
            ours = model.with_user(self.user)
            for name, field in model._fields.items():
                if field.comodel_name in texts and name not in (
                    "message_ids",
                    "website_message_ids",
                ):
                    with self.subTest(model=model._name, field=name):
                        self.assertFalse(ours._has_field_access(field, "read"))
