"""How mail programs quote: the message as it arrives, and the words that are new in it."""

# ruff: noqa: E501 - mail programs write lines as long as these

from __future__ import annotations

from typing import NamedTuple


class Form(NamedTuple):
    """One message of one program; new is what a reader should see first, white space aside."""

    name: str
    text: str
    new: str


QUOTED = "> Guten Tag,\n>\n> bitte nennen Sie uns die Seriennummer.\n>\n> Ihr Service-Desk\n"
UNMARKED = "Guten Tag,\n\nbitte nennen Sie uns die Seriennummer.\n\nIhr Service-Desk\n"
ANSWER = "Hallo,\n\ndie Nummer ist SN-88.\n\nGruß\nPetra"


def _below(attribution: str, quote: str = QUOTED) -> str:
    return f"{ANSWER}\n\n{attribution}\n{quote}"


_ATTRIBUTIONS = {
    "gmail de": "Am Do., 7. März 2024 um 18:05 Uhr schrieb Service-Desk <support@helpdesk.example>:",
    "gmail de wrapped": "Am Do., 7. März 2024 um 18:05 Uhr schrieb Service-Desk <\nsupport@helpdesk.example>:",
    "gmail en": "On Thu, Mar 7, 2024 at 6:05 PM Service Desk <support@helpdesk.example> wrote:",
    "gmail en wrapped": "On Thu, Mar 7, 2024 at 6:05 PM Service Desk of the Northern Region\n<support@helpdesk.example> wrote:",
    "gmail old de": "Am 7. März 2024 18:05 schrieb Service-Desk <support@helpdesk.example>:",
    "gmail iso": "2024-03-07 18:05 GMT+01:00 Service-Desk <support@helpdesk.example>:",
    "apple de": "> Am 07.03.2024 um 18:05 schrieb Service-Desk <support@helpdesk.example>:\n> ",
    "apple en": "> On 7. Mar 2024, at 18:05, Service-Desk <support@helpdesk.example> wrote:\n> ",
    "iphone de": "Von meinem iPhone gesendet\n\nAm 07.03.2024 um 18:05 schrieb Service-Desk <support@helpdesk.example>:\n",
    "thunderbird de": "Am 07.03.24 um 18:05 schrieb Service-Desk:",
    "thunderbird en": "On 3/7/24 18:05, Service-Desk wrote:",
    "thunderbird names only": "Service-Desk schrieb:",
    "thunderbird old": "Service-Desk schrieb am 07.03.2024 18:05:",
    "yahoo de": "  Am Donnerstag, 7. März 2024 um 18:05:11 MEZ hat Service-Desk <support@helpdesk.example> Folgendes geschrieben:  \n ",
    "yahoo en": "    On Thursday, March 7, 2024 at 06:05:11 PM GMT+1, Service-Desk <support@helpdesk.example> wrote:  \n ",
    "outlook mac": "Am 07.03.24, 18:05 schrieb \"Service-Desk\" <support@helpdesk.example>:",
    "gmx app": "-- \nDiese Nachricht wurde von meinem Android Mobiltelefon mit GMX Mail gesendet.\n"
    "Am 07.03.24, 18:05 schrieb Service-Desk <support@helpdesk.example>:",
    "k9": "Am 7. März 2024 18:05:11 MEZ schrieb Service-Desk <support@helpdesk.example>:",
    "roundcube": "Am 2024-03-07 18:05, schrieb Service-Desk:",
    "proton": "Gesendet mit Proton Mail sicherer E-Mail.\n\n"
    "Service-Desk <support@helpdesk.example> schrieb am Donnerstag, 7. März 2024 um 18:05:",
    "fr gmail": "Le jeu. 7 mars 2024 à 18:05, Service-Desk <support@helpdesk.example> a\nécrit :",
    "fr apple": "Le 7 mars 2024 à 18:05, Service-Desk <support@helpdesk.example> a écrit :",
    "es gmail": "El jue, 7 mar 2024 a las 18:05, Service-Desk (<support@helpdesk.example>)\nescribió:",
    "it gmail": "Il giorno gio 7 mar 2024 alle ore 18:05 Service-Desk <\nsupport@helpdesk.example> ha scritto:",
    "pt gmail": "Em qui., 7 de mar. de 2024 às 18:05, Service-Desk <support@helpdesk.example>\nescreveu:",
    "nl gmail": "Op do 7 mrt 2024 om 18:05 schreef Service-Desk <support@helpdesk.example>:",
    "nl apple": "Op 7 mrt. 2024, om 18:05 heeft Service-Desk <support@helpdesk.example> het volgende geschreven:",
    "da gmail": "Den tor. 7. mar. 2024 kl. 18.05 skrev Service-Desk <support@helpdesk.example>:",
    "no gmail": "tor. 7. mar. 2024 kl. 18:05 skrev Service-Desk <support@helpdesk.example>:",
    "sv gmail": "Den tors 7 mars 2024 kl 18:05 skrev Service-Desk <support@helpdesk.example>:",
    "fi gmail": "to 7. maalisk. 2024 klo 18.05 Service-Desk (support@helpdesk.example)\nkirjoitti:",
    "pl gmail": "czw., 7 mar 2024 o 18:05 Service-Desk <support@helpdesk.example> napisał(a):",
    "pl thunderbird": "W dniu 07.03.2024 o 18:05, Service-Desk pisze:\n",
    "cs gmail": "čt 7. 3. 2024 v 18:05 odesílatel Service-Desk <support@helpdesk.example>\nnapsal:",
    "hu gmail": "Service-Desk <support@helpdesk.example> ezt írta (időpont: 2024. márc. 7., Cs, 18:05):",
    "ru gmail": "чт, 7 мар. 2024 г. в 18:05, Service-Desk <support@helpdesk.example>:",
    "ro gmail": "În joi, 7 mar. 2024 la 18:05, Service-Desk <support@helpdesk.example> a\nscris:",
    "tr gmail": "Service-Desk <support@helpdesk.example>, 7 Mar 2024 Per, 18:05 tarihinde şunu yazdı:",
    "no attribution": "",
}  # fmt: skip

_BLOCKS = {
    "outlook de": "Von: Service-Desk <support@helpdesk.example>\nGesendet: Donnerstag, 7. März 2024 18:05\n"
    "An: Petra Lang <petra@kunde.example>\nBetreff: Rückfrage\n",
    "outlook de rule": "________________________________\nVon: Service-Desk <support@helpdesk.example>\n"
    "Gesendet: Donnerstag, 7. März 2024 18:05\nAn: Petra Lang\nBetreff: Rückfrage\n",
    "outlook de internal": "Von: Weber, Anna\nGesendet: Donnerstag, 7. März 2024 18:05\nAn: Lang, Petra\n"
    "Cc: Technik; Einkauf; Lager; Versand; Buchhaltung; Personal;\nMarketing; Vertrieb\nBetreff: Rückfrage\n",
    "outlook bold": "*Von:* Service-Desk <support@helpdesk.example>\n*Gesendet:* Donnerstag, 7. März 2024 18:05\n"
    "*An:* Petra Lang\n*Betreff:* Rückfrage\n",
    "outlook de importance": "Von: Service-Desk <support@helpdesk.example>\nGesendet: Donnerstag, 7. März 2024 18:05\n"
    "An: Petra Lang\nCc: Technik\nBetreff: Rückfrage\nPriorität: Hoch\n",
    "outlook 2003 de": "-----Ursprüngliche Nachricht-----\nVon: Service-Desk [mailto:support@helpdesk.example]\n"
    "Gesendet: Donnerstag, 7. März 2024 18:05\nAn: Petra Lang\nBetreff: Rückfrage\n",
    "outlook 2003 en": "-----Original Message-----\nFrom: Service-Desk [mailto:support@helpdesk.example]\n"
    "Sent: Thursday, March 7, 2024 6:05 PM\nTo: Petra Lang\nSubject: Question\n",
    "outlook en": "From: Service-Desk <support@helpdesk.example>\nSent: Thursday, March 7, 2024 6:05 PM\n"
    "To: Petra Lang <petra@kunde.example>\nSubject: Question\n",
    "outlook ios de": "Outlook für iOS beziehen<https://aka.ms/o0ukef>\n________________________________\n"
    "Von: Service-Desk <support@helpdesk.example>\nGesendet: Donnerstag, März 7, 2024 6:05 PM\n"
    "An: Petra Lang <petra@kunde.example>\nBetreff: Rückfrage\n",
    "outlook android en": "Get Outlook for Android<https://aka.ms/AAb9ysg>\n________________________________\n"
    "From: Service-Desk <support@helpdesk.example>\nSent: Thursday, March 7, 2024 6:05:11 PM\n"
    "To: Petra Lang <petra@kunde.example>\nSubject: Question\n",
    "windows mail": "Gesendet von Mail für Windows 10\n\nVon: Service-Desk\nGesendet: Donnerstag, 7. März 2024 18:05\n"
    "An: Petra Lang\nBetreff: Rückfrage\n",
    "gmx web": "Gesendet: Donnerstag, 07. März 2024 um 18:05 Uhr\nVon: \"Service-Desk\" <support@helpdesk.example>\n"
    "An: petra@kunde.example\nBetreff: Rückfrage\n",
    "web.de spaced": "Gesendet: Donnerstag, 07. März 2024 um 18:05 Uhr\n\nVon: \"Service-Desk\" <support@helpdesk.example>\n\n"
    "An: petra@kunde.example\n\nBetreff: Rückfrage\n",
    "gmx old": "-------- Original-Nachricht --------\n> Datum: Thu, 7 Mar 2024 18:05:11 +0100\n"
    "> Von: support@helpdesk.example\n> An: petra@kunde.example\n> Betreff: Rückfrage\n",
    "samsung": "Von meinem Samsung Galaxy Smartphone gesendet.\n\n-------- Ursprüngliche Nachricht --------\n"
    "Von: Service-Desk <support@helpdesk.example>\nDatum: 07.03.24  18:05  (GMT+01:00)\nAn: petra@kunde.example\n"
    "Betreff: Rückfrage\n",
    "t-online": "-----Original-Nachricht-----\nBetreff: Rückfrage\nDatum: 2024-03-07T18:05:11+0100\n"
    "Von: \"Service-Desk\" <support@helpdesk.example>\nAn: petra@kunde.example\n",
    "notes": "-----\"Service-Desk\" <support@helpdesk.example> schrieb: -----\nAn: petra@kunde.example\n"
    "Von: \"Service-Desk\" <support@helpdesk.example>\nDatum: 07.03.2024 18:05\nBetreff: Rückfrage\n",
    "zoho": "---- On Thu, 07 Mar 2024 18:05:11 +0100 support@helpdesk.example wrote ----\n",
    "hotmail": "________________________________\nDate: Thu, 7 Mar 2024 18:05:11 +0100\nFrom: support@helpdesk.example\n"
    "To: petra@kunde.example\nSubject: Question\n",
    "outlook fr": "De : Service-Desk <support@helpdesk.example>\nEnvoyé : jeudi 7 mars 2024 18:05\n"
    "À : Petra Lang <petra@kunde.example>\nObjet : Question\n",
    "outlook es": "De: Service-Desk <support@helpdesk.example>\nEnviado: jueves, 7 de marzo de 2024 18:05\n"
    "Para: Petra Lang\nAsunto: Pregunta\n",
    "outlook it": "Da: Service-Desk <support@helpdesk.example>\nInviato: giovedì 7 marzo 2024 18:05\nA: Petra Lang\n"
    "Oggetto: Domanda\n",
    "outlook nl": "Van: Service-Desk <support@helpdesk.example>\nVerzonden: donderdag 7 maart 2024 18:05\n"
    "Aan: Petra Lang\nOnderwerp: Vraag\n",
    "outlook pl": "Od: Service-Desk <support@helpdesk.example>\nWysłano: czwartek, 7 marca 2024 18:05\nDo: Petra Lang\n"
    "Temat: Pytanie\n",
    "outlook cs": "Od: Service-Desk <support@helpdesk.example>\nOdesláno: čtvrtek 7. března 2024 18:05\n"
    "Komu: Petra Lang\nPředmět: Dotaz\n",
    "outlook sv": "Från: Service-Desk <support@helpdesk.example>\nSkickat: den 7 mars 2024 18:05\nTill: Petra Lang\n"
    "Ämne: Fråga\n",
    "outlook da": "Fra: Service-Desk <support@helpdesk.example>\nSendt: 7. marts 2024 18:05\nTil: Petra Lang\n"
    "Emne: Spørgsmål\n",
    "outlook fi": "Lähettäjä: Service-Desk <support@helpdesk.example>\nLähetetty: torstai 7. maaliskuuta 2024 18.05\n"
    "Vastaanottaja: Petra Lang\nAihe: Kysymys\n",
    "outlook hu": "Feladó: Service-Desk <support@helpdesk.example>\nElküldve: 2024. március 7., csütörtök 18:05\n"
    "Címzett: Petra Lang\nTárgy: Kérdés\n",
    "our marker": "##- Bitte oberhalb antworten / Please reply above this line -##\n",
    "gmail unmarked": "Am Do., 7. März 2024 um 18:05 Uhr schrieb Service-Desk <support@helpdesk.example>:\n",
}  # fmt: skip

MARKED_FORMS = [Form(name, _below(attribution), ANSWER) for name, attribution in _ATTRIBUTIONS.items()]
UNMARKED_FORMS = [Form(name, _below(block, UNMARKED), ANSWER) for name, block in _BLOCKS.items()]

ORDERS = [
    Form("answer below the quote", f"Am 07.03.24 um 18:05 schrieb Service-Desk:\n{QUOTED}\n{ANSWER}\n", ANSWER),
    Form("greeting above, answer below", f"Hallo,\n\nAm 07.03.24 um 18:05 schrieb Service-Desk:\n{QUOTED}\nEs geht.", "Hallo, Es geht."),
    Form("signature", "Es geht.\n\n-- \nPetra Lang\nKunde GmbH\nTel. 030 000", "Es geht."),
    Form("signature above the quote", "Es geht.\n\n--\nPetra\n\nAm 07.03.24 um 18:05 schrieb Service-Desk:\n> Geht es?", "Es geht."),
    Form("reply on the line of the attribution",
         "danke Am Do., 7. März 2024 um 18:05 Uhr schrieb Service-Desk <support@helpdesk.example>:\n> Hallo", "danke"),
    Form("phone line alone", "Geht wieder\n\nGesendet von meinem iPad", "Geht wieder"),
    Form("mailing list footer", "Gern.\n\n_______________________________________________\nTechnik mailing list\n"
         "technik@listen.example\nhttps://listen.example/listinfo/technik", "Gern."),
]  # fmt: skip

SHOWN_WHOLE = {
    "answers between the quoted lines": "Am 11.03.24 um 10:12 schrieb Service-Desk:\n> Welche Version?\n\n12.4\n\n> Seit wann?\n\nFreitag.",
    "answers without blank lines": "> Welche Version?\n12.4\n> Seit wann?\nFreitag.",
    "a quote chosen by the writer": "Auf dem Schirm steht:\n\n> Fehler 42\n\nWas bedeutet das?",
    "only a quote": "> Fehler 42\n> Zeile 7",
    "a forward without a word": "\n-----Ursprüngliche Nachricht-----\nVon: V <v@lieferant.example>\nGesendet: Montag, 4. März 2024 09:12\n"
    "An: Lager\nBetreff: Lieferung\n\nnicht lieferbar",
    "a forward with a signature only": "-- \nPetra Lang\n\nVon: V <v@lieferant.example>\nGesendet: Montag, 4. März 2024 09:12\n"
    "An: Lager\nBetreff: Lieferung\n\nnicht lieferbar",
    "a forward with a word": "zur Kenntnis\n\n---------- Weitergeleitete Nachricht ---------\nVon: V <v@lieferant.example>\nDate: Mo., 4. März 2024 um 09:12\n"
    "Subject: Lieferung\nTo: <lager@kunde.example>\n\nnicht lieferbar",
    "an Apple forward": "Bitte übernehmen.\n\nAnfang der weitergeleiteten Nachricht:\n\nVon: V <v@lieferant.example>\nBetreff: Lieferung\n"
    "Datum: 4. März 2024 um 09:12:00 MEZ\nAn: lager@kunde.example\n\nnicht lieferbar",
    "answers in red inside an unmarked quote": "Hallo, meine Antworten in rot.\n\nVon: S <support@helpdesk.example>\nGesendet: Montag, 4. März 2024 09:12\n"
    "An: Petra\nBetreff: Fragen\n\nWelche Version? 12.4",
    "a sentence that tells who wrote": "Am 4. März 2024 um 10:15 schrieb das System folgende Meldung:\nFehler 42\nund danach nichts mehr.",
    "a sentence about a letter": "Am 04.03.2024 um 10:15 Uhr schrieb mir Herr Weber:\ndas Gerät sei bestellt.\n\nStimmt das?",
    "a description with time": "Am 04.03.2024 um 10:15 Uhr trat wie oben beschrieben der Fehler auf:\n0x80070005",
    "a form with fields": "Reiseantrag\n\nVon: Berlin\nAn: Hamburg\nDatum: 12.03.2024\n\nBitte buchen.",
    "an announcement with fields": "Wartung:\n\nDatum: 12.03.2024 10:00\nBetreff: Server\n\nBitte weitersagen.",
    "dates in the text": "Versuche:\n\n2024-01-15 14:30:25\n15.01.2024 14:30\nam 3. März 2024\n\nAlles ohne Erfolg.",
    "lists with dashes": "Punkte:\n-- erstens\n-- zweitens\n\nDanke!",
    "a table with a dashed line": "Dienst Ablauf\n--------------------------\nDNS 27.06.\n\nBitte verlängern.",
    "a long text below two dashes": "Bericht\n--\n" + "\n".join(f"Zeile {n} mit Inhalt" for n in range(40)),
    "sent from in a sentence": "Das Paket wurde\nsent from the airport, will call later\nals Text gezeigt.",
    "a last line about sending": "Das Gerät ist da.\nGesendet mit DHL am 3. März",
    "the word wrote": "I tried what Peter wrote: nothing happened.",
}  # fmt: skip
