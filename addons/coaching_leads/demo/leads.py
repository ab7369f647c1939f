"""Fictional people who asked for a call, and how far each of them came."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Asked:
    """One request: ``hours_ago`` it came in, ``call_days`` from today the call is (in
    the past when negative, on a free moment when positive)."""

    name: str
    company: str
    track: str
    goal: str
    obstacle: str
    strengths: str
    moment: str
    hours_ago: float
    state: str
    call_days: int = 0
    outcome: str | None = None
    revenue: float = 0
    won: bool = False
    notes: dict[str, str] = field(default_factory=dict)


NOTES_OPPORTUNITY = {
    "strengths": "Vaste opdrachtgevers, goede naam in de regio.",
    "challenge": "Alles loopt via haarzelf; er is geen tijd om vooruit te kijken.",
    "chances": "Twee klanten vragen om een abonnement.",
    "tips": "Houd één ochtend per week vrij voor werk aan het bedrijf.",
    "steps": "Offerte voor een traject van zes gesprekken.",
}
NOTES_WON = {
    "strengths": "Vakwerk, en klanten die terugkomen.",
    "challenge": "Prijzen van vijf jaar geleden.",
    "chances": "De showroom trekt bezoekers die nu niets horen.",
    "tips": "Bel elke bezoeker binnen twee dagen na.",
    "steps": "Start met het traject, eerste gesprek volgende maand.",
}
NOTES_LATER = {
    "strengths": "Sterk team, stabiele omzet.",
    "challenge": "De overname van de tweede vestiging vraagt nu alle aandacht.",
    "tips": "Spreek nu al af wie straks welke vestiging leidt.",
    "steps": "Na de overname opnieuw bellen.",
}
NOTES_NO_FIT = {
    "challenge": "Zoekt vooral een interim-manager.",
    "steps": "Doorverwezen naar twee bureaus.",
}

LEADS = (
    Asked(
        "Mila Hofstra",
        "Atelier Mila",
        "start",
        "Elke maand genoeg opdrachten om van mijn sieraden te leven.",
        "Ik weet niet waar ik nieuwe klanten vind.",
        "Klanten komen terug en vertellen het door.",
        "Doordeweeks na 14 uur",
        0.3,
        "requested",
    ),
    Asked(
        "Yusuf Demir",
        "Koffiebar Yusuf",
        "start",
        "Een tweede bar openen, met een vaste ploeg.",
        "Ik sta zelf zes dagen per week achter de bar.",
        "De zaak zit elke ochtend vol.",
        "Maandag, dan zijn we dicht",
        50,
        "requested",
    ),
    Asked(
        "Sophie van Leeuwen",
        "Sophie Schrijft",
        "start",
        "Van losse klussen naar vaste opdrachtgevers.",
        "Acquisitie vind ik lastig.",
        "Ik schrijf snel en lever op tijd.",
        "Ochtenden",
        30,
        "planned",
        call_days=1,
    ),
    Asked(
        "Erik Brouwer",
        "Brouwer Timmerwerken",
        "next_level",
        "Minder uren op de bouw, meer op kantoor.",
        "Goede mensen vinden en houden.",
        "Het werk zit voor maanden vol.",
        "Vrijdagmiddag",
        26,
        "planned",
        call_days=3,
    ),
    Asked(
        "Hanna Visser",
        "Visser Advies",
        "next_level",
        "Groeien zonder nog meer uren te maken.",
        "Elke klant wil mij persoonlijk.",
        "Trouwe klanten en een volle agenda.",
        "Dinsdag of donderdag",
        200,
        "held",
        call_days=-5,
        outcome="opportunity",
        revenue=3600,
        notes=NOTES_OPPORTUNITY,
    ),
    Asked(
        "Pieter Kamp",
        "Kamp Keukens",
        "next_level",
        "Meer marge en minder stress.",
        "Wij rekenen nog met oude prijzen.",
        "De showroom loopt goed.",
        "Voor 9 uur",
        24 * 45,
        "held",
        call_days=-42,
        outcome="opportunity",
        revenue=4800,
        won=True,
        notes=NOTES_WON,
    ),
    Asked(
        "Ingrid de Boer",
        "De Boer Logistiek",
        "scale",
        "Twee vestigingen die zonder mij kunnen draaien.",
        "Mijn leidinggevenden wachten op mij.",
        "Een hecht team van twintig mensen.",
        "Woensdag",
        24 * 16,
        "held",
        call_days=-12,
        outcome="later",
        notes=NOTES_LATER,
    ),
    Asked(
        "Rachid Bensaid",
        "Bensaid Installaties",
        "scale",
        "Van tien naar vijfentwintig monteurs.",
        "De planning loopt elke week vast.",
        "Meer aanvragen dan we aankunnen.",
        "Na 16 uur",
        24 * 6,
        "no_show",
        call_days=-3,
    ),
    Asked(
        "Marjolein Prins",
        "Prins Zorg",
        "scale",
        "Iemand die tijdelijk de leiding overneemt.",
        "Een zieke bedrijfsleider.",
        "Tevreden cliënten.",
        "Zo snel mogelijk",
        24 * 29,
        "held",
        call_days=-25,
        outcome="no_fit",
        notes=NOTES_NO_FIT,
    ),
    Asked(
        "Tessa Kuiper",
        "Tuinen van Tessa",
        "start",
        "In de winter ook genoeg werk hebben.",
        "Mijn omzet zit in vier maanden.",
        "In het seizoen zit ik vol.",
        "Avonden",
        24 * 20,
        "cancelled",
        call_days=-15,
    ),
)
