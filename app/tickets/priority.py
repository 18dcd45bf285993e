"""Automatic priority at creation: an explainable rule set, pure.

Source of the rules: docs/priority.md. Words are matched whole, folded (ä = ae).
"""

from __future__ import annotations

import re
from typing import Any

from app.core.text import fold
from app.tickets.words import Priority

ORDER = (Priority.LOW, Priority.MEDIUM, Priority.HIGH, Priority.CRITICAL)
LOOKED_AT = 5000
WORDS: dict[Priority, tuple[str, ...]] = {
    Priority.CRITICAL: (
        "totalausfall", "serverausfall", "systemausfall", "produktionsstillstand", "stillstand", "ransomware",
        "verschluesselungstrojaner", "datenleck", "hackerangriff", "server down", "system down", "outage",
        "data breach", "production stopped", "nichts geht mehr", "alle betroffen", "everyone affected",
    ),
    Priority.HIGH: (
        "dringend", "eilig", "sofort", "asap", "urgent", "ausfall", "gesperrt", "phishing", "virus", "abgestuerzt",
        "kann nicht arbeiten", "cannot work", "can't work", "locked out", "monatsabschluss", "deadline",
    ),
    Priority.LOW: ("frage", "wunsch", "vorschlag", "question", "suggestion", "feature request", "keine eile"),
}  # fmt: skip
_PATTERNS = {
    priority: re.compile(r"(?<!\w)(" + "|".join(re.escape(word) for word in words) + r")(?!\w)")
    for priority, words in WORDS.items()
}


def judge(
    *, title: str, text: str, impact: Priority | None, category: Priority | None, is_vip: bool
) -> tuple[Priority, dict[str, Any]]:
    """The priority of a new ticket and why.

    Args:
        title: its title.
        text: its description, of which the beginning counts.
        impact: what the requester said about being held up, None when not asked.
        category: the default of the category.
        is_vip: whether the requester is to be served first.

    Returns:
        the priority and ``{"rules": [{"rule", "value", "priority"}]}`` with every rule that spoke.
    """
    rules: list[dict[str, str]] = []
    base = impact or category or Priority.MEDIUM
    if impact is not None:
        rules.append(_rule("impact", impact.value, impact))
    elif category is not None:
        rules.append(_rule("category", category.value, category))
    words = fold(f"{title}\n{text[:LOOKED_AT]}")
    found = _strongest_word(words)
    if found is not None:
        word, wanted = found
        if ORDER.index(wanted) > ORDER.index(base) or (impact is None and category is None):
            base = wanted
            rules.append(_rule("word", word, wanted))
    if is_vip and base in (Priority.LOW, Priority.MEDIUM):
        base = Priority.HIGH
        rules.append(_rule("vip", "", base))
    if not rules:
        rules.append(_rule("base", "", base))
    return base, {"rules": rules}


def _strongest_word(words: str) -> tuple[str, Priority] | None:
    for priority in (Priority.CRITICAL, Priority.HIGH, Priority.LOW):
        match = _PATTERNS[priority].search(words)
        if match:
            return match[1], priority
    return None


def _rule(rule: str, value: str, priority: Priority) -> dict[str, str]:
    return {"rule": rule, "value": value, "priority": priority.value}
