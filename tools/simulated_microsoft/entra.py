"""The part of Entra that servers call: discovery, keys and tokens."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import Any
from urllib.parse import unquote

import jwt
from cryptography import x509
from flask import Blueprint, Response, jsonify, request

from tools.simulated_microsoft.certificates import ClientCertificate, unpadded
from tools.simulated_microsoft.gate import moment_now, ms
from tools.simulated_microsoft.sign_ins import Grant, Refused

door = Blueprint("entra", __name__)
ANY_TENANT = ("common", "organizations")
OWN_SCOPES = ("openid", "profile", "email", "offline_access")
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@door.get("/<tenant>/v2.0/.well-known/openid-configuration")
def discovery(tenant: str) -> Response:
    _known(tenant)
    base, pages = f"{ms().base_url}/{tenant}", f"{ms().browser_url}/{tenant}"
    return jsonify(
        {
            "issuer": ms().issuer("{tenantid}" if tenant in ANY_TENANT else tenant),
            "authorization_endpoint": f"{pages}/oauth2/v2.0/authorize",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "end_session_endpoint": f"{pages}/oauth2/v2.0/logout",
            "jwks_uri": f"{base}/discovery/v2.0/keys",
            "token_endpoint_auth_methods_supported": [
                "client_secret_post",
                "private_key_jwt",
                "client_secret_basic",
            ],
            "response_modes_supported": ["query", "fragment", "form_post"],
            "response_types_supported": ["code"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": list(OWN_SCOPES),
            "frontchannel_logout_supported": True,
            "http_logout_supported": True,
            "tenant_region_scope": "EU",
            "msgraph_host": "graph.microsoft.com",
        }
    )


@door.get("/<tenant>/discovery/v2.0/keys")
def published_keys(tenant: str) -> Response:
    _known(tenant)
    issuer = ms().issuer("{tenantid}" if tenant in ANY_TENANT else tenant)
    return jsonify({"keys": [key.published(issuer) for key in ms().keys.published]})


@door.get("/common/discovery/instance")
def instance() -> Response:
    where = f"{ms().authority}/v2.0/.well-known/openid-configuration"
    return jsonify({"tenant_discovery_endpoint": where, "api-version": "1.1", "metadata": []})


@door.post("/<tenant>/oauth2/v2.0/token")
def token(tenant: str) -> Response:
    _known(tenant)
    _client()
    kind = request.form.get("grant_type", "")
    if kind == "client_credentials":
        return _application()
    if kind == "authorization_code":
        grant = ms().sign_ins.redeem(request.form.get("code", ""), request.form.get("redirect_uri", ""))
        _verify(grant.asked.challenge, request.form.get("code_verifier", ""))
        return _delegated(grant, grant.asked.nonce)
    if kind == "refresh_token":
        return _delegated(ms().sign_ins.renew(request.form.get("refresh_token", "")), "")
    raise Refused("unsupported_grant_type", 70003, f"The app requested an unsupported grant type '{kind}'.")


@door.errorhandler(Refused)
def refused(error: Refused) -> tuple[Response, int]:
    told = {
        "error": error.error,
        "error_description": f"{error} Trace ID: 0 Correlation ID: 0 Timestamp: {moment_now()}",
        "error_codes": [error.number],
        "timestamp": moment_now(),
        "trace_id": "00000000-0000-0000-0000-000000000000",
        "correlation_id": request.headers.get("client-request-id", ""),
        "error_uri": f"{ms().base_url}/error?code={error.number}",
    }
    return jsonify(told), error.status


def _known(tenant: str) -> None:
    if (
        tenant == ms().tenant_id
        or tenant in ANY_TENANT
        or any(p.tenant_id == tenant for p in ms().people.values())
    ):
        return
    raise Refused("invalid_request", 90002, f"Tenant '{tenant}' not found.")


def _client() -> None:
    """Who asks for tokens: by secret (form or header) or by a signed statement."""
    name, secret = request.form.get("client_id", ""), request.form.get("client_secret", "")
    if request.authorization is not None and request.authorization.type == "basic":
        name, secret = (
            unquote(request.authorization.username or ""),
            unquote(request.authorization.password or ""),
        )
    assertion = request.form.get("client_assertion", "")
    if name != ms().client_id and not (assertion and not name):
        raise Refused(
            "unauthorized_client",
            700016,
            f"Application with identifier '{name}' was not found in the directory.",
        )
    if assertion:
        _assertion(assertion)
    elif not secret:
        raise Refused(
            "invalid_client",
            7000218,
            "The request body must contain: 'client_assertion' or 'client_secret'.",
            401,
        )
    elif not hmac.compare_digest(secret.encode(), ms().client_secret.encode()):
        raise Refused("invalid_client", 7000215, "Invalid client secret provided.", 401)
    elif ms().secret_expired:
        raise Refused(
            "invalid_client", 7000222, "The provided client secret keys for the app are expired.", 401
        )


def _assertion(told: str) -> None:
    if request.form.get("client_assertion_type") != ASSERTION:
        raise Refused("invalid_request", 900144, "The request body must contain 'client_assertion_type'.")
    try:
        head = jwt.get_unverified_header(told)
        certificate = next((one for one in ms().certificates if _meant(head, one)), None)
        if certificate is None:
            raise Refused(
                "invalid_client",
                700027,
                "The certificate with identifier used to sign the client assertion is not registered on application.",
                401,
            )
        jwt.decode(
            told,
            x509.load_pem_x509_certificate(certificate.certificate.encode()).public_key(),  # type: ignore[arg-type]
            algorithms=["RS256", "PS256"],
            audience=[request.base_url, f"{ms().authority}/oauth2/v2.0/token"],
            issuer=ms().client_id,
            options={"require": ["exp", "aud", "iss", "sub", "jti"]},
        )
    except jwt.InvalidTokenError as error:
        raise Refused(
            "invalid_client",
            700024,
            f"Client assertion is not within its valid time range or not valid. {error}",
            401,
        ) from error


def _meant(head: dict[str, Any], one: ClientCertificate) -> bool:
    names = {"x5t": one.thumbprint, "x5t#S256": one.thumbprint_sha256}
    try:
        return any(
            name in head and base64.urlsafe_b64decode(f"{head[name]}==") == bytes.fromhex(thumbprint)
            for name, thumbprint in names.items()
        )
    except (binascii.Error, ValueError):
        return False


def _verify(challenge: str, verifier: str) -> None:
    made = unpadded(hashlib.sha256(verifier.encode()).digest())
    if not verifier or not hmac.compare_digest(made, challenge):
        raise Refused(
            "invalid_grant",
            501481,
            "The Code_Verifier does not match the code_challenge supplied in the authorization request.",
        )


def _application() -> Response:
    """Tokens for the application itself, without a person."""
    scopes = request.form.get("scope", "").split()
    if len(scopes) != 1 or not scopes[0].endswith("/.default"):
        raise Refused(
            "invalid_scope",
            1002012,
            "Client credential flows must have a scope value with /.default suffixed to the resource.",
        )
    if _for_us(scopes[0]):
        made = ms().tokens.own_claims(None)
    else:
        made = ms().tokens.graph_claims(None, ms().grants_application)
    return _answer({"access_token": ms().tokens.sign(made)})


def _delegated(grant: Grant, nonce: str) -> Response:
    """Tokens for a person who is signed in."""
    person, scopes = grant.session.person, _scopes(grant)
    if any(_for_us(scope) for scope in scopes):
        made, told = ms().tokens.own_claims(person), [*(one for one in scopes if _for_us(one))]
    else:
        names = {scope.rsplit("/", 1)[-1] for scope in scopes}
        told = sorted(
            names & ms().grants_delegated | (names & {"openid", "profile", "email"}) - {"offline_access"}
        )
        told = [one for one in told if one != "offline_access"]
        made = ms().tokens.graph_claims(person, told)
    answer: dict[str, Any] = {"access_token": ms().tokens.sign(made), "scope": " ".join(told)}
    if "offline_access" in grant.asked.scopes:
        answer["refresh_token"] = ms().sign_ins.refresh_token(grant)
    if "openid" in grant.asked.scopes:
        answer["id_token"] = ms().id_token_for(person, _id_claims(grant, nonce))
        answer["client_info"] = unpadded(
            f'{{"uid":"{person.object_id}","utid":"{person.tenant_id}"}}'.encode()
        )
    return _answer(answer)


def _scopes(grant: Grant) -> list[str]:
    return request.form.get("scope", "").split() or list(grant.asked.scopes)


def _for_us(scope: str) -> bool:
    return scope.startswith((f"api://{ms().client_id}/", f"{ms().client_id}/"))


def _id_claims(grant: Grant, nonce: str) -> dict[str, Any]:
    claims = ms().tokens.id_claims(grant.session.person, nonce, grant.asked.scopes)
    claims |= {"sid": grant.session.sid, "amr": ["pwd", "mfa"]}
    return claims | (
        {"auth_time": grant.session.auth_time}
        if grant.asked.max_age or "auth_time" in ms().optional_claims
        else {}
    )


def _answer(told: dict[str, Any]) -> Response:
    answer = jsonify(
        {"token_type": "Bearer", "expires_in": ms().token_lifetime, "ext_expires_in": ms().token_lifetime}
        | told
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer
