"""A browser without a window: chooses somebody on the sign-in page and says where it was sent."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import requests

from tools.simulated_microsoft.people import Person

if TYPE_CHECKING:
    from tools.simulated_microsoft.microsoft import Microsoft

PATIENCE = 10.0
FIELD = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')


class Visitor:
    """One browser; what it remembers of earlier sign-ins is forgotten with ``forget``."""

    def __init__(self, ms: Microsoft) -> None:
        self._ms = ms
        self._cookies = requests.cookies.RequestsCookieJar()

    def choose(self, sign_in_url: str, person: Person) -> str:
        """Press the button of a person on the sign-in page; returns the address the browser is sent to."""
        return self._went(self._ask("POST", sign_in_url, {"person": person.object_id}))

    def choose_posting(self, sign_in_url: str, person: Person) -> tuple[str, dict[str, str]]:
        """The same with ``response_mode=form_post``; returns the address and the form the browser would send."""
        page = self._ask("POST", sign_in_url, {"person": person.object_id}).text
        target = re.search(r'action="([^"]+)"', page)
        if target is None:
            raise ValueError(page)
        return unescape(target[1]), {name: unescape(value) for name, value in FIELD.findall(page)}

    def cancel(self, sign_in_url: str) -> str:
        """Press "cancel"; returns the address the browser is sent to."""
        return self._went(self._ask("POST", sign_in_url, {"cancel": "1"}))

    def open(self, sign_in_url: str) -> str:
        """Open the sign-in page; returns where the browser is sent, or nothing when a choice is asked for."""
        answer = self._ask("GET", sign_in_url, None)
        return answer.headers.get("Location", "")

    def forget(self) -> None:
        self._cookies.clear()

    @staticmethod
    def parameters(address: str) -> dict[str, str]:
        """What an address says behind its question mark."""
        return dict(parse_qsl(urlsplit(address).query))

    def _went(self, answer: requests.Response) -> str:
        if answer.status_code not in (302, 303):
            raise ValueError(f"{answer.status_code}: {answer.text}")
        return answer.headers["Location"]

    def _ask(self, method: str, url: str, form: dict[str, str] | None) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            session.cookies = self._cookies
            return session.request(
                method, url, data=form, allow_redirects=False, timeout=PATIENCE, verify=self._ms.ca_file
            )
