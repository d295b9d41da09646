"""URLs: what is read, and what is refused with a word on what to change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.outbound.gate import Gate
from gnomon.outbound.target import BadTarget, read_target

GATE = Gate()


def wide(text: str) -> str:
    """Write a text in full-width signs."""
    return "".join(chr(ord(sign) + 0xFEE0) for sign in text)


LOOPBACK = """
127.1 0x7f.1 2130706433 0177.0.0.1 017700000001 0x7f000001 127.0.0.1. 127.1. ①②⑦.0.0.1 127。0。0。1
127.0.1 0x7f.0.0.1 00127.0.0.1 127.0.0.0x1 0xA9.0xFE.0xA9.0xFE 1.2.3.4.5 256.1.1.1 127.0.0.1 10.0.0.1 169.254.169.254
0 0.0.0.0 localhost LOCALHOST localhost. a.localhost localhost.localdomain
[::1] [::] [::ffff:127.0.0.1] [::ffff:7f00:1] [::127.0.0.1] [64:ff9b::7f00:1] [64:ff9b:1::7f00:1] [2002:7f00:1::]
[2001:0:7f00:1::1] [fe80::1] [fe80::1%25eth0] [fe80::1%eth0] [fc00::1] [fd00:ec2::254] [ff02::1] [0:0:0:0:0:0:0:1]
"""


@pytest.mark.parametrize(
    "host", [*LOOPBACK.split(), *map(wide, ["127.0.0.1", "127.1", "localhost", "2130706433"])]
)
@pytest.mark.parametrize("port", ["", ":8443"])
def test_no_spelling_of_a_forbidden_address_is_taken(host: str, port: str) -> None:
    assert GATE.check_url(f"https://{host}{port}/hook")


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("http://example.com/", "https"),
        ("ftp://example.com/", "https"),
        ("file:///etc/passwd", "https"),
        ("gopher://example.com/", "https"),
        ("//example.com/", "absolute"),
        ("example.com/hook", "absolute"),
        ("", "absolute"),
        ("https://", "host"),
        ("https:///path", "host"),
        ("https://user@example.com/", "password"),
        ("https://user:secret@example.com/", "password"),
        ("https://example.com@127.0.0.1/", "password"),
        ("https://127.0.0.1\\@example.com/", "backslash"),
        ("https://exa mple.com/", "space"),
        ("https://example.com/\r\nX: y", "control"),
        ("https://example.com/\x00", "control"),
        ("https://example.com/a\u2028b", "control"),
        ("https://example.com/#part", "fragment"),
        ("https://example.com:0/", "port"),
        ("https://example.com:22/", "port"),
        ("https://example.com:25/", "port"),
        ("https://example.com:70000/", "port"),
        ("https://example.com:123456/", "port"),
        ("https://example.com:/", "port"),
        ("https://exam%70le.com/", "percent"),
        ("https://%31%32%37.0.0.1/", "percent"),
        ("https://-a.example/", "name"),
        ("https://a..example/", "name"),
        ("https://" + "a" * 64 + ".example/", "name"),
        ("https://" + "a." * 127 + "example/", "name"),
        ("https://[::1/", "host"),
        ("https://[127.0.0.1]/", "IPv6"),
        ("https://[v1.a]/", "IPv6"),
        ("https://example.com/é", "Percent-encode"),
        ("https://example.com/" + "a" * 2048, "longer"),
        ("https://☃.example/", "name"),
    ],
)
def test_a_bad_url_is_refused_with_a_remedy(url: str, word: str) -> None:
    complaint = GATE.check_url(url)
    assert complaint is not None
    assert word in complaint


@pytest.mark.parametrize(
    ("url", "authority", "path"),
    [
        ("https://example.com", "example.com", "/"),
        ("HTTPS://EXAMPLE.com.:443/a?b=c", "example.com", "/a?b=c"),
        ("https://example.com:8443?x", "example.com:8443", "/?x"),
        ("https://bücher.example/", "xn--bcher-kva.example", "/"),
        (f"https://{wide('EXAMPLE')}。com/", "example.com", "/"),
        ("https://straße.example/", "xn--strae-oqa.example", "/"),
        ("https://my_service.internal:9000/x", "my_service.internal:9000", "/x"),
        ("https://8.8.8.8/", "8.8.8.8", "/"),
        ("https://[2606:4700:4700:0::1111]:8443/", "[2606:4700:4700::1111]:8443", "/"),
        ("https://example.com/a/../b//c%2F", "example.com", "/a/../b//c%2F"),
    ],
)
def test_a_good_url_is_read(url: str, authority: str, path: str) -> None:
    target = read_target(url)
    assert (target.authority, target.path) == (authority, path)
    assert GATE.check_url(url) is None


def test_http_is_read_where_the_operator_allows_it() -> None:
    target = read_target("http://example.com:80/x", is_http_allowed=True)
    assert (target.scheme, target.port, target.authority) == ("http", 80, "example.com")


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_and_nothing_else_happens(text: str) -> None:
    for url in (text, "https://" + text, "https://example.com/" + text):
        try:
            target = read_target(url)
        except BadTarget:
            continue
        assert target.host.isascii()
        assert target.path.isascii()
        assert not set(target.authority) & set("\r\n\\@# ")
        assert not set(target.path) & set("\r\n\\# ")


@pytest.mark.parametrize("url", ["http://localhost:9000/", "https://localhost:9000/", "https://10.0.0.1/"])
def test_who_has_a_receiver_of_his_own_is_told_both_settings(url: str) -> None:
    assert "--webhook-http --webhook-allow 127.0.0.0/8" in (GATE.check_url(url) or "")
