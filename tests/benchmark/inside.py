"""What runs inside ``odoo shell`` on a book; prints its figures as JSON."""

import json

from documents import Documents
from measure import Measure
from peers import Peers

SOME = 1000


def main(env):
    """Measure our own addon, core and the naive loop."""

    def get_clients():
        return env["client.health"].search([], limit=SOME).partner_id

    figures = Measure(env).get_figures(get_clients)
    env.cr.commit()
    clients = get_clients()
    figures |= Documents(env, clients).get_figures()
    figures["peers"] = Peers(env, clients).get_figures()
    _print(figures)


def main_with_peer(env):
    """Measure the OCA addon that was installed beside ours."""
    clients = env["client.health"].search([], limit=SOME).partner_id
    documents = Documents(env, clients)
    figures = {"post": documents.count_document(documents.prepare_post)}
    figures["peers"] = Peers(env, clients).get_figures()
    _print(figures)


def _print(figures):
    print("FIGURES", json.dumps(figures), flush=True)
