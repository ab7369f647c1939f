"""What clients of a web agency write about, and what the agency answers.

Each topic: subject, first message, later messages of the client, our answers.
"""

TOPICS = (
    (
        "Openingstijden aanpassen",
        "Kunnen jullie de openingstijden voor de zomer op de website zetten?",
        (
            "Dank, het gaat om de weken 29 tot en met 32.",
            "Ziet er goed uit, dank je wel.",
        ),
        ("Dat doen we graag. Om welke weken gaat het?", "Het staat erop."),
    ),
    (
        "Contactformulier komt niet aan",
        "Een klant zegt dat hij het formulier heeft ingevuld, maar wij zien niets.",
        ("Het was dinsdag rond het middaguur.", "Nu komt het binnen, bedankt."),
        (
            "Weet je wanneer dat was?",
            "Het bericht stond in de spamfilter, dat is opgelost.",
        ),
    ),
    (
        "Vraag over de factuur",
        "Op de laatste factuur staat een dagdeel dat ik niet herken.",
        ("Ah, dat klopt inderdaad.", "Kun je voortaan het projectnummer erbij zetten?"),
        ("Dat was de sessie over de nieuwe huisstijl.", "Dat zetten we erbij."),
    ),
    (
        "Nieuwe medewerker op de teampagina",
        "Wij hebben een nieuwe collega. Kan zij op de teampagina?",
        ("De foto zit in de bijlage.", "Haar naam is met een y, zien jullie dat nog?"),
        ("Leuk! Stuur je een foto en een korte tekst?", "Aangepast."),
    ),
    (
        "Website is traag",
        "Sinds vanochtend laadt de homepage erg langzaam.",
        ("Op kantoor en thuis allebei.", "Nu gaat het weer vlot."),
        (
            "We kijken mee. Is dat overal zo?",
            "Een foto was te groot, die is verkleind.",
        ),
    ),
    (
        "Nieuwsbrief klaarzetten",
        "Kunnen jullie de nieuwsbrief voor volgende week klaarzetten?",
        ("De tekst volgt morgen.", "Graag nog één regel toevoegen over de open dag."),
        ("Prima, we wachten op de tekst.", "De proef staat in je mailbox."),
    ),
    (
        "Wachtwoord vergeten",
        "Ik kom niet meer in het beheer van de site.",
        ("Ja, dat is het goede adres.", "Gelukt!"),
        ("Klopt dit e-mailadres nog?", "Je krijgt een link om een nieuw te kiezen."),
    ),
    (
        "Cijfers van de campagne",
        "Hoeveel aanmeldingen kwamen er vorige maand uit de advertenties?",
        ("Fijn, en wat kostte dat per aanmelding?", "Helder, dan gaan we zo door."),
        (
            "Het overzicht zit in de bijlage.",
            "Gemiddeld iets minder dan de maand ervoor.",
        ),
    ),
    (
        "Foto's vervangen",
        "Wij hebben nieuwe foto's laten maken voor de homepage.",
        ("Hier is de link naar de map.", "De derde mag toch weg."),
        ("Mooi, waar kunnen we ze vinden?", "Ze staan erop."),
    ),
    (
        "Vacature plaatsen",
        "Kan deze vacature op de site?",
        ("Graag ook op de homepage.", "De sluitingsdatum schuift twee weken op."),
        ("Ja, dat kan vandaag.", "Aangepast."),
    ),
)

# What an insistent client adds to every ticket.
REMINDERS = (
    "Heeft er al iemand naar gekeken?",
    "Ik hoor het graag vandaag nog.",
    "Ik heb ook een bericht ingesproken.",
    "Het mag echt niet langer duren.",
)

# Silence for weeks, then everything at once.
RUSH_QUESTION = "Zodra je de teksten hebt aangeleverd, gaan we verder."
RUSH = (
    "De teksten staan klaar, dit moet vandaag online.",
    "Waarom staat het nog niet online?",
    "Ik verwacht binnen een uur antwoord.",
    "De campagne is al begonnen, dit kan zo niet.",
)
REOPENED = "Toch nog één ding hierover: kan het ook op de telefoon anders?"

FEEDBACK = {
    1: "Ik ben hier erg ontevreden over.",
    2: "Het duurde te lang.",
    3: "Het ging wel.",
    4: "Goed geholpen.",
    5: "Snel en vriendelijk geholpen.",
}
