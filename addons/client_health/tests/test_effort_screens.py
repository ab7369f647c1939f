import json

from lxml import etree
from odoo.tests import TransactionCase, tagged
from odoo.tools import file_open
from odoo.tools.safe_eval import safe_eval

from .common import new_test_user

FILE = "client_health/data/files/client_health_balance_dashboard.json"


@tagged("post_install", "-at_install")
class TestEffortScreens(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with file_open(FILE) as file:
            cls.data = json.load(file)
        cls.sources = [*cls.data["pivots"].values(), *cls.data["lists"].values()]
        cls.manager = new_test_user(
            cls.env,
            "manager",
            groups="client_health.client_health_group_manager,"
            "account.group_account_invoice",
        )
        cls.user = new_test_user(
            cls.env, "user", groups="client_health.client_health_group_user"
        )

    def get_formulas(self):
        return [
            formula
            for sheet in self.data["sheets"]
            for formula in sheet["cells"].values()
        ]

    def test_the_dashboard_reads_fields_that_exist_and_can_be_added_up(self):
        for source in self.sources:
            Model = self.env[source["model"]].with_user(self.manager)
            domain = source["domain"]
            if isinstance(domain, str):
                on = self.manager.company_ids.ids
                domain = safe_eval(domain, {"allowed_company_ids": on})
            Model.search_count(domain)
            measures = [measure["fieldName"] for measure in source.get("measures", [])]
            names = [*measures, *source.get("columns", ())]
            names += [one["fieldName"] for one in source.get("rows", []) if one]
            names = [name for name in names if isinstance(name, str)]
            fields = Model.fields_get()
            self.assertLessEqual(set(names), {*fields, "__count"})
            for name in measures:
                if name != "__count":
                    self.assertTrue(fields[name].get("aggregator"), name)

    def test_archived_clients_stand_in_no_figure_of_it(self):
        active = ["partner_id.active", "=", True]
        for source in self.sources:
            if source["model"] != "res.company":
                self.assertIn(active, source["domain"], source["name"])

    def test_its_headings_open_named_actions(self):
        links = [cell for cell in self.get_formulas() if "odoo://" in cell]
        self.assertEqual(len(links), 4)
        for link in links:
            link = json.loads(link.split("odoo://view/")[1].removesuffix(")"))
            self.assertNotIn("name", link)  # it would not be translated
            action = self.env.ref(link["action"]["xmlId"])
            self.assertEqual(action.res_model, link["action"]["modelName"])

    def test_without_invoice_rights_it_has_no_errors(self):
        seen = self.env["client.health"].with_user(self.user).fields_get()
        closed = set(self.env["client.health"]._fields) - set(seen)
        reading = [
            formula
            for formula in self.get_formulas()
            if any(f'"{name}"' in formula for name in closed)
            and formula.startswith("=")
        ]
        self.assertGreater(len(reading), 20)
        self.assertFalse([text for text in reading if "IFERROR(" not in text])

    def test_it_is_for_managers_and_never_shared_by_a_link(self):
        dashboard = self.env.ref("client_health.client_health_balance_dashboard")
        self.assertTrue(dashboard.with_user(self.manager).has_access("read"))
        self.assertFalse(dashboard.with_user(self.user).has_access("read"))

    def test_clients_are_sorted_by_what_is_left_and_by_the_hour(self):
        Health = self.env["client.health"].with_user(self.manager)
        arch = etree.fromstring(Health.get_view(view_type="list")["arch"])
        shown = {node.get("name"): node for node in arch.iterfind(".//field")}
        for name in ("net_amount", "revenue_per_hour"):
            self.assertEqual(shown[name].get("optional"), "show")
            self.assertTrue(Health.fields_get([name])[name]["sortable"])
        for_user = Health.with_user(self.user).get_view(view_type="list")["arch"]
        self.assertNotIn("net_amount", for_user)

    def test_the_list_of_clients_offers_what_if(self):
        bindings = self.env["ir.actions.actions"].get_bindings("client.health")
        action = self.env.ref("client_health.client_health_what_if_action")
        self.assertIn(action.id, [one["id"] for one in bindings["action"]])
