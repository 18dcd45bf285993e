"""Raw mails with HTML, and pictures in it."""

from __future__ import annotations

from collections.abc import Mapping
from email.message import EmailMessage
from email.policy import SMTP

from tests.support.letters import MIA, SUPPORT

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63"
    "f8cfc0f01f00050001ff89993d1d0000000049454e44ae426082"
)


def html_letter(
    html: str,
    text: str = "Guten Tag",
    *,
    pictures: Mapping[str, bytes] | None = None,
    headers: Mapping[str, str] | None = None,
    subject: str = "Mit Bild",
) -> bytes:
    """A mail with a plain twin.

    Args:
        html: as the sender's program wrote it, taken over byte by byte.
        pictures: bytes by Content-ID, named after it.
        headers: further ones.
    """
    message = EmailMessage(policy=SMTP)
    for name, value in {"From": MIA, "To": SUPPORT, "Subject": subject, **(headers or {})}.items():
        message[name] = value
    message.set_content(text)
    message.add_alternative(html, subtype="html", cte="base64")
    shown = message.get_payload()[1]
    for content_id, data in (pictures or {}).items():
        shown.add_related(data, "image", "png", cid=f"<{content_id}>", filename=f"{content_id[:20]}.png")
    return message.as_bytes()
