"""Starts the simulated Microsoft for a demonstration; the parts live in tools/simulated_microsoft.

Usage: python tools/microsoft_simulator.py [--port 8443] [--pages-port 8444] [--data DIR] [--browser-over-tls]
Ends with Ctrl-C or SIGTERM. Refuses to start in production and on other addresses than loopback.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path
from threading import Event
from typing import NoReturn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools.simulated_microsoft import Microsoft
from tools.simulated_microsoft.microsoft import APPLICATION, DELEGATED

REFUSED = 78
# In a demonstration an administrator has agreed to all the helpdesk can make use of.
AGREED = {"User.Read.All", "GroupMember.Read.All", "Mail.ReadWrite", "Mail.Send"}
AGREED |= {"Mail.ReadWrite.Shared", "Mail.Send.Shared", "Mail.Read", "Mail.Read.Shared"}


def refuse(line: str) -> NoReturn:
    """End the process with one readable line instead of a stack trace."""
    print(f"simulated microsoft: {line}", file=sys.stderr)
    raise SystemExit(REFUSED)


def arguments(told: list[str] | None = None) -> argparse.Namespace:
    """What was asked for on the command line."""
    reader = argparse.ArgumentParser(
        description="Simulated Microsoft 365 on loopback, for demonstrations only."
    )
    reader.add_argument("--host", default="127.0.0.1", help="loopback address, or localhost")
    reader.add_argument("--port", type=int, default=8443, help="TLS, for servers")
    reader.add_argument("--pages-port", type=int, default=8444, help="plain http, for browsers")
    reader.add_argument("--data", type=Path, help="keeps certificate and keys here")
    reader.add_argument("--browser-over-tls", action="store_true", help="send browsers to the TLS port")
    reader.add_argument(
        "--multi-tenant", action="store_true", help="let people of other firms sign in by /common"
    )
    reader.add_argument(
        "--redirect-uri", action="append", default=[], help="another address sign-ins may lead to"
    )
    reader.add_argument(
        "--logout-url", action="append", default=[], help="front-channel address told of sign-outs"
    )
    return reader.parse_args(told)


def simulation(asked: argparse.Namespace) -> Microsoft:
    """The simulation that was asked for.

    Raises:
        ValueError: it would be reached from elsewhere.
    """
    return Microsoft(
        asked.port,
        asked.pages_port,
        asked.data,
        asked.browser_over_tls,
        asked.host,
        multi_tenant=asked.multi_tenant,
        redirect_uris=set(asked.redirect_uri),
        front_channel_logout_urls=list(asked.logout_url),
        grants_delegated=AGREED | DELEGATED,
        grants_application=AGREED | APPLICATION,
    )


def tell(ms: Microsoft) -> None:
    """What the helpdesk has to be told, as lines for its settings."""
    print("Simuliertes Microsoft – keine echte Anmeldung / simulated Microsoft – not a real sign-in")
    print(f"Seiten / pages:            {ms.pages_url}/")
    print(f"MICROSOFT_CLIENT_ID={ms.client_id}")
    print(f"MICROSOFT_CLIENT_SECRET={ms.client_secret}")
    print(f"MICROSOFT_TENANT_ID={ms.tenant_id}")
    print(f"MICROSOFT_AUTHORITY={ms.base_url}")
    print(f"GRAPH_BASE_URL={ms.graph_url}")
    print(f"TEAMS_WEBHOOK_URL={ms.teams_url()}")
    print(f"MICROSOFT_CA_FILE={ms.ca_file}", flush=True)


def main(told: list[str] | None = None) -> None:
    """Serve until somebody ends it."""
    if os.environ.get("FLASK_ENV", "").strip().lower() == "production":
        refuse("FLASK_ENV is production; a simulated sign-in lets everybody in")
    asked = arguments(told)
    ended = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    try:
        ms = simulation(asked)
    except ValueError as error:
        refuse(str(error))
    with ms:
        tell(ms)
        ended.wait()


if __name__ == "__main__":
    main()
