"""File names and types as we trust them: names for display only, types by content."""

from __future__ import annotations

import io
import re
import threading

from PIL import Image, ImageOps

from app.core.text import UNSEEN

RESERVED = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"com{i}" for i in range(1, 10)),
    *(f"lpt{i}" for i in range(1, 10)),
}
MAX_NAME = 120
MAX_PIXELS = 40_000_000
UNPACKED_PIXELS = 12_000_000
IMAGES = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}
SIGNATURES = (
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"\x1f\x8b", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"MZ", "application/x-msdownload"),
    (b"\x7fELF", "application/x-executable"),
)
OFFICE = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "msg": "application/vnd.ms-outlook",
}
TEXTS = {"csv": "text/csv", "eml": "message/rfc822", "ics": "text/calendar", "json": "application/json"}
REFUSED = {"application/x-msdownload", "application/x-executable"}
_unpacking = threading.Lock()


def display_name(name: str) -> str:
    """A file name that is safe to print and to put into a header; never used as a path.

    Path parts, control and direction marks, leading dots and dashes go; device names get an underscore.
    """
    last = re.split(r"[\\/]", UNSEEN.sub("", name.replace("\r", "").replace("\n", "")))[-1]
    last = re.sub(r'[<>:"|?*]', "_", last).strip().lstrip(".-").strip()
    if not last:
        return "file"
    if last.split(".")[0].lower() in RESERVED:
        last = f"_{last}"
    if len(last) <= MAX_NAME:
        return last
    stem, dot, ending = last.rpartition(".")
    return (
        last[:MAX_NAME] if not dot or len(ending) > 10 else stem[: MAX_NAME - len(ending) - 1] + dot + ending
    )


def type_of(head: bytes, name: str) -> str:
    """The content type by the first bytes; the name only chooses among kinds that share a wrapper.

    Args:
        head: at least the first 4 KB of the file.
        name: its display name.
    """
    ending = name.rpartition(".")[2].lower()
    image = picture_type(head)
    if image:
        return image
    for signature, kind in SIGNATURES:
        if head.startswith(signature):
            wrapper = kind in ("application/zip", "application/x-ole-storage")
            return OFFICE.get(ending, kind) if wrapper else kind
    if b"\x00" in head[:4096]:
        return "application/octet-stream"
    return TEXTS.get(ending, "text/plain")


def picture_type(head: bytes) -> str:
    """The type when the bytes begin a raster picture we show, else an empty string."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return "image/gif"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return ""


def shows_as_picture(data: bytes) -> bool:
    """Whether a picture decodes within our limits, so that it may be shown in the page."""
    try:
        with Image.open(io.BytesIO(data), formats=tuple(IMAGES)) as image:
            if image.width * image.height > MAX_PIXELS:
                return False
            image.verify()
    except Exception:  # Pillow raises many kinds for broken files
        return False
    return True


def avatar(data: bytes, edge: int = 256) -> bytes:
    """A square PNG made anew from an uploaded picture; nothing of the original file survives.

    One at a time: unpacked, a small file may take a few hundred megabytes (abuse case A28).

    Raises:
        ValueError: not a picture, or too many pixels.
    """
    if not shows_as_picture(data):
        raise ValueError("not a picture")
    with _unpacking, Image.open(io.BytesIO(data), formats=tuple(IMAGES)) as sent:
        sent.draft("RGB", (2 * edge, 2 * edge))  # a JPEG unpacks at no more than the size that is needed
        if sent.width * sent.height > UNPACKED_PIXELS:
            raise ValueError("too many pixels")
        square = min(sent.size)
        left, top = (sent.width - square) // 2, (sent.height - square) // 2
        made = sent.convert("RGB").resize((edge, edge), box=(left, top, left + square, top + square))
    out = io.BytesIO()
    ImageOps.exif_transpose(made).save(out, "PNG")  # telephones write turned pictures with a note
    return out.getvalue()
