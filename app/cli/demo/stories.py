"""What the people of the demonstration firm ask and answer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Story:
    """One request and how it goes on."""

    title: str
    text: str
    category: str
    impact: str
    answer: str
    thanks: str = "Vielen Dank, jetzt geht es wieder."
    note: str = ""


STORIES = (
    Story(
        "VPN bricht nach Windows-Update alle zehn Minuten ab",
        "Guten Morgen,\n\nseit dem Windows-Update gestern Abend trennt sich mein VPN ungefähr alle zehn Minuten. "
        "Danach muss ich mich komplett neu anmelden. Ich mache gerade den Monatsabschluss.\n\nViele Grüße",
        "Netzwerk und VPN",
        "high",
        "Guten Morgen,\n\nder Abbruch hängt sehr wahrscheinlich mit dem neuen WLAN-Treiber zusammen. Bitte arbeiten "
        "Sie bis zur Lösung am Netzwerkkabel. Darf ich den Treiber um **10:30 Uhr** aus der Ferne zurücksetzen?",
        "Mit Kabel läuft es seit 20 Minuten ohne Abbruch. 10:30 Uhr passt mir gut.",
        "Vierter Fall seit gestern, alle mit WLAN-Treiber 11.4. Rollback auf 11.2 hilft.",
    ),
    Story(
        "Drucker Lager Nord druckt nur leere Seiten",
        "Der Etikettendrucker im Lager Nord zieht Papier ein, druckt aber nichts. Toner ist neu.",
        "Drucker und Scanner",
        "medium",
        "Bitte halten Sie die Taste **Wartung** fünf Sekunden gedrückt und drucken Sie danach eine Testseite. "
        "Bleibt sie leer, tausche ich den Druckkopf heute Nachmittag.",
    ),
    Story(
        "SAP-Anmeldung: Konto nach drei Versuchen gesperrt",
        "Ich habe mich vertippt und komme nicht mehr in SAP. Bitte entsperren, ich muss Bestellungen freigeben.",
        "Zugänge und Passwörter",
        "high",
        "Ihr Konto ist entsperrt. Bitte melden Sie sich in den nächsten zehn Minuten an, "
        "dann werden Sie nach einem neuen Passwort gefragt.",
    ),
    Story(
        "Zweiter Monitor für das Homeoffice",
        "Ich arbeite ab Dezember zwei Tage in der Woche zu Hause und hätte gern einen zweiten Bildschirm.",
        "Computer und Zubehör",
        "low",
        "Gern. Ein 27-Zoll-Gerät ist bestellt und kommt voraussichtlich am Dienstag zu Ihnen nach Hause.",
    ),
    Story(
        "Rechnungsexport endet mit Fehler 0x80070057",
        "Der Export nach DATEV bricht bei 40 % ab:\n\n- Zeitraum Oktober\n- 1.240 Belege\n- Fehler `0x80070057`",
        "Programme",
        "high",
        "Danke für die genaue Beschreibung. Ein Beleg enthält ein Datum aus dem Jahr 2206; ich habe ihn markiert. "
        "Bitte korrigieren Sie ihn und starten Sie den Export noch einmal.",
        note="Datumsprüfung beim Import fehlt, Hersteller informiert.",
    ),
    Story(
        "Shared mailbox “Purchasing” is not visible",
        "Hello,\n\nI joined the purchasing team last week but Outlook does not show the shared mailbox.\n\nThanks",
        "Zugänge und Passwörter",
        "medium",
        "Hello,\n\nyou have access now. Please restart Outlook; the mailbox appears within an hour.",
        "It is there now, thank you.",
    ),
    Story(
        "Verdächtige E-Mail mit Anhang an mehrere Personen",
        "In der Buchhaltung haben mehrere Leute eine Mail „Mahnung“ mit einer ZIP-Datei bekommen. "
        "Niemand hat sie geöffnet, glaube ich. Ist das Phishing?",
        "Sonstiges",
        "critical",
        "Danke für die schnelle Meldung. Das ist Phishing. Die Mail ist aus allen Postfächern entfernt, "
        "der Absender gesperrt. Bitte nennen Sie mir alle, die den Anhang vielleicht doch geöffnet haben.",
        "Nur ich hatte sie offen, den Anhang nicht.",
        "Absenderdomäne im Filter, Prüfung der Rechner läuft.",
    ),
    Story(
        "WLAN im Besprechungsraum 3.12 sehr langsam",
        "Videokonferenzen ruckeln dort seit Montag, in den Nachbarräumen ist alles gut.",
        "Netzwerk und VPN",
        "medium",
        "Der Zugangspunkt dort hing nach einem Update. Er ist neu gestartet und wird beobachtet.",
    ),
    Story(
        "Teams-Besprechung: Mikrofon wird nicht erkannt",
        "Mein Headset funktioniert am Telefon, aber in Teams hört mich niemand.",
        "Computer und Zubehör",
        "medium",
        "Bitte wählen Sie in Teams unter Einstellungen → Geräte das Headset als Mikrofon. "
        "Falls es dort fehlt, ziehen Sie den USB-Stecker kurz heraus.",
    ),
    Story(
        "Neue Kollegin ab 1. Dezember: Laptop und Zugänge",
        "Am 1. Dezember beginnt Lena Vogt im Einkauf. Bitte Laptop, E-Mail, SAP-Einkauf und Zutritt vorbereiten.",
        "Zugänge und Passwörter",
        "low",
        "Alles ist angelegt. Das Gerät liegt am Montag ab 8 Uhr am Empfang bereit.",
    ),
    Story(
        "Frage: Wie richte ich eine Abwesenheitsnotiz ein?",
        "Ich bin nächste Woche im Urlaub und finde die Einstellung nicht mehr.",
        "Programme",
        "low",
        "In Outlook unter **Datei → Automatische Antworten**. Dort können Sie Beginn und Ende eintragen.",
    ),
    Story(
        "Zugriff auf Laufwerk P: Projektordner Aurora",
        "Ich brauche Schreibrechte im Ordner Aurora. Meine Teamleitung hat zugestimmt.",
        "Zugänge und Passwörter",
        "medium",
        "Die Rechte sind vergeben. Bitte melden Sie sich einmal ab und wieder an.",
    ),
)
