"""Who keeps PostgreSQL up: `setup/demo --detach` returns, and its server stays."""

import subprocess

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
