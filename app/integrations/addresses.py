"""Which network addresses we may talk to: our own list, the standard library lets too many pass (A66)."""

from __future__ import annotations

from enum import Enum
from ipaddress import IPv4Address, IPv6Address, ip_network

Address = IPv4Address | IPv6Address


class Standing(Enum):
    """What an address is to us."""

    PUBLIC = "public"
    PRIVATE = "private"  # ours or this machine: only for targets an admin named
    NEVER = "never"  # cloud metadata, multicast, tunnels, reserved: no name opens these


# RFC 6890 and its registry, RFC 6598 (shared), and the metadata services outside of link-local space.
PRIVATE_4 = [
    ip_network(n) for n in ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
]
NEVER_4 = [
    ip_network(n)
    for n in (
        "0.0.0.0/8", "100.100.100.200/32", "168.63.129.16/32", "169.254.0.0/16", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
    )
]  # fmt: skip
PRIVATE_6 = [ip_network(n) for n in ("::1/128", "fc00::/7")]
PUBLIC_6 = ip_network("2000::/3")
NEVER_6 = [
    ip_network(n)
    for n in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "fd00:ec2::254/128", "fd20:ce::254/128")
]
# An IPv4 address in IPv6 clothes: it is judged by what is inside.
MAPPED = ip_network("::ffff:0:0/96")
NAT64 = ip_network("64:ff9b::/96")


def standing(address: Address) -> Standing:
    """Judge one address; what is neither known as public nor as private is never talked to."""
    if isinstance(address, IPv4Address):
        return _standing_4(address)
    if address in MAPPED or address in NAT64:
        return _standing_4(IPv4Address(int(address) & 0xFFFFFFFF))
    if any(address in net for net in NEVER_6):
        return Standing.NEVER
    if any(address in net for net in PRIVATE_6):
        return Standing.PRIVATE
    return Standing.PUBLIC if address in PUBLIC_6 else Standing.NEVER


def _standing_4(address: IPv4Address) -> Standing:
    if any(address in net for net in NEVER_4):
        return Standing.NEVER
    return Standing.PRIVATE if any(address in net for net in PRIVATE_4) else Standing.PUBLIC
