"""Certificates made on the spot: a small authority, the server's own, and one an app registration signs with."""

from __future__ import annotations

import base64
import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

# OpenSSL asks the real clock even where tests have stopped ours.
FROM, UNTIL = datetime(2020, 1, 1, tzinfo=UTC), datetime(2049, 12, 31, tzinfo=UTC)
AUTHORITY_FILE, SERVER_FILE = "simulated-microsoft-ca.pem", "simulated-microsoft-server.pem"
AUTHORITY_NAME = "Simulated Microsoft (local demonstration only)"


@dataclass(frozen=True)
class ClientCertificate:
    """What an app registration can sign its requests with instead of a secret.

    Args:
        thumbprint: SHA-1, in hexadecimal digits, as the portal of Entra shows it.
    """

    private_key: str
    certificate: str
    thumbprint: str
    thumbprint_sha256: str


def write_files(folder: Path) -> tuple[Path, Path]:
    """Authority and server certificate below a folder; those that are there already stay.

    Returns:
        The authority's file and the server's file, which holds its key as well.
    """
    folder.mkdir(parents=True, exist_ok=True)
    authority, server = folder / AUTHORITY_FILE, folder / SERVER_FILE
    if not (authority.exists() and server.exists()):
        signed, chain = _pair()
        server.touch(mode=0o600)
        server.write_bytes(chain)
        authority.write_bytes(signed)
    return authority, server


@cache
def _pair() -> tuple[bytes, bytes]:
    """The authority's certificate, and the server's with its key; made once a process."""
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = _authority(authority_key)
    key = ec.generate_private_key(ec.SECP256R1())
    server = _server(key, authority, authority_key)
    return _pem(authority), key_pem(key) + _pem(server) + _pem(authority)


def _authority(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, AUTHORITY_NAME)])
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    return (
        _builder(name, name, key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )


def _server(
    key: ec.EllipticCurvePrivateKey, authority: x509.Certificate, authority_key: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    addresses = [x509.IPAddress(ipaddress.ip_address(one)) for one in ("127.0.0.1", "::1")]
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), *addresses])
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    return (
        _builder(name, authority.subject, key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(names, critical=False)
        .add_extension(issuer, critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(FROM)
        .not_valid_after(UNTIL)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def self_signed(key: rsa.RSAPrivateKey, name: str) -> x509.Certificate:
    """A certificate that says no more than which key it is."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return _builder(subject, subject, key.public_key()).sign(key, hashes.SHA256())


def client_certificate(key: rsa.RSAPrivateKey) -> ClientCertificate:
    """A certificate for an app registration."""
    made = self_signed(key, "helpdesk")
    return ClientCertificate(
        private_key=key_pem(key).decode("ascii"),
        certificate=_pem(made).decode("ascii"),
        # Entra names certificates by SHA-1; nothing is proven by it.
        thumbprint=made.fingerprint(hashes.SHA1()).hex().upper(),  # noqa: S303
        thumbprint_sha256=made.fingerprint(hashes.SHA256()).hex().upper(),
    )


def thumbprint(certificate: x509.Certificate) -> str:
    """The name Entra gives a certificate in tokens: SHA-1, base64url."""
    return unpadded(certificate.fingerprint(hashes.SHA1()))  # noqa: S303


def unpadded(data: bytes) -> str:
    """Base64url as tokens write it."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def key_pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    """A private key as text, not encrypted."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
