"""Words the generator makes tickets from: German and English, fictional."""

from __future__ import annotations

import random

from app.core.text import render

THINGS_DE = (
    "Drucker", "Laptop", "Monitor", "VPN", "WLAN", "Outlook", "Teams-Besprechung", "SAP-Zugang", "Laufwerk P:",
    "Dockingstation", "Passwort", "Telefonanlage", "Headset", "Scanner", "Zeiterfassung", "Reisekosten-App",
    "Signaturkarte", "Rechnungsexport", "Kalenderfreigabe", "Diensthandy", "Lagersystem", "Etikettendrucker",
)  # fmt: skip
TROUBLES_DE = (
    "funktioniert seit heute Morgen nicht", "ist sehr langsam", "zeigt nur eine leere Seite",
    "bricht alle zehn Minuten ab", "fragt ständig nach dem Kennwort", "startet nach dem Update nicht mehr",
    "meldet Fehler 0x80070057", "ist nicht sichtbar", "wurde gesperrt", "soll neu eingerichtet werden",
    "lässt sich nicht öffnen", "verliert die Verbindung", "druckt nur die Hälfte", "braucht eine Freigabe",
)  # fmt: skip
THINGS_EN = (
    "Printer", "Laptop", "Second screen", "VPN", "Guest Wi-Fi", "Mailbox", "Meeting room camera", "Payroll portal",
    "Shared drive", "Docking station", "Password", "Desk phone", "Headset", "Scanner", "Time sheet", "CRM",
)  # fmt: skip
TROUBLES_EN = (
    "stopped working this morning", "is very slow", "shows a blank page", "disconnects every ten minutes",
    "keeps asking for the password", "does not start after the update", "reports error 0x80070057",
    "is missing for two colleagues", "has been locked", "needs to be set up for a new colleague",
)  # fmt: skip
SENTENCES_DE = (
    "Guten Tag, ich brauche bitte Unterstützung.",
    "Das Problem tritt seit dem letzten Neustart auf.",
    "Im Büro nebenan funktioniert es ohne Schwierigkeiten.",
    "Ich habe das Gerät bereits **neu gestartet** und das Kabel geprüft.",
    "Die Fehlermeldung verschwindet nach wenigen Sekunden wieder.",
    "Für den Monatsabschluss benötigen wir den Zugriff bis morgen Mittag.",
    "Können Sie sich das bitte ansehen und mich kurz anrufen?",
    "Ein Bildschirmfoto habe ich angehängt.",
    "Auch nach dem Leeren des Zwischenspeichers bleibt die Anzeige leer.",
    "Vielen Dank für die schnelle Rückmeldung.",
    "Wir haben die Berechtigung ergänzt, bitte melden Sie sich einmal ab und wieder an.",
    "Der Austausch ist bestellt und kommt voraussichtlich am Donnerstag.",
)
SENTENCES_EN = (
    "Hello, I need some help with this, please.",
    "It has been happening since the last restart.",
    "The same thing works on my colleague's computer.",
    "I already **restarted** the device and checked the cables.",
    "The message disappears after a few seconds.",
    "We need this for the month end close tomorrow at noon.",
    "Could you have a look and call me back?",
    "A screenshot is attached.",
    "Clearing the cache did not change anything.",
    "Thank you for the quick answer.",
    "We have added the permission, please sign out and in again.",
)
FIRST_NAMES = (
    "Anna", "Jonas", "Lea", "Mehmet", "Elif", "Oliver", "Miriam", "Stefan", "Katharina", "Paul", "Sofia", "Tobias",
    "Daniel", "Clara", "Ben", "Fatma", "Lukas", "Marie", "Emil", "Johanna", "Felix", "Nora", "Viktor", "Yasemin",
)  # fmt: skip
LAST_NAMES = (
    "Berger", "Weber", "Hoffmann", "Yilmaz", "Kaya", "Lang", "Scholz", "Brandt", "Vogt", "Neumann", "Romano",
    "Krüger", "Fuchs", "Peters", "Sommer", "Winter", "Lehmann", "Arslan", "Schreiber", "Köhler", "Busch", "Otto",
)  # fmt: skip
DEPARTMENTS = (
    "Buchhaltung",
    "Vertrieb",
    "Einkauf",
    "Personal",
    "Logistik",
    "Marketing",
    "Controlling",
    "Fertigung",
)
TEAMS = (
    "Netzwerk", "Arbeitsplatz", "Anwendungen", "Sicherheit", "Telefonie", "Lager und Fertigung", "Standort Nord",
    "Standort Süd", "SAP", "Server und Speicher", "Vertriebssysteme", "Drucken", "Beschaffung", "Personal",
)  # fmt: skip
CONFIDENTIAL = "Personal"
TAGS = (
    "onboarding", "vpn", "drucker", "windows", "macos", "sap", "outlook", "teams", "hardware", "lizenz", "umzug",
    "passwort", "mobil", "wlan", "server", "datenschutz", "schulung", "rückfrage", "garantie", "leihgerät",
)  # fmt: skip


def title(rng: random.Random) -> str:
    """A subject line, two thirds of them German."""
    if rng.random() < 0.67:
        return f"{rng.choice(THINGS_DE)} {rng.choice(TROUBLES_DE)}"
    return f"{rng.choice(THINGS_EN)} {rng.choice(TROUBLES_EN)}"


def bodies(rng: random.Random, count: int) -> list[tuple[str, str]]:
    """So many texts with their rendered HTML, both escaped for a tab-separated file."""
    made = []
    for _ in range(count):
        sentences = SENTENCES_DE if rng.random() < 0.67 else SENTENCES_EN
        paragraphs = [" ".join(rng.sample(sentences, rng.randint(1, 4))) for _ in range(rng.randint(1, 4))]
        text = "\n\n".join(paragraphs)
        made.append((escape(text), escape(render(text))))
    return made


def escape(text: str) -> str:
    """For a tab-separated file as LOAD DATA and COPY read it."""
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
