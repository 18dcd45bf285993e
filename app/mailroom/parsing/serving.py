"""The life of a parsing process: a question in, an answer out, until the pipe closes. See child.py."""

from __future__ import annotations

import json
import math
import resource
import struct
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum

from app.mailroom.containers import Container
from app.mailroom.mail import Mail, Unreadable
from app.mailroom.parsing import inside, message, wire
from app.mailroom.words import Obstacle

# Bytes of the question, bytes of the message, processor seconds, bytes of address space.
REQUEST = struct.Struct(">QQQQ")
# Mail, look or refusal, bytes of JSON (or of the refusal's words), bytes of files.
ANSWER = struct.Struct(">cQQ")
MAIL, LOOK, REFUSED = b"M", b"L", b"U"


class Wish(StrEnum):
    """What is wanted of a message: all of it, a look at it, or one of its files."""

    MAIL = "mail"
    LOOK = "look"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a message; see the functions of ``inside`` for the fields."""

    wish: Wish = Wish.MAIL
    container: Container = Container.MAIL
    pictures: Mapping[str, str] | None = None
    remote: bool = False
    number: int = 0

    def told(self) -> bytes:
        """The question as JSON."""
        return json.dumps(asdict(self)).encode("ascii")


WHOLE_MAIL = Question()


def serve() -> None:
    """Answer requests on standard input until it ends; runs in the process that child.py starts."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while len(head := source.read(REQUEST.size)) == REQUEST.size:
        asked, size, cpu_seconds, memory = REQUEST.unpack(head)
        question = _question(source.read(asked))
        raw = source.read(size)
        _limit(cpu_seconds, memory)
        kind, told, files = answer(raw, question)
        sink.write(ANSWER.pack(kind, len(told), sum(map(len, files))))
        sink.write(told)
        for data in files:
            sink.write(data)
        sink.flush()


def answer(raw: bytes, question: Question = WHOLE_MAIL) -> tuple[bytes, bytes, list[bytes]]:
    """MAIL with the mail as wire.dump tells it (for a file: a mail of that file alone, or of none), LOOK, or REFUSED
    with reason and detail on two lines.

    Args:
        raw: the message.
        question: what is asked of it.
    """
    try:
        if question.wish is Wish.LOOK:
            look = inside.look(raw, question.container, question.pictures, remote=question.remote)
            return LOOK, wire.dump_look(look), []
        told, files = wire.dump(_mail(raw, question))
    except Unreadable as refusal:
        return REFUSED, f"{refusal.reason}\n{refusal.detail}".encode(), []
    except MemoryError:
        return REFUSED, f"{Obstacle.MEMORY}\n".encode(), []
    return MAIL, told, files


def _mail(raw: bytes, question: Question) -> Mail:
    if question.wish is Wish.MAIL:
        return message.parse(raw)
    part = inside.file(raw, question.container, question.number)
    return Mail(attachments=(part,) if part else ())


def _question(told: bytes) -> Question:
    fields = json.loads(told)
    wish, container = Wish(fields.pop("wish")), Container(fields.pop("container"))
    return Question(wish=wish, container=container, **fields)


def _limit(cpu_seconds: int, memory: int) -> None:
    """Processor time counts from the start of the process, so what is used up is added."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = math.ceil(usage.ru_utime + usage.ru_stime)
    resource.setrlimit(resource.RLIMIT_CPU, (used + cpu_seconds, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_AS, (memory, resource.RLIM_INFINITY))
