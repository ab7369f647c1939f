"""What the staff of the demo company saw, agreed and decided."""

# client, kind, days ago, who, severe, what happened
INCIDENTS = (
    (
        "feest",
        "integrity",
        190,
        "sanne",
        False,
        "Afgesproken was dat de teksten op de 1e binnen zouden zijn; ze kwamen drie "
        "weken later, zonder bericht.",
    ),
    (
        "feest",
        "integrity",
        75,
        "joost",
        False,
        "Afspraak op kantoor voor de derde keer afgezegd, een kwartier van tevoren.",
    ),
    (
        "leeuw",
        "integrity",
        51,
        "sanne",
        False,
        "Zei bij de oplevering dezelfde dag te betalen; dat gebeurde niet.",
    ),
    (
        "sokken",
        "demand",
        40,
        "joost",
        False,
        "Belde op zondag drie keer op een privénummer over een banner.",
    ),
    (
        "brandsma",
        "conduct",
        150,
        "sanne",
        False,
        "Noemde de receptioniste aan de telefoon onbekwaam en hing op.",
    ),
    (
        "brandsma",
        "conduct",
        62,
        "joost",
        False,
        "Schreef in een e-mail dat wij 'te dom zijn om een formulier te maken'.",
    ),
    (
        "snelders",
        "conduct",
        33,
        "sanne",
        True,
        "Schold een collega uit op de parkeerplaats en sloeg op de auto.",
    ),
    (
        "vandijk",
        "conduct",
        110,
        "joost",
        False,
        "Verhief zijn stem toen naar de openstaande factuur werd gevraagd.",
    ),
    (
        "fitpunt",
        "freebie",
        95,
        "sanne",
        False,
        "Vroeg om een gratis extra landingspagina bij het onderhoud.",
    ),
)

# client, the invoice of how many months ago, promised how many days after the due date
PROMISES = (
    ("boomhut", 11, 9),
    ("boomhut", 7, 13),
    ("boomhut", 3, 9),
    ("vandijk", 9, 20),
    ("vandijk", 7, 15),
    ("vandijk", 5, 30),
    ("leeuw", 4, 10),
    ("feest", 4, 3),
)

# client, trait, who, decision, dismissed for how many days, why
DECISIONS = (
    (
        "vandijk",
        "late_payer",
        "fatima",
        "confirm",
        None,
        "Twee gesprekken gevoerd; betaalt pas na de tweede aanmaning.",
    ),
    (
        "snelders",
        "grumpy",
        "fatima",
        "confirm",
        None,
        "Met alle betrokkenen gesproken; dit willen we niet nog eens.",
    ),
    (
        "wonen",
        "haggler",
        "sanne",
        "dismiss",
        80,
        "Krijgt korting om het volume; loopt tot de nieuwe prijslijst.",
    ),
    (
        "hofman",
        "late_payer",
        "sanne",
        "dismiss",
        60,
        "Nieuwe boekhouder, wij wachten twee facturen af.",
    ),
)

# since how many days ago a client's flags stand
SINCE = {
    "vandijk": 240,
    "leeuw": 150,
    "hofman": 120,
    "feest": 75,
    "sokken": 95,
    "brug": 130,
    "zuidzijde": 70,
    "brandsma": 62,
    "snelders": 33,
    "wonen": 310,
    "fitpunt": 200,
    "rossum": 55,
}

# Whom we part from: a draft, and one that came to its end.
FAREWELLS = (
    {
        "code": "snelders",
        "author": "sanne",
        "end_days": 60,
        "items": (
            ("1_finished", "Campagne van het najaar"),
            ("2_ours", "Overdracht van de advertentie-accounts"),
            ("3_theirs", "Nieuwe beheerder voor de website doorgeven"),
            ("5_handover", "Huisstijl, foto's en teksten"),
        ),
        "past": None,
    },
    {
        "code": "horizon",
        "author": "sanne",
        "end_days": -150,
        "items": (
            ("1_finished", "Website en nieuwsbrief"),
            ("5_handover", "Domeinnaam, hosting en alle bestanden"),
        ),
        "past": {
            "revenue_window": 2340,
            "ticket_window": 19,
            "message_window": 88,
            "hours_window": 27.1,
        },
    },
)
