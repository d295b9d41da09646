"""Signatures: known answers, every way to be wrong, and the libraries of others."""

import ast
import base64
import hashlib
import hmac
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
import standardwebhooks
import svix.webhooks
from hypothesis import given
from hypothesis import strategies as st

from gnomon.delivery import SignatureInvalid, sign, verify
from gnomon.delivery.signature import STANDARD, WITH_TEXT_KEY

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + base64.b64encode(bytes(range(32))).decode()
ID, AT, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
KNOWN = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def headers(signature: str, message_id: str = ID, at: Any = AT) -> dict[str, str]:
    return {"webhook-id": message_id, "webhook-timestamp": str(at), "webhook-signature": signature}


def test_a_known_answer() -> None:
    """The example that the specification's own libraries test with."""
    assert sign([SECRET], ID, AT, BODY) == KNOWN
    verify(SECRET, headers(KNOWN), BODY, now=AT)


def test_a_known_answer_made_with_openssl() -> None:
    """Made with: printf 'msg_1.1700000000.{}' | openssl dgst -sha256 -mac HMAC -macopt hexkey:000102...1f."""
    made = base64.b64encode(bytes.fromhex(OPENSSL)).decode()
    assert sign([OTHER], "msg_1", 1_700_000_000, b"{}") == f"v1,{made}"


OPENSSL = "7e192c245e4494a8e53e84ff8ed79f08ee578d03ef85fec385fffc47569df725"


def test_during_an_overlap_both_secrets_fit() -> None:
    both = sign([OTHER, SECRET], ID, AT, BODY)
    assert len(both.split(" ")) == 2
    for secret in (SECRET, OTHER):
        verify(secret, headers(both), BODY, now=AT)
    with pytest.raises(SignatureInvalid):
        verify(SECRET, headers(sign([OTHER], ID, AT, BODY)), BODY, now=AT)


PARALLEL_ID, PARALLEL_AT = "whevent_0001", 1751498975
PARALLEL_BODY = (
    b'{"timestamp":"2025-04-23T20:21:48.037943Z","type":"task_run.status",'
    b'"data":{"run_id":"trun_1","status":"completed"}}'
)
DECODED_KEY = "v1,n7ZBgc8gZqBNK0IFRZjiIEMsv2R/IsJOH+nT3HCVisA="
TEXT_KEY = "v1,CHbUKgYqcRuqfo5hXTCkI9qpO5/VALMZXZSUz4EIEwg="


def test_a_known_answer_in_both_schemes() -> None:
    """Both can be had with openssl, from -macopt hexkey:31f290f6... and -macopt key:whsec_Mf..."""
    signed = sign([SECRET], PARALLEL_ID, PARALLEL_AT, PARALLEL_BODY, WITH_TEXT_KEY)
    assert signed == f"{DECODED_KEY} {TEXT_KEY}"
    verify(SECRET, headers(signed, PARALLEL_ID, PARALLEL_AT), PARALLEL_BODY, now=PARALLEL_AT)


def test_both_schemes_sign_by_every_secret() -> None:
    signed = sign([OTHER, SECRET], PARALLEL_ID, PARALLEL_AT, PARALLEL_BODY, WITH_TEXT_KEY).split(" ")
    assert signed[2:] == [DECODED_KEY, TEXT_KEY]
    assert " ".join(signed[:2]) == sign([OTHER], PARALLEL_ID, PARALLEL_AT, PARALLEL_BODY, WITH_TEXT_KEY)
    assert len(set(signed)) == 4


def test_the_text_of_a_secret_alone_convinces_nobody_who_decodes_it() -> None:
    with pytest.raises(SignatureInvalid, match="No signature fits"):
        verify(SECRET, headers(TEXT_KEY, PARALLEL_ID, PARALLEL_AT), PARALLEL_BODY, now=PARALLEL_AT)


@pytest.mark.parametrize("away", [-300, -1, 0, 1, 300])
def test_a_moment_is_tolerated_in_both_directions(away: int) -> None:
    verify(SECRET, headers(KNOWN), BODY, now=AT + away)


@pytest.mark.parametrize("away", [-86400, -301, 301, 86400])
def test_more_is_not(away: int) -> None:
    with pytest.raises(SignatureInvalid, match="not from now"):
        verify(SECRET, headers(KNOWN), BODY, now=AT + away)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_header_is_named(name: str, value: str | None) -> None:
    given_ = {key: text for key, text in headers(KNOWN).items() if key != name}
    with pytest.raises(SignatureInvalid, match=name):
        verify(SECRET, given_ if value is None else {**given_, name: value}, BODY, now=AT)


@pytest.mark.parametrize(
    "at", ["", "abc", "-1614265330", "1614265330.0", "1e9", " 1614265330", "٣", "9" * 30]
)
def test_a_time_that_is_none_is_refused(at: str) -> None:
    with pytest.raises(SignatureInvalid):
        verify(SECRET, headers(KNOWN, at=at), BODY, now=AT)


def test_an_id_with_a_dot_is_refused_however_it_is_signed() -> None:
    """`a.1` at 2 and `a` at 1.2 would be signed alike."""
    with pytest.raises(SignatureInvalid, match="dot"):
        verify(SECRET, headers(sign([SECRET], "a.1", AT, BODY), "a.1"), BODY, now=AT)


@pytest.mark.parametrize(
    "signature",
    [
        "v1",
        "v1,",
        KNOWN.removeprefix("v1,"),
        KNOWN.replace("v1,", "v2,"),
        KNOWN.replace("v1,", "v1a,"),
        "v1,ü",
    ],
)
def test_a_signature_that_does_not_fit_is_refused(signature: str) -> None:
    with pytest.raises(SignatureInvalid, match="No signature fits"):
        verify(SECRET, headers(signature), BODY, now=AT)


def test_an_unknown_version_beside_the_right_one_does_no_harm() -> None:
    verify(SECRET, headers(f"v1a,abc {KNOWN} v2,x"), BODY, now=AT)


def test_names_of_headers_come_in_any_case() -> None:
    verify(SECRET, {key.title(): value for key, value in headers(KNOWN).items()}, BODY, now=AT)


def test_a_secret_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="whsec_"):
        verify("whsec_not base64!", headers(KNOWN), BODY, now=AT)


@given(body=st.binary(max_size=200), position=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_one_flipped_bit_is_noticed(body: bytes, position: int, bit: int) -> None:
    signature = sign([SECRET], ID, AT, body)
    verify(SECRET, headers(signature), body, now=AT)
    changed = bytearray(body or b"\0")
    changed[position % len(changed)] ^= 1 << bit
    with pytest.raises(SignatureInvalid):
        verify(SECRET, headers(signature), bytes(changed), now=AT)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(document=JSON)
def test_the_python_library_accepts_any_json(document: Any) -> None:
    now = int(datetime.now(UTC).timestamp())
    body = json.dumps(document, ensure_ascii=False).encode()
    given_ = headers(sign([OTHER, SECRET], ID, now, body), at=now)
    for secret in (SECRET, OTHER):
        assert standardwebhooks.Webhook(secret).verify(body, given_) == json.loads(body)
    made = standardwebhooks.Webhook(SECRET).sign(ID, datetime.fromtimestamp(now, UTC), body.decode())
    assert made == sign([SECRET], ID, now, body)


def test_what_is_signed_in_both_schemes_is_accepted_by_whoever_checks_either() -> None:
    now = int(datetime.now(UTC).timestamp())
    given_ = headers(sign([OTHER, SECRET], ID, now, PARALLEL_BODY, WITH_TEXT_KEY), at=now)
    for secret in (SECRET, OTHER):
        assert standardwebhooks.Webhook(secret).verify(PARALLEL_BODY, given_)
        assert svix.webhooks.Webhook(secret).verify(PARALLEL_BODY, given_)
        # Bytes are the key itself: the older reading of the secret.
        assert standardwebhooks.Webhook(secret.encode()).verify(PARALLEL_BODY, given_)
        with pytest.raises(svix.webhooks.WebhookVerificationError):
            svix.webhooks.Webhook(secret).verify(PARALLEL_BODY + b" ", given_)


LANGCHAIN = "langchain-parallel==0.5.0"


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., bool]:
    """Give the verifier that langchain-parallel publishes, without the many packages that the rest of it needs."""
    folder = tmp_path_factory.mktemp("wheel")
    take = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--target",
        str(folder),
        LANGCHAIN,
    ]
    done = subprocess.run(take, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        pytest.skip(f"pip could not install {LANGCHAIN}: {done.stderr.strip()[-200:]}")
    tree = ast.parse((folder / "langchain_parallel/tasks.py").read_text())
    kept = [part for part in tree.body if isinstance(part, ast.Assign | ast.FunctionDef) and is_needed(part)]
    named: dict[str, Any] = {"hashlib": hashlib, "hmac": hmac}
    exec(compile(ast.Module(kept, []), "langchain_parallel/tasks.py", "exec"), named)
    verifier: Callable[..., bool] = named["verify_webhook"]
    return verifier


def is_needed(part: ast.Assign | ast.FunctionDef) -> bool:
    if isinstance(part, ast.FunctionDef):
        return part.name == "verify_webhook"
    return any(isinstance(name, ast.Name) and "WEBHOOK" in name.id for name in part.targets)


@pytest.mark.slow
def test_a_published_verifier_of_the_older_scheme_accepts_it(published: Callable[..., bool]) -> None:
    now = int(datetime.now(UTC).timestamp())
    signed = headers(sign([OTHER, SECRET], ID, now, PARALLEL_BODY, WITH_TEXT_KEY), at=now)
    named = {name.replace("-", "_"): value for name, value in signed.items()}
    for secret in (SECRET, OTHER):
        assert published(PARALLEL_BODY, secret=secret, **named)
        assert not published(PARALLEL_BODY + b" ", secret=secret, **named)
    plain = headers(sign([SECRET], ID, now, PARALLEL_BODY), at=now)
    assert not published(
        PARALLEL_BODY, secret=SECRET, **{k.replace("-", "_"): v for k, v in plain.items()}
    ), "a verifier of the older scheme took the standard one: it proves nothing"


CHECK = """
const { Webhook } = require("standardwebhooks");
const cases = JSON.parse(require("fs").readFileSync(0, "utf8"));
const told = cases.map(({ secret, headers, body }) => {
  const bytes = Buffer.from(body, "base64");
  try {
    const read = new Webhook(secret).verify(bytes, headers);
    const at = new Date(1000 * Number(headers["webhook-timestamp"]));
    return { read, signed: new Webhook(secret).sign(headers["webhook-id"], at, bytes.toString("utf8")) };
  } catch (error) {
    return { error: String(error) };
  }
});
process.stdout.write(JSON.stringify(told));
"""
DOCUMENTS = [
    {"type": "task.completed", "data": {"result": [1, 2.5, None, True]}},
    {"emoji": '😀 é ü ß 漢字 \u2028 \u0000 "\\/', "": {}},
    [],
    "x" * 20_000,
]


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder in which Node finds the JavaScript library."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("Node.js with npm is not installed")
    folder = tmp_path_factory.mktemp("node")
    install = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "standardwebhooks@1"]
    try:
        done = subprocess.run(install, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("the npm registry gave no answer")
    if done.returncode:
        pytest.skip(f"npm could not install standardwebhooks: {done.stderr.strip()[-200:]}")
    return folder


@pytest.mark.slow
def test_the_javascript_library_accepts_what_we_sign_and_refuses_what_was_changed(node: Path) -> None:
    now = int(datetime.now(UTC).timestamp())
    cases = []
    for scheme, document in zip(cycle((STANDARD, WITH_TEXT_KEY)), DOCUMENTS, strict=False):
        body = json.dumps(document, ensure_ascii=False).encode()
        signed = headers(sign([OTHER, SECRET], ID, now, body, scheme), at=now)
        cases += [case(secret, signed, body) for secret in (SECRET, OTHER)]
        cases.append(case(SECRET, signed, body + b" "))
    asked = json.dumps(cases)
    done = subprocess.run(
        ["node", "-e", CHECK], cwd=node, input=asked, capture_output=True, text=True, timeout=60, check=True
    )
    told = json.loads(done.stdout)
    assert len(told) == 3 * len(DOCUMENTS)
    for position, document in enumerate(DOCUMENTS):
        body = json.dumps(document, ensure_ascii=False).encode()
        good, other, changed = told[3 * position : 3 * position + 3]
        assert good == {"read": document, "signed": sign([SECRET], ID, now, body)}
        assert other == {"read": document, "signed": sign([OTHER], ID, now, body)}
        assert "No matching signature" in changed["error"]


def case(secret: str, signed: dict[str, str], body: bytes) -> dict[str, Any]:
    return {"secret": secret, "headers": signed, "body": base64.b64encode(body).decode()}
