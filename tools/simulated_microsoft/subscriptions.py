"""Subscriptions to a mailbox, and the notifications that follow."""

from __future__ import annotations

import re
import secrets
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import requests

from tools.simulated_microsoft.gate import GraphError, moment
from tools.simulated_microsoft.listeners import loopback
from tools.simulated_microsoft.mailboxes import Change, Mailbox

if TYPE_CHECKING:
    from tools.simulated_microsoft.microsoft import Microsoft

LONGEST = timedelta(minutes=10_080)
SHORTEST = timedelta(minutes=45)
PATIENCE = 10.0
RESOURCE = re.compile(
    r"/?(?:users/(?P<who>[^/]+)|(?P<me>me))(?:/mailFolders(?:/|\(')(?P<folder>[^/')]+)(?:'\))?)?/messages",
    re.IGNORECASE,
)


@dataclass
class Subscription:
    """One application that wants to hear of one mailbox or folder."""

    subscription_id: str
    mailbox: Mailbox
    folder_id: str
    resource: str
    changes: frozenset[str]
    url: str
    lifecycle_url: str
    state: str
    ends_at: datetime
    reauthorize: bool = False
    told: list[dict[str, Any]] = field(default_factory=list)

    def row(self, application: str) -> dict[str, Any]:
        return {
            "id": self.subscription_id,
            "resource": self.resource,
            "applicationId": application,
            "changeType": ",".join(sorted(self.changes)),
            "notificationUrl": self.url,
            "lifecycleNotificationUrl": self.lifecycle_url or None,
            "expirationDateTime": moment(self.ends_at),
            "creatorId": application,
            "latestSupportedTlsVersion": "v1_2",
            "includeResourceData": None,
        }


class Subscriptions:
    """All subscriptions; notifications leave in threads of their own."""

    def __init__(self, ms: Microsoft) -> None:
        self._ms = ms
        self.all: dict[str, Subscription] = {}
        self.answers: list[int] = []  # what the receivers said; 0 when they said nothing
        self._threads: list[Thread] = []

    def open(self, mailbox: Mailbox, folder_id: str, told: dict[str, Any]) -> Subscription:
        """Make one, after its receiver has proven that it wants it.

        Raises:
            GraphError: the receiver did not, or the wishes cannot be met.
        """
        state = str(told.get("clientState") or "")
        if len(state) > 128:
            raise GraphError(400, "InvalidRequest", "The 'clientState' length must not be greater than 128.")
        changes = frozenset(str(told.get("changeType", "")).replace(" ", "").split(","))
        if not changes <= {"created", "updated", "deleted"}:
            raise GraphError(400, "InvalidRequest", "The 'changeType' is not supported.")
        ends_at = self.end(str(told.get("expirationDateTime") or ""))
        url, lifecycle_url = (
            str(told.get(name) or "") for name in ("notificationUrl", "lifecycleNotificationUrl")
        )
        self._validate(url)
        if lifecycle_url:
            self._validate(lifecycle_url)
        made = Subscription(
            str(uuid.uuid4()),
            mailbox,
            folder_id,
            str(told["resource"]),
            changes,
            url,
            lifecycle_url,
            state,
            ends_at,
        )
        self.all[made.subscription_id] = made
        return made

    def end(self, told: str) -> datetime:
        """When a subscription ends that is to end then.

        Raises:
            GraphError: no time, past, or too far away.
        """
        try:
            ends_at = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", told))
        except ValueError as error:
            raise GraphError(400, "InvalidRequest", "Invalid 'expirationDateTime'.") from error
        ends_at = ends_at if ends_at.tzinfo else ends_at.replace(tzinfo=UTC)
        now = datetime.now(UTC)
        if ends_at <= now:
            raise GraphError(400, "ExtensionError", "Subscription expiration must be in the future.")
        if ends_at - now > LONGEST + timedelta(minutes=1):
            raise GraphError(
                400, "ExtensionError", "Subscription expiration can only be 10080 minutes in the future."
            )
        return max(ends_at, now + SHORTEST)

    def _validate(self, url: str) -> None:
        token = (
            f"Validation: Testing client application reachability for subscription {secrets.token_hex(8)} <&>"
        )
        failed = "Subscription validation request failed. "
        try:
            loopback(urlsplit(url).hostname or "")
            glue = "&" if urlsplit(url).query else "?"
            answer = self._post(f"{url}{glue}validationToken={quote(token)}", None)
        except (ValueError, requests.RequestException) as error:
            raise GraphError(
                400, "ValidationError", f"{failed}Notification endpoint cannot be reached."
            ) from error
        plain = answer.headers.get("Content-Type", "").startswith("text/plain")
        if answer.status_code != 200 or not plain or answer.text != token:
            words = f"{failed}Must respond with 200 OK to this request. It said {answer.status_code}."
            raise GraphError(400, "ValidationError", words)

    def tell(self, mailbox: Mailbox, change: Change) -> None:
        """Tell everybody who wants to hear of this change."""
        kind = {"removed": "deleted"}.get(change.kind, change.kind)
        for one in list(self.all.values()):
            wanted = (
                one.mailbox is mailbox and kind in one.changes and one.folder_id in ("", change.folder_id)
            )
            if wanted and one.ends_at > datetime.now(UTC) and not one.reauthorize:
                self._send(one, one.url, self._notice(one, change, kind))

    def lifecycle(self, subscription_id: str, event: str = "reauthorizationRequired") -> None:
        """Tell the owner of a subscription that it needs care: also ``missed`` and ``subscriptionRemoved``."""
        one = self.all[subscription_id]
        one.reauthorize = event == "reauthorizationRequired"
        if event == "subscriptionRemoved":
            del self.all[subscription_id]
        notice = self._head(one) | {"lifecycleEvent": event, "organizationId": self._ms.tenant_id}
        self._send(one, one.lifecycle_url or one.url, notice)

    def settle(self) -> None:
        """Wait until everything on its way has arrived or was given up."""
        while self._threads:
            self._threads.pop().join(PATIENCE)

    def _head(self, one: Subscription) -> dict[str, Any]:
        head = {"subscriptionId": one.subscription_id, "subscriptionExpirationDateTime": moment(one.ends_at)}
        return head | {"clientState": one.state or None, "tenantId": self._ms.tenant_id}

    def _notice(self, one: Subscription, change: Change, kind: str) -> dict[str, Any]:
        place = f"Users/{one.mailbox.object_id}/Messages/{change.message_id}"
        data = {"@odata.type": "#Microsoft.Graph.Message", "@odata.id": place, "id": change.message_id}
        return self._head(one) | {"changeType": kind, "resource": place, "resourceData": data}

    def _send(self, one: Subscription, url: str, notice: dict[str, Any]) -> None:
        one.told.append(notice)
        thread = Thread(target=self._deliver, args=(url, notice), daemon=True)
        self._threads.append(thread)
        thread.start()

    def _deliver(self, url: str, notice: dict[str, Any]) -> None:
        try:
            self.answers.append(self._post(url, {"value": [notice]}).status_code)
        except requests.RequestException:
            self.answers.append(0)

    def _post(self, url: str, body: dict[str, Any] | None) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            headers = {} if body is not None else {"Content-Type": "text/plain; charset=utf-8"}
            trusted = self._ms.ca_file if url.startswith("https:") else True
            return session.post(
                url, json=body, headers=headers, timeout=PATIENCE, verify=trusted, allow_redirects=False
            )
