"""What mail programs write around a quoted message, in the languages of Europe and some beyond.

Gathered from the programs' own localisations: Outlook (desktop, web, mobile), Gmail, Apple Mail, Thunderbird,
GMX, Web.de, Yahoo, Zoho, Proton, Lotus Notes, Samsung and other phones.
"""

from __future__ import annotations

import re

# "… wrote:" and what stands for it.
_VERBS = (
    r"wrote|writes|schrieb(?: sie)?|schrieben(?: sie)?|hat (?:.{1,80} )?geschrieben|schreef|"
    r"(?:heeft (?:.{1,80} )?)?het volgende geschreven|skrev|a [ée]crit|escribi[óo]|ha scritto|scrisse|escreveu"
    r"|napisał(?:a|\(a\))?|napisal|napsal(?:a|\(a\))?|napísal(?:a)?|kirjoitti|írta|написал(?:а|\(а\))?|пишет|пише|pisze"
    r"|έγραψε|a scris|yazdı|je napisao|je napisal|rašė|kirjutas"
)
VERB = re.compile(rf"(?<!\w)(?:{_VERBS})(?!\w)|写道|寫道|님이 작성|(?:sent|said)\s*:$", re.IGNORECASE)
# A piece of every verb above: no verb without one of them, and looking for them is fast.
VERB_STEMS = (
    "wrote", "writes", "schr", "skrev", "crit", "escri", "napis", "napís", "naps", "kirjoitti", "írta", "напис", "пиш",
    "pisze", "γραψε", "yazd", "raš", "kirjut", "sent", "said", "写道", "寫道", "님이",
)  # fmt: skip
VERB_AT_END = re.compile(rf"(?<!\w)(?:{_VERBS})$", re.IGNORECASE)
# A person telling a story, not a program: "schrieb mir Herr Weber:", "schrieb das System folgende Meldung:".
STORY = re.compile(
    r"\b(?:schrieb(?:en)? (?:mir|uns|ich|wir|er|man|das|die|der|ein|eine)|(?:wrote|writes) (?:me|us|that|back|the|this)"
    r"|haben? (?:.{1,60} )?geschrieben|m'a écrit|nous a écrit|folgende[snmr]?|the (?:system|server|following|log|app)"
    r"|fehler(?:meldung)?|error|log(?:file|datei)?)\b",
    re.IGNORECASE,
)
# What stands between the time and the name, or around the name, in one language or another.
GLUE = frozenset((
    "uhr", "um", "at", "à", "a", "om", "heeft", "het", "volgende", "geschreven", "hat", "pm", "am", "p.m.",
    "a.m.", "gmt", "utc", "cet", "cest", "est", "edt", "pst", "pdt", "bst", "klo", "kl", "o", "godz.", "via",
    "från", "von", "użytkownik", "пользователь", "в", "г.", "le", "alle", "ore", "las", "às", "ha", "the",
    "nd", "from",
))  # fmt: skip

_WEEKDAYS = (
    r"mon?|die?|mi|do|fr|sa|so|tue|wed|thu|fri|sat|sun|lun|mar|mer|jeu|ven|sam|dim|mié|jue|vie|sáb|dom|gio|seg|ter"
    r"|qua|qui|sex|ma|wo|za|zo|man|tir|ons|tor|fre|lør|søn|mån|tis|lör|sön|pon|wt|śr|czw|pt|sob|niedz|po|út|st|čt"
    r"|pá|ne|ke|pe|la|su|to|вт|ср|чт|пт|сб|вс|пн|нд"
)
# How an attribution begins: a preposition of time, a weekday, a date, or the dashes of Zoho.
START = re.compile(
    r"[\s>*_|-]{0,12}(?:"
    r"(?:on|at|in message|am|le|op|el|il|em|den|på|w dniu|dnia|dne|dňa|pe|dana|kl|în|пользователь|在)\b"
    rf"|(?:{_WEEKDAYS})[a-zà-žа-я]{{0,8}}\.?,? .{{0,3}}\d"
    r"|\d{1,4}[./-]\s?\d|\d{4}\. [a-z]|\d{1,2}\.? [a-zà-žа-я]{3,12}\.? )",
    re.IGNORECASE,
)
# The same in the middle of a line that begins with a word of the answer: "danke Am 4.3.2024 um … schrieb …:".
MIDDLE_START = re.compile(
    rf"[ \t]+(?=(?:On|Am|Le|El|Il|Op) (?:(?i:{_WEEKDAYS})[a-z]{{0,8}}\.?,? |[A-Z][a-z]{{2,8}}\.? \d|\d))"
)
ADDRESS = re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}\.[\w.-]{2,}")
BRACKETED_ADDRESS = re.compile(r"<[^<>@\s]{1,64}@[^<>@\s]{3,250}>")
TIME = re.compile(r"\b\d{1,2}[:.h]\d{2}\b")
DATE = re.compile(
    r"\b(?:\d{1,2}[./-]\s?\d{1,2}[./-]|\d{4}[./-]\d{1,2}[./-]\d|(?:19|20)\d\d\b"
    r"|\d{1,2}\.? [a-zà-žа-я]{3,}|[a-zà-ž]{3,9}\.? \d{1,2}\b)"
    r"|\d{4}年",
    re.IGNORECASE,
)

FROM, DATED, TO, ABOUT, COPY, OTHER = "from", "dated", "to", "about", "copy", "other"
_LABELS = {
    FROM: (
        "from|von|de|da|van|fra|från|od|expéditeur|lähettäjä|nadawca|feladó|от|от кого|absender|kimden|gönderen|发件人"
        "|寄件者|差出人|보낸 사람"
    ),
    DATED: (
        "sent|date|gesendet|gesendet am|datum|envoyé|envoyé le|fecha|enviado|enviado el|enviado em|enviada em|data"
        "|inviato|verzonden|verzonden op|sendt|dato|skickat|wysłano|wysłane|odesláno|odoslané|lähetetty|päivämäärä"
        "|küldve|elküldve|dátum|отправлено|дата|tarih|发送时间|日期|送信日時|보낸 날짜|sent at|received"
    ),
    TO: (
        "to|an|à|para|a|aan|til|till|do|komu|pro|vastaanottaja|címzett|кому|empfänger|destinataire|kime|收件人|宛先"
        "|받는 사람"
    ),
    ABOUT: (
        "subject|betreff|objet|asunto|assunto|oggetto|onderwerp|emne|ämne|temat|předmět|predmet|aihe|tárgy|тема|konu"
        "|thema|主题|主旨|件名|제목"
    ),
    COPY: "cc|bcc|kopie|copie|copie à|copia|kopi|kopia|dw|kopio|másolatot kap|копия|抄送|참조",
    OTHER: (
        "reply-to|antwort an|antworten an|répondre à|wichtigkeit|importance|priorität|priority|prioriteit|attachments"
        "|anlagen|anhänge|anlage|pièces jointes|allegati|bijlagen|adjuntos|organisation|organization|organisatie"
        "|sensitivity|vertraulichkeit|mailed-by|signed-by"
    ),
}  # fmt: skip
LABELS = {label: kind for kind, labels in _LABELS.items() for label in labels.split("|")}
# "Date" could head a form a person filled in; these are only ever written by a program.
PROGRAM_DATES = frozenset(
    {
        "sent",
        "gesendet",
        "envoyé",
        "enviado",
        "inviato",
        "verzonden",
        "sendt",
        "skickat",
        "wysłano",
        "odesláno",
        "отправлено",
    }
)
LABEL = re.compile(r"[\s*_|]{0,8}([^\W\d_][^\W\d_ -]{0,14}(?:[ -][^\W\d_]{1,10}){0,2})[\s*_]{0,4}[:：]")

# Between dashes: "-----Original Message-----".
SEPARATORS = (
    "original message", "original-message", "original mail", "original e-mail", "original email",
    "original appointment", "reply message", "ursprüngliche nachricht", "urspruengliche nachricht",
    "originalnachricht", "original-nachricht", "original nachricht", "originale nachricht", "ursprüngliche mail",
    "ursprüngliche e-mail", "ursprünglicher termin", "antwort nachricht", "message d'origine", "message original",
    "message initial", "mensaje original", "messaggio originale", "messaggio orig", "oorspronkelijk bericht",
    "origineel bericht", "oprindelig meddelelse", "oprindelig besked", "ursprungligt meddelande",
    "opprinnelig melding", "alkuperäinen viesti", "wiadomość oryginalna", "oryginalna wiadomość",
    "wiadomość źródłowa", "původní zpráva", "pôvodná správa", "eredeti üzenet", "исходное сообщение",
    "mensagem original", "orijinal ileti", "原始邮件", "原始郵件", "元のメッセージ", "원본 메시지",
)  # fmt: skip
FORWARDS = (
    "forwarded message", "forwarded by", "weitergeleitete nachricht", "weitergeleitete e-mail", "weitergeleitete mail",
    "weitergeleitet von", "message transféré", "message réexpédié", "mensaje reenviado", "messaggio inoltrato",
    "doorgestuurd bericht", "mensagem encaminhada", "mensagem reencaminhada", "videresendt meddelelse",
    "videresendt besked", "vidarebefordrat meddelande", "videresendt melding", "välitetty viesti",
    "przekazana wiadomość", "wiadomość przekazana", "přeposlaná zpráva", "továbbított üzenet",
    "пересылаемое сообщение", "转发的邮件", "转发邮件",
)  # fmt: skip
FORWARD_LINES = (
    "begin forwarded message", "anfang der weitergeleiteten nachricht", "anfang der weitergeleiteten e-mail",
    "début du message transféré", "début du message réexpédié", "inizio messaggio inoltrato",
    "inicio del mensaje reenviado", "inicio de mensaje reenviado", "begin doorgestuurd bericht",
    "início da mensagem encaminhada", "start på videresendt besked", "vidarebefordrat brev",
)  # fmt: skip

# The person says that the answers stand inside the quote, where no program can see them.
INLINE = re.compile(
    r"\b(?:siehe (?:unten|weiter unten|im text|inline|rot|blau|grün)|s\.\s?u\.|im text|in (?:rot|blau|grün|fett|farbe)"
    r"|farbig|inline|zwischen den zeilen"
    r"|(?:antworten?|kommentare?|anmerkungen?) (?:(?:siehe|stehen|direkt) )?(?:weiter )?(?:unten|darunter|im|in der)"
    r"|unten (?:eingefügt|ergänzt|angefügt|beantwortet)|in (?:deine|ihre)[rm]? mail"
    r"|see (?:my )?(?:answers?|comments?|replies|response|notes) (?:below|inline|in)|see (?:below|inline)"
    r"|(?:answers?|comments?|replies) (?:below|inline|in (?:red|blue|green|bold))|in (?:red|blue|green|bold)|below in"
    r"|voir (?:ci-dessous|plus bas|dans le texte)|en rouge|en rojo|in rosso|zie onder)(?!\w)",
    re.IGNORECASE,
)

# Programs, devices and providers that sign their users' mail.
_APPS = (
    r"(?:outlook|mail|windows|yahoo|samsung|galaxy|iphone|ipad|ipod|android|blackberry|gmail|proton ?mail|tuta(?:nota)?"
    r"|gmx|web\.de|freenet|t-online|telekom|k-?9|spark|blue ?mail|aqua ?mail|fairemail|mailbird|em client|posteo|ios"
    r"|huawei|xiaomi|nokia|htc|sony|lg|oneplus|google|surface|airmail|newton|thunderbird|handy|smartphone|tablet"
    r"|typeapp|mymail|mobile|mailbox|a phone|zoho|mobiltelefon|mobilgerät|unterwegs"
    r"|orange|laposte|libero|virgilio|wp|onet)"
)
_DEVICE_LINES = (
    r"sent from my .{2,80}",
    rf"sent (?:from|via|with|using) (?:my |the )?{_APPS}\b[^,;:!?]{{0,60}}",
    r"(?:get|download) outlook for .{2,30}",
    r"von mein(?:em|er|em/meiner) .{2,60} (?:gesendet|geschickt|verschickt|versendet)",
    rf"von .{{0,40}}{_APPS}.{{0,20}} gesendet",
    r"(?:gesendet|versendet|verschickt|geschickt) (?:von|mit|über|via) meine[mr] .{2,70}",
    rf"(?:gesendet|versendet|verschickt) (?:von|mit|über|via|vom) (?:der |dem )?(?:mobilen )?{_APPS}\b[^,;:!?]{{0,60}}",
    r"diese (?:nachricht|e-?mail|mail) wurde von mein.{2,100} gesendet",
    r"(?:holen sie sich|hol dir|laden sie|lade) outlook für .{2,30}",
    r"outlook für .{2,20} (?:beziehen|herunterladen|abrufen|holen)",
    rf"envoyé (?:de|depuis|à partir de|avec|via) (?:mon |l'application )?{_APPS}\b.{{0,60}}",
    r"(?:télécharger|obtenir|obtenez|téléchargez) outlook pour .{2,20}",
    r"provenance : courrier pour windows.{0,10}",
    rf"enviado (?:desde|do|de|com|con|via|a partir d[eo]) (?:mi |meu |el |o )?{_APPS}\b.{{0,60}}",
    r"(?:obtener|descargar|obtén|obter o|obter) outlook para .{2,20}",
    rf"inviato (?:da|dal|con) (?:mio )?{_APPS}\b.{{0,60}}",
    r"(?:scarica|ottieni) outlook per .{2,20}",
    r"(?:verzonden|verstuurd) (?:vanaf|met|vanuit|via) (?:mijn|outlook|mail|yahoo|samsung|proton).{0,60}",
    r"outlook voor .{2,20} (?:downloaden|ophalen)",
    r"sendt fra (?:min|mit|mail|outlook|yahoo|samsung).{0,40}",
    r"(?:hent|skaff deg|få) outlook (?:til|for) .{2,20}",
    r"skickat från (?:min|mitt|mail|outlook|yahoo|samsung).{0,40}",
    r"hämta outlook för .{2,20}",
    rf"(?:wysłane|wysłano) (?:z|ze|przy) .{{0,30}}{_APPS}.{{0,40}}",
    r"pobierz (?:aplikację )?outlook .{2,20}",
    rf"(?:odesláno|odoslané) z .{{0,30}}{_APPS}.{{0,40}}",
    rf"lähetetty .{{0,20}}{_APPS}.{{0,40}}",
    rf"(?:küldve|elküldve) .{{0,20}}{_APPS}.{{0,40}}",
    rf"отправлено (?:с|из) .{{0,30}}{_APPS}.{{0,40}}",
)
DEVICE = re.compile(rf"[\s>*_(<-]{{0,4}}(?:{'|'.join(_DEVICE_LINES)})[\s.*_)>!]{{0,4}}", re.IGNORECASE)
# With a link behind it, a program wrote it, whatever the program is called.
DEVICE_WITH_LINK = re.compile(
    r"(?:sent|gesendet|envoyé|enviado|inviato|verzonden) (?:from|via|with|von|mit|de|da|met) .{2,40}",
    re.IGNORECASE,
)
LINK = re.compile(r"\s{0,2}[<(\[]?https?://[^\s<>]{1,1500}[>)\]]?", re.IGNORECASE)
