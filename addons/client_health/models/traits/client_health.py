from odoo import api, fields, models


class ClientHealth(models.Model):
    _inherit = "client.health"

    not_ready_trait_ids = fields.Many2many(
        comodel_name="client.health.trait",
        string="Not Enough Data",
        compute="_compute_not_ready_trait_ids",
        help="Traits that say nothing about this client, for want of data.",
    )

    @api.depends_context("uid")
    def _compute_not_ready_trait_ids(self):
        # sudo: whether there is enough data may rest on facts the reader cannot see
        clients = self.sudo()
        not_ready = {client.id: [] for client in clients}
        for trait in self.env["client.health.trait"]._get_rules():
            judged = clients.filtered(
                lambda client, own=trait.company_id: client.company_id == own or not own
            )
            for client in judged - judged.filtered_domain(
                trait._get_usable_domain("ready")
            ):
                not_ready[client.id].append(trait.id)
        for client in self:
            client.not_ready_trait_ids = not_ready[client.id]

    def _as_it_was(self, evidence):
        """Return the client, with every right, with the facts of a moment.

        :param dict evidence: what a flag kept; the present facts without it
        """
        # sudo: rules are judged on all facts; what the reader may see of them is
        # decided where they are put into words
        client = self.sudo()
        if not evidence:
            return client
        facts = {
            name: value
            for name, value in evidence.get("facts", {}).items()
            if name in client
        }
        return client.new(facts, origin=client)
