from odoo import models
from odoo.exceptions import AccessError

from ..facts.fact import FACTS
from ..traits.client_health_trait import RULES

GROUP_MANAGER = "client_health.client_health_group_manager"


class ClientHealth(models.Model):
    """What is kept about a client, for who asks to see their own file."""

    _inherit = "client.health"

    def _check_may_print_dossier(self):
        """Only a manager answers a request for access.

        :raise AccessError: for anybody else
        """
        if not self.env.su and not self.env.user.has_group(GROUP_MANAGER):
            raise AccessError(
                self.env._("Only a Client Health manager may print a dossier.")
            )
        self.check_access("read")

    def _get_dossier(self):
        """Return everything that is kept about the client, in words.

        Amounts are there for a manager who may see invoices; for another they are
        said to be left out.

        :raise AccessError: for who is no manager
        """
        self.ensure_one()
        self._check_may_print_dossier()
        return {
            "facts": [self._get_dossier_fact(name) for name in FACTS],
            "traits": [
                self._get_dossier_trait(trait) for trait in self._get_dossier_traits()
            ],
            "incidents": self.incident_ids,
            "promises": self.promise_ids,
            "snapshots": self.snapshot_ids,
        }

    def _get_dossier_traits(self):
        """Return what this client is judged by, and what there is a flag of.

        What was decided on a trait that was switched off since is kept, so it is told.
        """
        judged = self.env["client.health.trait"].search(
            [("company_id", "in", (False, self.company_id.id))]
        )
        return judged | (self.flag_ids.trait_id - judged)

    def _get_dossier_fact(self, name):
        """Return ``label``, ``value`` (text, ``False`` where hidden), ``help``."""
        field = self._fields[name]
        hidden = not self._has_field_access(field, "read")
        words = self.env["client.health.trait"]._word_value
        return {
            "label": field._description_string(self.env),
            "value": False if hidden else words(self, field, self[name]),
            "help": field._description_help(self.env) or "",
        }

    def _get_dossier_trait(self, trait):
        """Return a trait with its rules in plain words and what was decided."""
        model = self.env["client.health"]
        return {
            "trait": trait,
            "rules": [
                {
                    "title": trait._fields[f"{rule}_domain"]._description_string(
                        self.env
                    ),
                    "text": trait._word_domain(model, trait._get_usable_domain(rule)),
                }
                for rule in RULES
            ],
            "in_force": trait._is_in_force(trait.id, self.company_id.id),
            "ready": trait not in self.not_ready_trait_ids,
            "flag": self.flag_ids.filtered(lambda flag: flag.trait_id == trait),
        }

    def _get_dossier_filename(self):
        return self.env._("Dossier - %(client)s", client=self.partner_id.name)
