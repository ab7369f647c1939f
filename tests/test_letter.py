"""The farewell letter as it comes out of the printer, in Dutch and in English."""

import io
from datetime import date, timedelta

import pytest
from pypdf import PdfReader

TITLES = {
    "nl_NL": "Afronding van onze samenwerking",
    "en_US": "Completing our work together",
}
# What a client must never read in a letter, in both languages.
INTERNAL = ("flag", "score", "klantbeeld", "client health", "wanbetaler", "grumpy")


@pytest.fixture(scope="module")
def farewell(server):
    """A draft of a farewell from the client who often pays late."""
    (partner,) = server.call(
        "res.partner", "search", [("name", "=", "Restaurant De Gouden Leeuw")]
    )
    last_day = date.today() + timedelta(days=60)
    items = [
        {"kind": "1_finished", "name": "Huisstijl 2026"},
        {"kind": "2_ours", "name": "Menukaart voor het voorjaar"},
        {"kind": "3_theirs", "name": "Domeinnaam verhuizen"},
    ]
    return server.call(
        "client.farewell",
        "create",
        {
            "partner_id": partner,
            "end_date": last_day.isoformat(),
            "item_ids": [(0, 0, item) for item in items],
        },
        user="sanne",
    )


@pytest.mark.parametrize("lang", TITLES)
def test_the_letter_is_one_page_in_the_language_of_the_client(server, farewell, lang):
    reader = _print(server, farewell, lang)
    text = reader.pages[0].extract_text()
    assert len(reader.pages) == 1
    assert TITLES[lang] in text
    assert TITLES[{"nl_NL": "en_US", "en_US": "nl_NL"}[lang]] not in text
    assert "Restaurant De Gouden Leeuw" in text
    assert "Menukaart voor het voorjaar" in text
    assert reader.metadata.title == TITLES[lang]


@pytest.mark.parametrize("lang", TITLES)
def test_the_letter_says_nothing_that_is_internal(server, farewell, lang):
    text = _print(server, farewell, lang).pages[0].extract_text().lower()
    assert not [word for word in INTERNAL if word in text]


def _print(server, farewell, lang):
    """Fetch the letter as Sanne's browser does."""
    server.call("client.farewell", "write", [farewell], {"lang": lang}, user="sanne")
    report = f"/report/pdf/client_health.report_farewell_letter/{farewell}"
    answer = server.session("sanne").get(server.address + report, timeout=60)
    assert answer.headers["Content-Type"] == "application/pdf", answer.text[:500]
    return PdfReader(io.BytesIO(answer.content))
