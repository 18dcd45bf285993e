"""What a mail may cost at most, checked on its raw bytes before anything is decoded (abuse cases A14, A16)."""

from __future__ import annotations

from dataclasses import dataclass

from app.mailroom.mail import Unreadable
from app.mailroom.words import Obstacle

MAX_MESSAGE = 60 * 1024 * 1024
MAX_HEADER_BLOCK = 256 * 1024
MAX_HEADER_LINE = 64 * 1024
MAX_PARTS = 500
MAX_DEPTH = 20
# A boundary that is the beginning of many ordinary lines makes each of them a candidate to look at.
MAX_FALSE_BOUNDARIES = 20_000


@dataclass(slots=True)
class Budget:
    """Counts what the structure of one mail has used up so far."""

    parts: int = 0
    false_boundaries: int = 0

    def part(self) -> None:
        """One more part.

        Raises:
            Unreadable: more than MAX_PARTS.
        """
        self.parts += 1
        if self.parts > MAX_PARTS:
            raise Unreadable(Obstacle.PARTS, f"more than {MAX_PARTS}")

    def false_boundary(self) -> None:
        """One more line that begins like a boundary and is none.

        Raises:
            Unreadable: more than MAX_FALSE_BOUNDARIES.
        """
        self.false_boundaries += 1
        if self.false_boundaries > MAX_FALSE_BOUNDARIES:
            raise Unreadable(Obstacle.PARTS, f"more than {MAX_FALSE_BOUNDARIES} near-boundaries")


def check_size(size: int, max_bytes: int = MAX_MESSAGE) -> None:
    """Refuse a message that is too large as a whole.

    Args:
        size: bytes of the raw message.
        max_bytes: the most that is read.

    Raises:
        Unreadable: larger.
    """
    if size > max_bytes:
        raise Unreadable(Obstacle.TOO_LARGE, f"{size} bytes, at most {max_bytes}")


def check_header_line(length: int) -> None:
    """Refuse a header line (one physical line, not the unfolded header) of more than MAX_HEADER_LINE bytes.

    Raises:
        Unreadable: longer.
    """
    if length > MAX_HEADER_LINE:
        raise Unreadable(Obstacle.HEADER_LINE, f"{length} bytes, at most {MAX_HEADER_LINE}")


def check_header_block(length: int) -> None:
    """Refuse a header block of more than MAX_HEADER_BLOCK bytes.

    Raises:
        Unreadable: longer.
    """
    if length > MAX_HEADER_BLOCK:
        raise Unreadable(Obstacle.HEADER_BLOCK, f"more than {MAX_HEADER_BLOCK} bytes")


def check_depth(depth: int) -> None:
    """Refuse parts nested more than MAX_DEPTH deep.

    Raises:
        Unreadable: deeper.
    """
    if depth > MAX_DEPTH:
        raise Unreadable(Obstacle.DEPTH, f"more than {MAX_DEPTH}")
