"""The figures of a run as tables, with what must be reached: `python -m bench.report bench-results.json`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.report", description=__doc__)
    parser.add_argument("results", type=Path)
    results = json.loads(parser.parse_args().results.read_text(encoding="utf-8"))
    print("\n".join(lines(results)))


def lines(results: dict[str, Any]) -> Iterator[str]:
    """The report, in Markdown."""
    large, small = results["houses"]["large"], results["houses"].get("small")
    machine = results["machine"]
    yield f"{machine['cores']} cores, {machine['memory_gb']} GB, Python {machine['python']},"
    yield f"{large['database']} {large['version']}, {large['tickets']:,} tickets"
    yield ""
    yield from _requests(large, small)
    yield from _at_once(large)
    yield from _verbs(large)
    yield from _rooms(large, small)
    yield from _checks(large)
    yield from _goals(large, small)


def _requests(large: dict[str, Any], small: dict[str, Any] | None) -> Iterator[str]:
    bare = large["requests"]["page"]
    yield "| one at a time | p50 ms | p95 ms | p99 ms | web CPU ms | p50 ÷ page | p95 ÷ page | p50 ÷ small house |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    for name, one in large["requests"].items():
        beside = f"{one['p50'] / small['requests'][name]['p50']:.2f}" if small else ""
        yield (
            f"| {name} | {one['p50']:.2f} | {one['p95']:.2f} | {one['p99']:.2f} | {one['web_cpu']:.2f}"
            f" | {one['p50'] / bare['p50']:.2f} | {one['p95'] / bare['p95']:.2f} | {beside} |"
        )
    yield ""


def _at_once(large: dict[str, Any]) -> Iterator[str]:
    yield "| eight at a time | per second | p50 ms | p95 ms |"
    yield "| --- | --- | --- | --- |"
    for name, one in large["at_once"].items():
        yield f"| {name} | {one['per_second']:.0f} | {one['p50']:.1f} | {one['p95']:.1f} |"
    yield ""


def _verbs(large: dict[str, Any]) -> Iterator[str]:
    yield "| change | statements | its bare SQL, p50 ms | request ÷ (bare SQL + page) |"
    yield "| --- | --- | --- | --- |"
    for name in large["verbs"]:
        one = large["verbs"][name]
        yield f"| {name} | {one['statements']} | {one['bare_sql']['p50']:.2f} | {_share(large, name):.2f} |"
    yield ""


def _share(large: dict[str, Any], name: str) -> float:
    floor = large["verbs"][name]["bare_sql"]["p50"] + large["requests"]["page"]["p50"]
    return float(large["requests"][name]["p50"] / floor)


def _rooms(large: dict[str, Any], small: dict[str, Any] | None) -> Iterator[str]:
    yield "| beneath the web | p50 ms | p95 ms | small house p50 ms |"
    yield "| --- | --- | --- | --- |"
    for name, one in large["rooms"].items():
        beside = f"{small['rooms'][name]['p50']:.2f}" if small else ""
        yield f"| {name} | {one['p50']:.2f} | {one['p95']:.2f} | {beside} |"
    yield ""


def _checks(large: dict[str, Any]) -> Iterator[str]:
    checks = large["checks"]
    due = f", {checks['tickets']:.0f} due {checks['due']:.0f} ms" if "due" in checks else ""
    yield f"Check of deadlines: nothing due {checks['nothing']:.1f} ms{due}"
    yield ""


def _goals(large: dict[str, Any], small: dict[str, Any] | None) -> Iterator[str]:
    """What must be reached, measured as the issue words it."""
    requests, page = large["requests"], large["requests"]["page"]
    found = [("bare page ÷ plain Flask with one SELECT, p50", page["p50"] / requests["plain"]["p50"], 3.0)]
    for name in ("queue, own teams", "queue, all teams", "queue, page 1,000"):
        if name in requests:
            found.append((f"{name} ÷ bare page, p95", requests[name]["p95"] / page["p95"], 6.0))
            if small:
                first = small["requests"][name if name in small["requests"] else "queue, all teams"]
                found.append(
                    (f"{name} ÷ the same in the small house, p50", requests[name]["p50"] / first["p50"], 1.3)
                )
    found.append(
        ("ticket page, 50 entries ÷ bare page, p95", requests["ticket, 50 entries"]["p95"] / page["p95"], 5.0)
    )
    found += [
        (f"{name} ÷ (its bare SQL + bare page), p50", _share(large, name), 3.0) for name in large["verbs"]
    ]
    found.append(("check, nothing due, ms", large["checks"]["nothing"], 50.0))
    if "due" in large["checks"]:
        found.append(("check, 500 due, ms", large["checks"]["due"], 5000.0))
    yield "| to reach | measured | at most | |"
    yield "| --- | --- | --- | --- |"
    for words, value, most in found:
        yield f"| {words} | {value:.2f} | {most:g} | {'yes' if value <= most else '**no**'} |"


if __name__ == "__main__":
    main()
