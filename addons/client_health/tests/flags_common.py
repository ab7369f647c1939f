from odoo.tests import TransactionCase

from .common import new_test_user


class FlagsCase(TransactionCase):
    """Clients whose facts a test sets by hand, and colleagues who decide."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.user = new_test_user(
            cls.env,
            login="health_user",
            groups="client_health.client_health_group_user",
        )
        cls.manager = new_test_user(
            cls.env,
            login="health_manager",
            groups="client_health.client_health_group_manager",
        )
        cls.late_payer = cls.env.ref("client_health.client_health_trait_late_payer")
        cls.grumpy = cls.env.ref("client_health.client_health_trait_grumpy")

    @classmethod
    def make_client(cls, name="Client", company=None, **facts):
        """Return the health of a new client with these facts."""
        partner = cls.env["res.partner"].create({"name": name, "is_company": True})
        return cls.env["client.health"].create(
            {
                "partner_id": partner.id,
                "company_id": (company or cls.company).id,
                **facts,
            }
        )

    @classmethod
    def judge(cls, health=None):
        """Do what a refresh does once the facts are there."""
        ids = None if health is None else health.ids
        cls.env["client.health.flag"]._refresh_levels(ids)
        cls.env["client.health"]._refresh_scores(ids)

    @classmethod
    def flag_of(cls, health, trait):
        return cls.env["client.health.flag"].search(
            [("health_id", "=", health.id), ("trait_id", "=", trait.id)]
        )

    @classmethod
    def make_flagged(cls, level="flag", name="Client"):
        """Return a client with a `grumpy` flag at this level, and the flag."""
        severe = int(level == "flag")
        health = cls.make_client(
            name=name, conduct_incident_count=1, conduct_severe_count=severe
        )
        cls.judge(health)
        return health, cls.flag_of(health, cls.grumpy)
