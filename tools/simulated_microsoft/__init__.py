"""A simulated Microsoft 365 on loopback: sign-in, people, mail, subscriptions and Teams, for tests and demonstrations.

    with Microsoft() as ms:
        ms.authority, ms.graph_url, ms.ca_file, ms.client_id, ms.client_secret
        ms.mailbox("support@musterfirma.example").deliver(raw)
        ms.faults.add("429", retry_after=30, path="/messages/delta")

It is no sign-in: whoever opens its page chooses who to be. It listens on loopback only, knows nothing of the
product and needs nothing but the product's own packages.
"""

from __future__ import annotations

from tools.simulated_microsoft.cards import ReceivedCard
from tools.simulated_microsoft.certificates import ClientCertificate
from tools.simulated_microsoft.faults import KINDS, Fault
from tools.simulated_microsoft.mailboxes import Mailbox
from tools.simulated_microsoft.microsoft import Microsoft
from tools.simulated_microsoft.people import Person
from tools.simulated_microsoft.seen import Seen

__all__ = ["KINDS", "ClientCertificate", "Fault", "Mailbox", "Microsoft", "Person", "ReceivedCard", "Seen"]
