"""Names of files as strangers give them, made fit to be shown and offered for download (abuse case A18)."""

from __future__ import annotations

import re
import unicodedata

MAX_LENGTH = 150
_PATH = re.compile(r"[/\\]")
_UNWANTED = re.compile("[\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]")
_NOT_PORTABLE = re.compile(r'[<>:"|?*]')
_LEADING = re.compile(r"^[.~\s-]+")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)
_EXTENSIONS = {
    "application/ics": ".ics",
    "application/json": ".json",
    "application/ms-tnef": ".dat",
    "application/msword": ".doc",
    "application/pdf": ".pdf",
    "application/pgp-encrypted": ".asc",
    "application/pgp-signature": ".asc",
    "application/pkcs7-mime": ".p7m",
    "application/pkcs7-signature": ".p7s",
    "application/rtf": ".rtf",
    "application/xml": ".xml",
    "application/zip": ".zip",
    "audio/mpeg": ".mp3",
    "audio/wav": ".wav",
    "image/bmp": ".bmp",
    "image/gif": ".gif",
    "image/heic": ".heic",
    "image/jpeg": ".jpg",
    "image/jpg": ".jpg",
    "image/png": ".png",
    "image/svg+xml": ".svg",
    "image/tiff": ".tif",
    "image/webp": ".webp",
    "message/rfc822": ".eml",
    "text/calendar": ".ics",
    "text/css": ".css",
    "text/csv": ".csv",
    "text/html": ".html",
    "text/plain": ".txt",
    "text/rtf": ".rtf",
    "text/vcard": ".vcf",
    "text/x-vcard": ".vcf",
    "text/xml": ".xml",
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
}
_STEMS = {"text/calendar": "invite", "message/rfc822": "message"}


def clean(name: str) -> str:
    """The name to show: no path, no control, direction or invisible characters, portable, '' when none is left.

    Args:
        name: as decoded from the header.
    """
    name = _UNWANTED.sub("", _PATH.split(unicodedata.normalize("NFC", name))[-1])
    name = _NOT_PORTABLE.sub("_", " ".join(name.split())).rstrip(". ")
    hidden = _LEADING.match(name)
    if hidden:
        name = "_" + name[hidden.end() :] if len(name) > hidden.end() else ""
    if _RESERVED.fullmatch(name):
        name = "_" + name
    return _shortened(name)


def made_up(content_type: str, number: int) -> str:
    """A name for a part that has none.

    Args:
        content_type: in lower case.
        number: which file of the mail it is, from 1.
    """
    stem = _STEMS.get(content_type) or (
        "image"
        if content_type.startswith("image/")
        else "report"
        if content_type.startswith("message/")
        else "file"
    )
    fallback = ".txt" if content_type.startswith(("text/", "message/")) else ".bin"
    return f"{stem}-{number}{_EXTENSIONS.get(content_type, fallback)}"


def _shortened(name: str) -> str:
    if len(name) <= MAX_LENGTH:
        return name
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension) > 20:
        return name[:MAX_LENGTH].rstrip(". ")
    return stem[: MAX_LENGTH - len(extension) - 1].rstrip(". ") + "." + extension
