"""JSON log lines with the request id; secrets are blanked before they are written.

One event is one line whatever it carries: line ends, control and direction marks are escaped, so nobody can write
a second line, or a misleading one, through a header, an address or a file name.
"""

from __future__ import annotations

import fcntl
import json
import logging
import logging.handlers
import os
import re
import sys
from pathlib import Path
from typing import Any

import structlog
from structlog.types import EventDict, Processor

BLANK = "***"
SHORTEST_SECRET = 10  # characters of a text worth searching
SECRET_NAMES = re.compile(
    r"password|passwd|secret|token|authorization|cookie|api_?key|webhook_url|dsn|encryption_keys",
    re.IGNORECASE,
)
# Inside texts: credentials of an address, bearer tokens, name=value pairs, the one-time links of our own paths, and
# API keys but for their prefix, which may be seen.
SECRET_TEXTS = (
    (re.compile(r"(://[^/\s:@]*):[^/\s@]+@"), rf"\1:{BLANK}@"),
    (re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]{8,}", re.IGNORECASE), rf"\1 {BLANK}"),
    (
        re.compile(
            r"\b(password|passwd|secret|token|api_?key|sig)(\"?'?\s*[=:]\s*\"?'?)[^\s\"'&,;]+", re.IGNORECASE
        ),
        rf"\1\2{BLANK}",
    ),
    (re.compile(r"(/(?:auth|rate|invite)/[^\s?]*?)[\w%~-]{32,}"), rf"\1{BLANK}"),
    (re.compile(r"(hd_[0-9a-f]{12}_)[\w%~-]{8,}"), rf"\1{BLANK}"),
)
UNSEEN = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
LOG_BYTES = 15 * 1024 * 1024
LOG_FILES = 10


def get(name: str) -> structlog.stdlib.BoundLogger:
    """The logger of a module."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def blank(value: Any, name: str = "") -> Any:
    """The value without secrets, told by their names and by how they look; goes into lists and mappings."""
    if name and SECRET_NAMES.search(name):
        return value if value in (None, "", True, False) else BLANK
    if isinstance(value, str) and len(value) >= SHORTEST_SECRET:
        for pattern, instead in SECRET_TEXTS:
            value = pattern.sub(instead, value)
        return value
    if isinstance(value, dict):
        return {key: blank(inner, str(key)) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [blank(inner) for inner in value]
    return value


def _blank_secrets(_logger: Any, _method: str, line: EventDict) -> EventDict:
    return {key: value if key.startswith("_") else blank(value, key) for key, value in line.items()}


def _one_line(_logger: Any, _method: str, line: EventDict) -> str:
    written = json.dumps(line, ensure_ascii=False, default=repr)
    return UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", written)


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        _blank_secrets,
    ]


class SharedLogFile(logging.handlers.RotatingFileHandler):
    """A rotating file that several processes write to: one of them turns it over, the others follow."""

    def shouldRollover(self, record: logging.LogRecord) -> int:
        """Whether the file is full; follows it first when another process turned it over."""
        self._follow()
        return int(super().shouldRollover(record))

    def doRollover(self) -> None:
        """Turn the file over, unless somebody else just did."""
        with open(f"{self.baseFilename}.lock", "a", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._follow()
            if os.path.getsize(self.baseFilename) >= self.maxBytes // 2:
                super().doRollover()

    def _follow(self) -> None:
        if self.stream is None:
            return
        try:
            same = os.path.samestat(os.fstat(self.stream.fileno()), os.stat(self.baseFilename))
        except FileNotFoundError:
            same = False
        if not same:
            self.stream.close()
            self.stream = self._open()


def configure(level: str, file: str) -> None:
    """Send everything, our own lines and those of libraries, as JSON to stdout or a rotating file.

    Args:
        level: DEBUG, INFO, WARNING or ERROR.
        file: path of the log file, empty for stdout.
    """
    handler: logging.Handler = logging.StreamHandler(sys.stdout)
    if file:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        handler = SharedLogFile(file, maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8")
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_shared(),
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _one_line],
        )
    )
    root = logging.getLogger()
    for old in root.handlers[:]:
        if getattr(old, "of_the_house", False):
            root.removeHandler(old)
            old.close()
    handler.of_the_house = True  # type: ignore[attr-defined]
    root.addHandler(handler)
    root.setLevel(level)
    logging.getLogger("alembic").setLevel(logging.WARNING)  # each step would print several lines
    structlog.configure(
        processors=[*_shared(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
