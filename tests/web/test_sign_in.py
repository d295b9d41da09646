"""Signing in with an identity provider's token: real keys, a key server on this machine, and hostile tokens."""

import base64
import hmac
import http.server
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from rig import House, Tenant, client_of, good, open_app

from gnomon.core.errors import Unauthenticated, Unavailable
from gnomon.settings import Settings
from gnomon.web.sign_in import FRESH, PAUSE, STALE, KeyRing, SignIn, read_keys
from gnomon.wiring.sign_in import build_sign_in

ISSUER = "https://project.supabase.test/auth/v1"
SECRET = "s" * 64
NOW = datetime.now(UTC)


@cache
def rsa_key(number: int, size: int = 2048) -> rsa.RSAPrivateKey:
    del number
    return rsa.generate_private_key(65537, size)


@cache
def ec_key(number: int) -> ec.EllipticCurvePrivateKey:
    del number
    return ec.generate_private_key(ec.SECP256R1())


def public_of(key: Any, kid: str, **fields: Any) -> dict[str, Any]:
    writer = RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else ECAlgorithm
    return {**writer.to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig"} | fields


def claims_of(**changed: Any) -> dict[str, Any]:
    now = int(NOW.timestamp())
    standard = {"iss": ISSUER, "aud": "authenticated", "sub": "5b1e", "iat": now, "exp": now + 3600}
    return {name: value for name, value in (standard | changed).items() if value is not None}


def token_of(key: Any, kid: str | None = "e1", algorithm: str = "ES256", **changed: Any) -> str:
    headers = {} if kid is None else {"kid": kid}
    return jwt.encode(claims_of(**changed), key, algorithm=algorithm, headers=headers)


@dataclass
class Shelf:
    """A JWKS, and how often it was read."""

    keys: list[dict[str, Any]] = field(default_factory=list)
    reads: int = 0
    is_down: bool = False

    async def read(self) -> bytes:
        self.reads += 1
        if self.is_down:
            raise Unavailable("down")
        return json.dumps({"keys": self.keys}).encode()


@pytest.fixture
def shelf() -> Shelf:
    return Shelf([public_of(ec_key(1), "e1"), public_of(rsa_key(1), "r1")])


@pytest.fixture
def sign_in(shelf: Shelf) -> SignIn:
    return SignIn(issuer=ISSUER, audience="authenticated", ring=KeyRing(fetch=shelf.read))


async def test_both_algorithms_are_taken(sign_in: SignIn) -> None:
    for token in (token_of(ec_key(1)), token_of(rsa_key(1), "r1", "RS256")):
        assert (await sign_in.identify(token, NOW)).subject == f"{ISSUER} 5b1e"


async def test_only_a_verified_address_is_told(sign_in: SignIn) -> None:
    told: dict[str, Any] = {"email": "a@b.c", "user_metadata": {"email_verified": True}}
    assert (await sign_in.identify(token_of(ec_key(1), **told), NOW)).email is None
    verified = token_of(ec_key(1), **told, email_verified=True)
    assert (await sign_in.identify(verified, NOW)).email == "a@b.c"


def written(header: dict[str, Any], secret: bytes | None = None) -> str:
    """Write a token by hand, as no library would."""
    texts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims_of())
    ]
    sign = b"" if secret is None else hmac.digest(secret, b".".join(texts), "sha256")
    return b".".join((*texts, base64.urlsafe_b64encode(sign).rstrip(b"="))).decode()


def unsigned() -> str:
    return written({"alg": "none", "kid": "e1"})


def confused() -> str:
    """Sign by HS256 with what everybody knows: the public key's own text."""
    form = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return written({"alg": "HS256", "kid": "r1"}, rsa_key(1).public_key().public_bytes(*form))


def tampered() -> str:
    head, _, sign = token_of(ec_key(1)).split(".")
    body = base64.urlsafe_b64encode(json.dumps(claims_of(sub="other")).encode()).rstrip(b"=").decode()
    return f"{head}.{body}.{sign}"


HOSTILE: dict[str, Callable[[], str]] = {
    "no algorithm": unsigned,
    "public key as a secret": confused,
    "a secret where none is set": lambda: jwt.encode(claims_of(), SECRET, algorithm="HS256"),
    "another audience": lambda: token_of(ec_key(1), aud="anon"),
    "another issuer": lambda: token_of(ec_key(1), iss="https://evil.test"),
    "no issuer": lambda: token_of(ec_key(1), iss=None),
    "no audience": lambda: token_of(ec_key(1), aud=None),
    "expired": lambda: token_of(ec_key(1), exp=int(NOW.timestamp()) - 31),
    "no expiry": lambda: token_of(ec_key(1), exp=None),
    "not yet": lambda: token_of(ec_key(1), nbf=int(NOW.timestamp()) + 600),
    "made in the future": lambda: token_of(ec_key(1), iat=int(NOW.timestamp()) + 600),
    "no subject": lambda: token_of(ec_key(1), sub=None),
    "an empty subject": lambda: token_of(ec_key(1), sub=""),
    "nobody": lambda: token_of(ec_key(1), is_anonymous=True),
    "an unknown key": lambda: token_of(ec_key(2), "e2"),
    "another's signature": lambda: token_of(ec_key(2), "e1"),
    "no key named": lambda: token_of(ec_key(1), None),
    "another key's name": lambda: token_of(ec_key(1), "r1"),
    "another algorithm of the key": lambda: token_of(rsa_key(1), "r1", "PS256"),
    "another body": tampered,
    "no token": lambda: "x.y.z",
    "empty": lambda: "",
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_token_is_refused(sign_in: SignIn, name: str) -> None:
    with pytest.raises(Unauthenticated, match="sign in again"):
        await sign_in.identify(HOSTILE[name](), NOW)


async def test_clocks_may_differ_a_little(sign_in: SignIn) -> None:
    at = int(NOW.timestamp())
    await sign_in.identify(token_of(ec_key(1), exp=at - 5, iat=at + 5, nbf=at + 5), NOW)


async def test_a_secret_is_taken_for_its_algorithm_alone() -> None:
    alone = SignIn(issuer=ISSUER, audience="authenticated", secret=SECRET.encode())
    assert (await alone.identify(jwt.encode(claims_of(), SECRET, algorithm="HS256"), NOW)).subject
    for token in (token_of(ec_key(1)), jwt.encode(claims_of(), SECRET, algorithm="HS512"), unsigned()):
        with pytest.raises(Unauthenticated):
            await alone.identify(token, NOW)


async def test_a_new_key_is_found_and_an_old_one_is_forgotten(sign_in: SignIn, shelf: Shelf) -> None:
    await sign_in.identify(token_of(ec_key(1)), NOW)
    shelf.keys = [public_of(ec_key(2), "e2")]
    later = NOW + PAUSE
    await sign_in.identify(token_of(ec_key(2), "e2"), later)
    with pytest.raises(Unauthenticated):
        await sign_in.identify(token_of(ec_key(1)), later)
    shelf.keys = [public_of(ec_key(3), "e2")]  # the same name for another key
    with pytest.raises(Unauthenticated):
        await sign_in.identify(token_of(ec_key(2), "e2"), later + FRESH + PAUSE)
    await sign_in.identify(token_of(ec_key(3), "e2"), later + FRESH + PAUSE)


async def test_a_storm_of_unknown_keys_asks_the_provider_once(sign_in: SignIn, shelf: Shelf) -> None:
    for number in range(50):
        with pytest.raises(Unauthenticated):
            await sign_in.identify(token_of(ec_key(2), f"x{number}"), NOW)
    assert shelf.reads == 1
    await sign_in.identify(token_of(ec_key(1)), NOW)
    with pytest.raises(Unauthenticated):
        await sign_in.identify(token_of(ec_key(2), "x"), NOW + PAUSE)
    assert shelf.reads == 2


async def test_a_provider_that_is_down_is_done_without_for_a_day(sign_in: SignIn, shelf: Shelf) -> None:
    shelf.is_down = True
    with pytest.raises(Unavailable, match="minute"):
        await sign_in.identify(token_of(ec_key(1)), NOW)
    shelf.is_down = False
    at = NOW + PAUSE
    await sign_in.identify(token_of(ec_key(1), exp=2e9), at)
    shelf.is_down = True
    await sign_in.identify(token_of(ec_key(1), exp=2e9), at + FRESH + PAUSE)
    with pytest.raises(Unavailable):
        await sign_in.identify(token_of(ec_key(1), exp=2e9), at + STALE + PAUSE)


def test_keys_that_verify_nothing_here_are_left_out() -> None:
    keys = [
        public_of(rsa_key(2, 1024), "short"),
        public_of(ec.generate_private_key(ec.SECP384R1()), "curve"),
        public_of(ec_key(1), "for encryption", use="enc"),
        public_of(rsa_key(1), "other", alg="RS512"),
        {"kty": "oct", "k": "c2VjcmV0", "kid": "secret"},
        {"kty": "RSA", "kid": "broken", "n": "?"},
        {"kty": "EC"},
        "text",
        public_of(ec_key(1), "good"),
    ]
    assert list(read_keys(json.dumps({"keys": keys}).encode())) == [("ES256", "good")]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"keys": 5}', "\xff"])
def test_what_is_no_key_set_is_said(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_keys(text.encode("latin-1"))


@pytest.fixture
def key_server(shelf: Shelf) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = json.dumps({"keys": shelf.keys}).encode()
            self.send_response(200 if self.path == "/jwks.json" else 404)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            return

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/jwks.json"
        server.shutdown()


async def test_keys_are_read_from_an_address_through_the_gate(key_server: str) -> None:
    told: dict[str, Any] = {"supabase_jwks": key_server, "supabase_issuer": ISSUER}
    opened = build_sign_in(Settings(**told, fetch_allow=("127.0.0.0/8",), fetch_http=True))
    assert opened is not None
    assert (await opened.identify(token_of(ec_key(1)), NOW)).subject
    closed = build_sign_in(Settings(**told))
    assert closed is not None
    with pytest.raises(Unavailable):
        await closed.identify(token_of(ec_key(1)), NOW)
    lost = build_sign_in(
        Settings(
            supabase_jwks=key_server + "x",
            supabase_issuer=ISSUER,
            fetch_allow=("127.0.0.0/8",),
            fetch_http=True,
        )
    )
    assert lost is not None
    with pytest.raises(Unavailable):
        await lost.identify(token_of(ec_key(1)), NOW)


async def test_keys_are_read_from_a_file(shelf: Shelf, tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_bytes(await shelf.read())
    opened = build_sign_in(Settings(supabase_jwks=str(file), supabase_issuer=ISSUER))
    assert opened is not None
    assert (await opened.identify(token_of(rsa_key(1), "r1", "RS256"), NOW)).subject


@pytest.mark.parametrize(
    "told",
    [
        {"supabase_issuer": ISSUER},
        {"supabase_secret": SECRET},
        {"supabase_jwks": "https://id.test/jwks"},
        {"supabase_jwks": "/nowhere/keys.json", "supabase_issuer": ISSUER},
    ],
)
def test_half_of_the_settings_is_refused(told: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="--supabase"):
        build_sign_in(Settings(**told))  # type: ignore[arg-type]  # texts alone


@pytest.fixture
async def site(house: House, sign_in: SignIn, ours: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(open_app(house, sign_in=sign_in)) as client:
        yield client


def bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def invite(ours: Tenant, **wanted: Any) -> str:
    invited = await ours.post("/organizations/1/invites", {"role": "member", **wanted})
    token: str = invited["invite_token"]
    return token


async def test_who_accepts_an_invite_signed_in_needs_no_key(site: httpx.AsyncClient, ours: Tenant) -> None:
    signed = bearing(token_of(ec_key(1)))
    stranger = await site.get("/auth/workspaces", headers=signed)
    assert stranger.status_code == 403
    assert "accept an invite" in stranger.json()["detail"]
    body = {"token": await invite(ours)}
    joined = good(await site.post("/organizations/1/invites/accept", json=body, headers=signed))
    assert joined["user_api_key"] is None
    listed = good(await site.get("/auth/workspaces", headers=signed))
    assert listed == [{"workspace_id": 1, "identifier": "ours", "role": "member"}]
    for chosen in (1, "1"):
        answered = await site.post("/auth/exchange-supabase", json={"workspace_id": chosen}, headers=signed)
        entered = good(answered)
        assert entered["token"] == entered["access_token"]
    claims = jwt.decode(entered["token"], options={"verify_signature": False})
    assert (claims["workspace_role"], claims["user_id"]) == ("member", joined["user_id"])
    inside = bearing(entered["token"])
    assert good(await site.get("/locations", headers=inside)) == []
    assert (await site.get("/gnomon/v1/keys", headers=inside)).status_code == 403
    elsewhere = await site.post("/auth/exchange-supabase", json={"workspace_id": 2}, headers=signed)
    assert elsewhere.status_code == 403


async def test_a_token_ends_with_the_membership(site: httpx.AsyncClient, ours: Tenant, house: House) -> None:
    signed = bearing(token_of(ec_key(1)))
    body = {"token": await invite(ours)}
    joined = good(await site.post("/organizations/1/invites/accept", json=body, headers=signed))
    entered = good(await site.post("/auth/exchange-supabase", json={"workspace_id": 1}, headers=signed))
    inside = bearing(entered["token"])
    assert good(await site.get("/locations", headers=inside)) == []
    now = house.clock.now()
    await house.store.members.remove_member("workspace", ours.id, joined["user_id"], now)
    assert (await site.get("/locations", headers=inside)).status_code == 401
    assert good(await site.get("/auth/workspaces", headers=signed)) == []


async def test_a_verified_address_finds_the_invited_user_and_ends_the_keys_given_meanwhile(
    site: httpx.AsyncClient, ours: Tenant
) -> None:
    body = {"token": await invite(ours, email="Ann@Example.com")}
    joined = good(await site.post("/organizations/1/invites/accept", json=body))
    pair = {"workspace": joined["workspace_api_key"], "user": joined["user_api_key"]}
    good(await site.post("/auth/token", json=pair))
    unverified = bearing(token_of(ec_key(1), email="ann@example.com"))
    assert (await site.get("/auth/workspaces", headers=unverified)).status_code == 403
    verified = bearing(token_of(ec_key(1), email="ann@example.com", email_verified=True))
    assert len(good(await site.get("/auth/workspaces", headers=verified))) == 1
    assert (await site.post("/auth/token", json=pair)).status_code == 401
    other = bearing(token_of(ec_key(1), sub="mallory", email="ann@example.com", email_verified=True))
    assert (await site.get("/auth/workspaces", headers=other)).status_code == 403


async def test_tokens_of_this_server_and_of_the_provider_are_not_mixed_up(
    site: httpx.AsyncClient, ours: Tenant
) -> None:
    own = dict(ours.client.headers)["authorization"]
    assert (await site.get("/auth/workspaces", headers={"Authorization": own})).status_code == 401
    foreign = await site.get("/locations", headers=bearing(token_of(ec_key(1))))
    assert foreign.status_code == 401
    assert (await site.get("/auth/workspaces")).status_code == 401


async def test_without_the_setting_the_remedy_is_told(ours: Tenant) -> None:
    for method, path in (("GET", "/auth/workspaces"), ("POST", "/auth/exchange-supabase")):
        answered = await ours.client.request(method, path)
        assert answered.status_code == 404
        assert "--supabase-jwks" in answered.json()["detail"]


async def test_the_settings_of_time_are_in_order() -> None:
    assert timedelta(0) < PAUSE < FRESH < STALE
