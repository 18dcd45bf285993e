"""The life of a parsing process: a message in, an answer out, until the pipe closes. See child.py."""

from __future__ import annotations

import math
import resource
import struct
import sys

from app.mailroom.mail import Unreadable
from app.mailroom.parsing import message, wire
from app.mailroom.words import Obstacle

# Bytes of the message, processor seconds, bytes of address space.
REQUEST = struct.Struct(">QQQ")
# Mail or refusal, bytes of JSON (or of the refusal's words), bytes of files.
ANSWER = struct.Struct(">cQQ")
MAIL, REFUSED = b"M", b"U"


def serve() -> None:
    """Answer requests on standard input until it ends; runs in the process that child.py starts."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while len(head := source.read(REQUEST.size)) == REQUEST.size:
        size, cpu_seconds, memory = REQUEST.unpack(head)
        raw = source.read(size)
        _limit(cpu_seconds, memory)
        kind, told, files = answer(raw)
        sink.write(ANSWER.pack(kind, len(told), sum(map(len, files))))
        sink.write(told)
        for data in files:
            sink.write(data)
        sink.flush()


def answer(raw: bytes) -> tuple[bytes, bytes, list[bytes]]:
    """MAIL with the mail as wire.dump tells it, or REFUSED with reason and detail on two lines.

    Args:
        raw: the message.
    """
    try:
        told, files = wire.dump(message.parse(raw))
    except Unreadable as refusal:
        return REFUSED, f"{refusal.reason}\n{refusal.detail}".encode(), []
    except MemoryError:
        return REFUSED, f"{Obstacle.MEMORY}\n".encode(), []
    return MAIL, told, files


def _limit(cpu_seconds: int, memory: int) -> None:
    """Processor time counts from the start of the process, so what is used up is added."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = math.ceil(usage.ru_utime + usage.ru_stime)
    resource.setrlimit(resource.RLIMIT_CPU, (used + cpu_seconds, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_AS, (memory, resource.RLIM_INFINITY))
