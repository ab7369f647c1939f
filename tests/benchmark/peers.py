"""What others take on the same book, in processor seconds for the same clients."""

from clock import Clock

NAIVE = 100


class Peers:
    """Core, an OCA addon where it is installed, and what a first version would do."""

    def __init__(self, env, clients):
        self.env = env
        self.clients = clients
        self.clock = Clock(env)

    def get_figures(self):
        figures = {}
        if "risk_total" in self.clients._fields:
            figures["OCA account_financial_risk"] = self.time_field("risk_total")
            return figures
        figures["core's days_sales_outstanding"] = self.time_field(
            "days_sales_outstanding"
        )
        share = len(self.clients) / NAIVE
        figures["a naive loop, late payment only"] = share * self.clock.time(
            lambda _run: self.run_naive(self.clients[:NAIVE])
        )
        return figures

    def time_field(self, name):
        self.env.invalidate_all()
        return self.clock.time(lambda _run: self.clients.mapped(name))

    def run_naive(self, clients):
        """Count who pays late as a first version would: client by client."""
        for client in clients:
            lines = self.env["account.move.line"].search(
                [
                    ("partner_id", "=", client.id),
                    ("display_type", "=", "payment_term"),
                    ("parent_state", "=", "posted"),
                    ("move_id.move_type", "=", "out_invoice"),
                ]
            )
            for line in lines:
                dates = line.matched_credit_ids.mapped("max_date")
                line.reconciled and (max(dates) - line.date_maturity).days
