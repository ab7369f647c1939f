"""Letters printed one by one and in one go, inside Odoo; see ``letters``."""

import json
import os
from datetime import date
from unittest.mock import patch

from clock import Clock
from odoo.fields import Command

COUNT = 50
REPORT = "client_health.action_report_farewell_letter"


def main(env):
    """Print, compare and check that nothing was lost."""
    cases = _make_cases(env, 2 * COUNT + 2)
    single, together, failing, warm_up = (
        cases[:COUNT],
        cases[COUNT:-2],
        cases[-2],
        cases[-1],
    )
    _print_single(env, warm_up)
    # Half of the single ones before and half after: other work disturbs both alike.
    half = COUNT // 2
    before = _time(env, lambda: _print_single(env, single[:half]))
    spent = _time(env, lambda: _print_together(env, together, failing))
    after = _time(env, lambda: _print_single(env, single[half:]))
    figures = {"count": COUNT, "single": before + after, "together": spent}
    print("FIGURES", json.dumps(figures), flush=True)


def _make_cases(env, count):
    clients = env["res.partner"].create(
        [
            {"name": f"Client {number}", "street": "Dam 1", "city": "Amsterdam"}
            for number in range(count)
        ]
    )
    items = [("1_finished", "Accounts"), ("2_ours", "Tax return"), ("3_theirs", "Keys")]
    cases = env["client.farewell"].create(
        [
            {
                "partner_id": client.id,
                "end_date": date(2099, 12, 31),
                "item_ids": [
                    Command.create({"kind": kind, "name": name}) for kind, name in items
                ],
            }
            for client in clients
        ]
    )
    env.cr.commit()
    return cases


def _time(env, action):
    """Return the processor seconds of an action, the printing engine's included."""
    children = _get_children_seconds()
    own = Clock(env).time(lambda _run: action())
    return own + _get_children_seconds() - children


def _get_children_seconds():
    times = os.times()
    return times.children_user + times.children_system


def _print_single(env, cases):
    for case in cases:
        env["ir.actions.report"]._render_qweb_pdf(REPORT, case.ids)
        env.cr.commit()


def _print_together(env, cases, failing):
    Batch = env["client.farewell.batch"]
    seen = []
    render = type(cases)._render_letter_pdf

    def watch(case):
        seen.append(batch.progress)
        if case.id == failing.id:
            raise ValueError("This letter fails on purpose")
        return render(case)

    batch = Batch.browse(Batch.action_start("print", (failing | cases).ids)["res_id"])
    with patch.object(type(cases), "_render_letter_pdf", watch):
        Batch._cron_run()
    assert batch.state == "finished", batch.state
    assert batch.failed_count == 1, batch.failed_count
    assert batch.line_ids.mapped("state").count("done") == len(cases)
    assert batch.result_pdf
    assert seen == sorted(set(seen)), "progress does not grow with each letter"
