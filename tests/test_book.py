"""The demo book shows what it is meant to show."""

import pytest

TRAITS = ("late_payer", "integrity", "time_demander", "grumpy", "haggler")


@pytest.fixture(scope="module")
def flags(server):
    """What the rules say of the demo book: names of clients by trait."""
    found = server.call(
        "client.health.flag",
        "search_read",
        [("level", "!=", "none")],
        ["partner_id", "trait_id"],
    )
    codes = {
        trait["id"]: trait["code"]
        for trait in server.call("client.health.trait", "search_read", [], ["code"])
    }
    by_trait = {code: set() for code in TRAITS}
    for flag in found:
        by_trait[codes[flag["trait_id"][0]]].add(flag["partner_id"][1])
    return by_trait


@pytest.mark.parametrize("trait", TRAITS)
def test_each_trait_is_seen_in_at_least_two_clients(flags, trait):
    assert len(flags[trait]) >= 2, flags[trait]


def test_most_clients_show_no_trait_at_all(server, flags):
    clients = server.call("client.health", "search_count", [])
    shown = set().union(*flags.values())
    assert clients >= 25
    assert 5 <= len(shown) < clients / 2, shown


@pytest.mark.parametrize(
    "name",
    [
        "Fietsenwinkel De Ketting",  # many tickets, and the fault was ours
        "Basisschool De Regenboog",  # a discount that we offered
        "Drukkerij Inkt & Co",  # an old open invoice that is disputed
        "Kinderopvang De Boomhut",  # promised to pay, and did
        "Dierenkliniek Vechtdal",  # very dissatisfied once
    ],
)
def test_a_client_who_did_nothing_wrong_has_a_clean_record(flags, name):
    assert not [trait for trait, names in flags.items() if name in names]


def test_every_state_occurs(server):
    states = server.call("client.health", "search_read", [], ["state"])
    assert {row["state"] for row in states} == {
        "healthy",
        "watch",
        "at_risk",
        "to_discuss",
    }


def test_colleagues_have_decided_on_some_and_not_on_all(server):
    decisions = server.call(
        "client.health.flag", "search_read", [("level", "!=", "none")], ["decision"]
    )
    assert {row["decision"] for row in decisions} == {"none", "confirmed", "dismissed"}


def test_each_state_of_a_coaching_call_occurs_on_the_three_tracks(server):
    leads = server.call(
        "crm.lead",
        "search_read",
        [("coaching_track_id", "!=", False)],
        ["coaching_session_state", "coaching_track_id"],
    )
    states = {"requested", "planned", "held", "no_show", "cancelled"}
    assert {lead["coaching_session_state"] for lead in leads} == states
    assert len({lead["coaching_track_id"][0] for lead in leads}) == 3


def test_no_mail_waits_to_be_sent(server):
    """Installing the demo writes to nobody."""
    assert server.call("mail.mail", "search_count", []) == 0
