"""From the parts of a message to what people read and keep: one text, one HTML, the files."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from urllib.parse import unquote

from app.mailroom.mail import Part
from app.mailroom.markup import text as markup_text
from app.mailroom.markup.tokens import MAX_HTML
from app.mailroom.parsing import charsets, filenames, flowed, headers, message_ids, tnef, transfer
from app.mailroom.parsing.structure import Entity

MAX_TEXT = 1_000_000
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE)
_CID = re.compile(r"cid:([^\"'\s<>)]{1,300})", re.IGNORECASE)
_TEXTS = frozenset({"text/plain", "text/html"})
_TNEF = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_SPARE = frozenset({"text/x-amp-html", "text/watch-html"})


@dataclass(slots=True)
class _Segment:
    """A piece of the readable message: plain, HTML, or both when they are alternatives."""

    plain: str | None = None
    html: str | None = None


@dataclass(slots=True)
class _File:
    content_type: str
    filename: str
    content_id: str
    disposition: str
    data: bytes


@dataclass(slots=True)
class Body:
    """What a message says and holds; see mail.Mail for the fields."""

    text: str = ""
    html: str | None = None
    parts: list[Part] = field(default_factory=list)
    message_class: str = ""


def read(raw: bytes, root: Entity) -> Body:
    """The text, the HTML and the files of a message.

    Args:
        raw: the message.
        root: its structure, from structure.scan.
    """
    return _BodyReader(raw).read(root)


def content(raw: bytes, entity: Entity) -> bytes:
    """The bytes of one part, its transfer encoding undone."""
    return transfer.decode(raw[entity.start : entity.end], entity.first("content-transfer-encoding"))


class _BodyReader:
    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._files: list[_File] = []
        self._tnef_text = _Segment()
        self._message_class = ""

    def read(self, root: Entity) -> Body:
        segments = [segment for segment in self._segments(root) if segment.plain or segment.html]
        if not any((segment.plain or segment.html or "").strip() for segment in segments):
            segments = [self._tnef_text]
        text = "\n\n".join(_as_text(segment).strip("\n") for segment in segments)
        markup = self._markup(segments)
        body = Body(self._kept_text(text), self._kept_html(markup), message_class=self._message_class)
        body.parts = _parts(self._files, markup or "")
        return body

    def _segments(self, entity: Entity) -> list[_Segment]:
        if not entity.children:
            return self._leaf(entity)
        found = [self._segments(child) for child in entity.children]
        if entity.content_type != "multipart/alternative":
            return [segment for segments in found for segment in segments]
        return [_alternative(found)]

    def _leaf(self, entity: Entity) -> list[_Segment]:
        kind = entity.content_type
        if kind.startswith("multipart/"):
            kind = "text/plain"
        if kind in _SPARE:
            return []
        data = content(self._raw, entity)
        if kind not in _TEXTS or _is_file(entity):
            self._keep(entity, kind, data)
            return []
        if kind == "text/html":
            return [_Segment(html=charsets.decode(data, entity.charset or _meta_charset(data)))]
        return [_Segment(plain=self._plain(entity, data))]

    def _plain(self, entity: Entity, data: bytes) -> str:
        if b"begin " in data:
            data = self._without_uu(data)
        text = charsets.decode(data, entity.charset)
        if entity.parameter("format").lower() == "flowed":
            return flowed.unflow(text, delete_space=entity.parameter("delsp").lower() == "yes")
        return text

    def _without_uu(self, data: bytes) -> bytes:
        kept: list[bytes] = []
        position = 0
        for block in transfer.uu_blocks(data):
            name = charsets.decode(block.name)
            self._files.append(_File("application/octet-stream", name, "", "attachment", block.content))
            kept.append(data[position : block.start])
            position = block.end
        kept.append(data[position:])
        return b"".join(kept)

    def _keep(self, entity: Entity, kind: str, data: bytes) -> None:
        filename = entity.filename
        if kind in _TNEF or filename.lower() == "winmail.dat":
            if self._unpack(data):
                return
        elif kind == "message/rfc822" and not filename:
            filename = _name_for_message(data)
        content_id = entity.first("content-id").decode("ascii", "replace").strip().strip("<>")[:300]
        self._files.append(_File(kind, filename, content_id, entity.disposition, data))

    def _unpack(self, data: bytes) -> bool:
        """Whether the winmail.dat gave all it holds, so that it need not be kept itself."""
        try:
            package = tnef.unpack(data)
        except tnef.NotTnef:
            return False
        self._message_class = self._message_class or package.message_class
        self._tnef_text = _Segment(package.text or None, package.html or None)
        for file in package.files:
            kind = file.content_type or "application/octet-stream"
            self._files.append(_File(kind, file.name, file.content_id, "attachment", file.data))
        return bool(package.files)

    def _markup(self, segments: list[_Segment]) -> str | None:
        if not any(segment.html for segment in segments):
            return None
        return "\n".join(segment.html or _as_markup(segment.plain or "") for segment in segments)

    def _kept_text(self, text: str) -> str:
        """A text beyond MAX_TEXT is shown in part and kept as a file."""
        if len(text) <= MAX_TEXT:
            return text
        self._files.append(_File("text/plain", "message.txt", "", "attachment", text.encode("utf-8")))
        return text[: text.rfind("\n", 0, MAX_TEXT) if "\n" in text[:MAX_TEXT] else MAX_TEXT]

    def _kept_html(self, markup: str | None) -> str | None:
        if markup is None or len(markup) <= MAX_HTML:
            return markup
        self._files.append(_File("text/html", "message.html", "", "attachment", markup.encode("utf-8")))
        return None


def _alternative(found: list[list[_Segment]]) -> _Segment:
    """The plain text of the first alternative that has one, the HTML of the last."""
    plain = None
    markup = None
    for segments in found:
        if any(segment.html for segment in segments):
            markup = "\n".join(segment.html or _as_markup(segment.plain or "") for segment in segments)
        elif segments and plain is None:
            joined = "\n\n".join(segment.plain or "" for segment in segments)
            plain = joined if joined.strip() else None
    return _Segment(plain, markup)


def _as_text(segment: _Segment) -> str:
    if segment.plain is not None and segment.plain.strip():
        return segment.plain
    return markup_text.convert(segment.html) if segment.html else segment.plain or ""


def _as_markup(plain: str) -> str:
    return f'<div style="white-space: pre-wrap">{html.escape(plain)}</div>' if plain else ""


def _meta_charset(data: bytes) -> str:
    match = _META_CHARSET.search(data, 0, 2048)
    return match[1].decode("ascii") if match else ""


def _is_file(entity: Entity) -> bool:
    """A text with a name is a file, unless it is all there is to read."""
    if entity.disposition == "attachment":
        return True
    return bool(entity.filename) and entity.parent_type not in ("", "multipart/alternative")


def _name_for_message(data: bytes) -> str:
    fields, _ = enclosed_fields(data)
    subject = next((headers.text(value[:2_000]) for name, value in fields if name == "subject"), "")
    words = subject.replace("/", "-").replace("\\", "-")[:80].strip()
    return f"{words}.eml" if words else ""


def enclosed_fields(data: bytes) -> tuple[headers.Fields, tuple[str, ...]]:
    """The header fields of an enclosed message and its Message-ID, read from its first 64 KB."""
    head = data[: 64 * 1024]
    fields, _ = headers.read(head, 0, len(head), top=True)
    ids = message_ids.listed([headers.text(value[:2_000]) for name, value in fields if name == "message-id"])
    return fields, ids


def _parts(files: list[_File], markup: str) -> list[Part]:
    shown = {unquote(cid).lower() for cid in _CID.findall(markup)}
    parts: list[Part] = []
    for number, file in enumerate(files, start=1):
        name = filenames.clean(file.filename) or filenames.made_up(file.content_type, number)
        is_image = file.content_type.startswith("image/")
        inline = (bool(file.content_id) and file.content_id.lower() in shown) or (
            is_image and file.disposition == "inline"
        )
        parts.append(Part(name, file.content_type, file.content_id, inline, file.data))
    return parts
