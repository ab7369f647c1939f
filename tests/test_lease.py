"""Who keeps what running: `setup/demo --detach` returns, and its server stays."""

import subprocess
from pathlib import Path

import pytest
from stack import cluster, lease, paths


@pytest.fixture(name="stops")
def fixture_stops(monkeypatch, tmp_path):
    """What was stopped, in a state folder of its own."""
    stops = []
    monkeypatch.setattr(paths, "STATE", tmp_path)
    monkeypatch.setattr(cluster, "stop", lambda: stops.append("stopped"))
    return stops


def test_the_last_user_stops_postgresql(stops):
    with lease.use(), lease.use():
        pass
    assert stops == ["stopped"]


def test_a_child_left_behind_keeps_postgresql_up(stops):
    with lease.use() as descriptor:
        child = subprocess.Popen(["sleep", "60"], pass_fds=[descriptor])
    assert stops == []
    with lease.use():
        pass
    assert stops == []
    child.kill()
    child.wait()
    with lease.use():
        pass
    assert stops == ["stopped"]


def test_a_stopped_script_stops_its_odoo():
    server = [paths.SETUP / "odoo", "server", "--no-http", "--max-cron-threads", "0"]
    with subprocess.Popen(server, stderr=subprocess.PIPE, text=True) as script:
        # Odoo is there
        assert any("database:" in line for line in script.stderr)
        children = Path(f"/proc/{script.pid}/task/{script.pid}/children")
        (child,) = children.read_text().split()
        script.terminate()
        script.wait(60)
    assert not Path(f"/proc/{child}").exists()
