"""Where outbound requests may go (A66)."""

from __future__ import annotations

import socket
from ipaddress import ip_address
from typing import Any

import pytest

from app.integrations import dialing
from app.integrations.addresses import Standing, standing
from app.integrations.guard import HttpGuard
from app.integrations.outcome import RetryLater, Undeliverable

NEVER = [
    "0.1.2.3", "100.100.100.200", "168.63.129.16", "169.254.169.254", "192.0.0.8", "192.0.0.192",
    "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.51.100.7", "203.0.113.7", "224.0.0.1", "239.255.255.255",
    "240.0.0.1", "255.255.255.255", "::", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "::ffff:169.254.169.254",
    "::127.0.0.1", "100::1", "2001::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::", "2002:808:808::1",
    "3fff::1", "5f00::1", "fe80::1", "fec0::1", "ff02::1", "fd00:ec2::254", "fd20:ce::254", "4000::1",
]  # fmt: skip
PRIVATE = [
    "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "fc00::1", "fd12::1",
]  # fmt: skip
PUBLIC = ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1", "64:ff9b::808:808"]


@pytest.mark.parametrize("address", NEVER)
def test_reserved_and_metadata_addresses_are_never_talked_to(address: str) -> None:
    assert standing(ip_address(address)) is Standing.NEVER


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_of_our_own_network_are_private_in_every_clothing(address: str) -> None:
    assert standing(ip_address(address)) is Standing.PRIVATE


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert standing(ip_address(address)) is Standing.PUBLIC


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("https://127.0.0.1/", "address_not_allowed"),
        ("https://localhost/", "address_not_allowed"),
        ("https://LOCALHOST./", "address_not_allowed"),
        ("https://[::ffff:127.0.0.1]/", "address_not_allowed"),
        ("https://[::1]/", "address_not_allowed"),
        ("https://[64:ff9b::7f00:1]/", "address_not_allowed"),
        ("https://[2002:7f00:1::]/", "address_not_allowed"),
        ("https://169.254.169.254/latest/meta-data/", "address_not_allowed"),
        ("https://0x7f000001/", "address_not_allowed"),
        ("https://2130706433/", "address_not_allowed"),
        ("https://127.1/", "address_not_allowed"),
        ("https://0/", "address_not_allowed"),
        ("https://224.0.0.1/", "address_not_allowed"),
        ("http://8.8.8.8/", "scheme_not_allowed"),
        ("gopher://8.8.8.8/", "scheme_not_allowed"),
        ("file:///etc/passwd", "scheme_not_allowed"),
        ("ftp://8.8.8.8/", "scheme_not_allowed"),
        ("https://8.8.8.8:22/", "port_not_allowed"),
        ("https://8.8.8.8:80/", "port_not_allowed"),
        ("https://8.8.8.8:0/", "port_not_allowed"),
        ("https://a@127.0.0.1/", "bad_url"),
        ("https://8.8.8.8@127.0.0.1/", "bad_url"),
        ("https://8.8.8.8:pw@127.0.0.1/", "bad_url"),
        ("https://8.8.8.8\\@127.0.0.1/", "bad_url"),
        ("https://8.8.8.8/a\r\nHost: x", "bad_url"),
        ("https://8.8.8.8/a b", "bad_url"),
        ("https://8.8.8.8:99999/", "bad_url"),
        ("https://8.8.8.8:x/", "bad_url"),
        ("https://[fe80::1%25lo]/", "bad_url"),
        ("https://[::1/", "bad_url"),
        ("https:///path", "bad_url"),
        ("https://exa%6dple/", "bad_url"),
        ("https://bücher.example/", "bad_url"),
        ("https://8.8.8.8/" + "a" * 3000, "bad_url"),
        ("", "bad_url"),
    ],
)
def test_the_guard_refuses(url: str, word: str) -> None:
    with pytest.raises(Undeliverable) as refusal:
        HttpGuard().judge(url)
    assert refusal.value.reason == word


def test_a_public_address_is_pinned() -> None:
    target = HttpGuard().judge("https://8.8.8.8/dns")
    assert (target.scheme, target.host, target.port) == ("https", "8.8.8.8", 443)
    assert target.addresses == (ip_address("8.8.8.8"),)


def test_a_name_with_one_bad_answer_among_good_ones_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    _answers(monkeypatch, {"hooks.kunde.example": ["8.8.8.8", "10.0.0.5"]})
    with pytest.raises(Undeliverable) as refusal:
        HttpGuard().judge("https://hooks.kunde.example/")
    assert refusal.value.reason == "address_not_allowed"


def test_a_name_is_asked_for_once_so_a_second_answer_cannot_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = _answers(monkeypatch, {"hooks.kunde.example": ["8.8.8.8"]})
    HttpGuard().judge("https://hooks.kunde.example/")
    assert asked == ["hooks.kunde.example"]


def test_an_unknown_name_is_worth_another_try(monkeypatch: pytest.MonkeyPatch) -> None:
    _answers(monkeypatch, {})
    with pytest.raises(RetryLater) as later:
        HttpGuard().judge("https://hooks.kunde.example/")
    assert (later.value.reason, later.value.at) == ("name_not_found", None)


def test_a_named_private_target_passes_and_its_neighbours_do_not() -> None:
    guard = HttpGuard(allow_private=("127.0.0.1:8025", "[::1]:8025"))
    assert guard.judge("http://127.0.0.1:8025/x").addresses == (ip_address("127.0.0.1"),)
    assert guard.judge("http://[::1]:8025/x").addresses == (ip_address("::1"),)
    for url in ("http://127.0.0.1:8026/", "http://127.0.0.2:8025/", "http://localhost:8025/"):
        with pytest.raises(Undeliverable):
            guard.judge(url)


def test_no_name_opens_the_metadata_service(monkeypatch: pytest.MonkeyPatch) -> None:
    _answers(monkeypatch, {"intranet.firma.example": ["169.254.169.254"]})
    guard = HttpGuard(allow_private=("intranet.firma.example:443", "169.254.169.254:80"))
    for url in ("https://intranet.firma.example/", "http://169.254.169.254/"):
        with pytest.raises(Undeliverable) as refusal:
            guard.judge(url)
        assert refusal.value.reason == "address_not_allowed"


def test_patterns_name_hosts_below_them_only(monkeypatch: pytest.MonkeyPatch) -> None:
    good = ["prod-12.westeurope.logic.azure.com", "exact.example"]
    bad = ["logic.azure.com", "evil-logic.azure.com", "x.logic.azure.com.evil.example", "sub.exact.example"]
    _answers(monkeypatch, {name: ["8.8.8.8"] for name in good + bad})
    guard = HttpGuard(host_patterns=("*.Logic.Azure.com", "exact.example"))
    for name in good:
        assert guard.judge(f"https://{name}:443/").host == name
    for name in bad:
        with pytest.raises(Undeliverable) as refusal:
            guard.judge(f"https://{name}/")
        assert refusal.value.reason == "host_not_allowed"


def test_a_named_host_passes_besides_the_patterns_and_a_named_port_opens_plain_http(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _answers(monkeypatch, {"hooks.kunde.example": ["8.8.8.8"]})
    guard = HttpGuard(
        allow_hosts=("hooks.kunde.example", "hooks.kunde.example:80"), host_patterns=("*.else.example",)
    )
    assert guard.judge("https://HOOKS.kunde.example/").port == 443
    assert guard.judge("http://hooks.kunde.example/").port == 80
    with pytest.raises(Undeliverable):
        guard.judge("https://hooks.kunde.example:8443/")


def test_a_named_host_must_still_be_public(monkeypatch: pytest.MonkeyPatch) -> None:
    _answers(monkeypatch, {"hooks.kunde.example": ["127.0.0.1"]})
    with pytest.raises(Undeliverable) as refusal:
        HttpGuard(allow_hosts=("hooks.kunde.example:443",)).judge("https://hooks.kunde.example/")
    assert refusal.value.reason == "address_not_allowed"


def test_the_refusal_never_repeats_path_or_query() -> None:
    for url in ("https://127.0.0.1/path?sig=S3cret", "https://8.8.8.8:22/S3cret", "ftp://8.8.8.8/S3cret"):
        with pytest.raises(Undeliverable) as refusal:
            HttpGuard().judge(url)
        assert "S3cret" not in str(refusal.value) + refusal.value.detail


def _answers(monkeypatch: pytest.MonkeyPatch, names: dict[str, list[str]]) -> list[str]:
    """A name service that knows these names only; returns the list of what it was asked."""
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, **_options: Any) -> list[Any]:
        asked.append(host)
        if host not in names and not host[0].isdigit():
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(0, 0, 0, "", (address, port)) for address in names.get(host, [host])]

    monkeypatch.setattr(dialing.socket, "getaddrinfo", getaddrinfo)
    return asked
