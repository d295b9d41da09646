"""The text of a URL becomes a target, or is refused: no spelling that two parsers could read differently."""

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address

import idna

from gnomon.outbound.address import Address

LONGEST_URL = 2048
_URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<path>/[^?#]*)?(?P<query>\?[^#]*)?"
)
_AUTHORITY = re.compile(r"(?:\[(?P<literal>[^\[\]]*)\]|(?P<host>[^\[\]:]*))(?::(?P<port>[0-9]{1,5}))?")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PORTS = {"http": 80, "https": 443}
_FIRST_FREE_PORT = 1024


class BadTarget(ValueError):
    """The URL cannot be posted to; the text says what to change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a request goes: the name for TLS and `Host`, and what is asked of it."""

    scheme: str
    host: str
    """Lower case ASCII, or an address in its usual spelling."""
    port: int
    path: str
    """Path and query."""
    literal: Address | None = None
    """The address, when the URL names one instead of a host."""

    @property
    def authority(self) -> str:
        """Give the value of the `Host` header."""
        host = f"[{self.host}]" if isinstance(self.literal, IPv6Address) else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def is_local_name(self) -> bool:
        """Say whether the host is a name of this machine wherever it is asked."""
        return self.host == "localhost" or self.host.endswith((".localhost", ".localdomain"))


def read_target(url: str, *, is_http_allowed: bool = False, remedy: str = "") -> Target:
    """Read a URL; raises `BadTarget` with what to change, and with how the server's operator would allow it."""
    match = _URL.fullmatch(_plain(url))
    if match is None:
        raise BadTarget("Give an absolute URL without a fragment, such as https://example.com/hook.")
    scheme = _scheme(match["scheme"].lower(), is_http_allowed=is_http_allowed, remedy=remedy)
    host, literal, port = _authority(match["authority"], scheme)
    path = (match["path"] or "/") + (match["query"] or "")
    if not path.isascii():
        raise BadTarget("Percent-encode what is not ASCII in the URL's path and query.")
    return Target(scheme=scheme, host=host, port=port, path=path, literal=literal)


def _plain(url: str) -> str:
    if len(url) > LONGEST_URL:
        raise BadTarget(f"The URL is longer than {LONGEST_URL} characters; give a shorter one.")
    if "\\" in url or any(sign.isspace() or not sign.isprintable() for sign in url):
        raise BadTarget("The URL holds a space, a backslash or a control character; percent-encode it.")
    return url


def _scheme(scheme: str, *, is_http_allowed: bool, remedy: str) -> str:
    if scheme == "https" or (scheme == "http" and is_http_allowed):
        return scheme
    hint = f" Plain http is off on this server. {remedy}".rstrip() if scheme == "http" else ""
    raise BadTarget(f"Give a URL that begins with https://.{hint}")


def _authority(authority: str, scheme: str) -> tuple[str, Address | None, int]:
    if "@" in authority:
        raise BadTarget("Leave user name and password out of the URL.")
    if "%" in authority:
        raise BadTarget("Write the host without percent-encoding and without a zone.")
    match = _AUTHORITY.fullmatch(authority)
    if match is None:
        raise BadTarget("Give a host, and a port from 1 to 65535 if it needs one: https://example.com:8443/.")
    port = _port(match["port"], scheme)
    if match["literal"] is not None:
        literal = _ipv6(match["literal"])
        return str(literal), literal, port
    return *_host(match["host"]), port


def _port(text: str | None, scheme: str) -> int:
    if text is None:
        return _PORTS[scheme]
    port = int(text)
    if port in _PORTS.values() or _FIRST_FREE_PORT <= port <= 65535:
        return port
    raise BadTarget("Use port 443, port 80, or one from 1024 to 65535.")


def _ipv6(text: str) -> IPv6Address:
    try:
        return IPv6Address(text)
    except AddressValueError as error:
        raise BadTarget("Between brackets the URL needs an IPv6 address.") from error


def _host(text: str) -> tuple[str, IPv4Address | None]:
    """Read a name or an IPv4 address; a number in any but its usual spelling is neither."""
    host = _ascii(text).removesuffix(".")
    labels = host.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        try:
            return host, IPv4Address(host)
        except AddressValueError as error:
            raise BadTarget("Write the IPv4 address as four decimal numbers: 203.0.113.7.") from error
    if len(host) > 253 or not all(map(_LABEL.fullmatch, labels)):
        raise BadTarget(f"{text!r} is not the name of a host.")
    return host, None


def _ascii(text: str) -> str:
    """Map what people write to what is looked up: full-width signs, capitals, other scripts (IDNA 2008, UTS 46)."""
    if text.isascii():
        return text.lower()
    try:
        mapped = idna.uts46_remap(text, std3_rules=True)
        return mapped if mapped.isascii() else idna.encode(mapped).decode()
    except idna.IDNAError as error:
        raise BadTarget(f"{text!r} is not the name of a host: {error}.") from error
