"""Addresses of pages in one spelling, so that two providers' finds of one page are one."""

import re
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

_PORTS = {"http": 80, "https": 443}
_TRACKING = re.compile(
    r"utm_\w+|gclid|gbraid|wbraid|dclid|fbclid|msclkid|yclid|twclid|igshid|mc_cid|mc_eid|_hsenc|_hsmi|srsltid",
    re.IGNORECASE,
)
_SAFE = "/%:@!$&'()*+,;=~-._"
_LABEL = re.compile(r"(?!-)[\w-]{1,63}(?<!-)")


def canonical(url: str) -> str | None:
    """Spell a page's address in one way: no fragment, no tracking, no usual port; None for what is no web page."""
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not host or parts.username is not None:
        return None
    named = f"[{host}]" if ":" in host else host
    place = named if port in {None, _PORTS[parts.scheme]} else f"{named}:{port}"
    path, query = quote(parts.path or "/", _SAFE, errors="replace"), _without_tracking(parts.query)
    return urlunsplit((parts.scheme, place, path, query, ""))


def same_page(url: str) -> str:
    """Return what two addresses have in common that most likely lead to one page: a key, no address."""
    parts = urlsplit(url)
    return f"{parts.netloc.removeprefix('www.')}{parts.path.rstrip('/')}?{parts.query}"


def host_of(url: str) -> str:
    """Return the host's name in lower case, of other scripts in ASCII; empty when there is none."""
    try:
        return _in_ascii((urlsplit(url).hostname or "").rstrip("."))
    except ValueError:
        return ""


def domain(given: object) -> str | None:
    """Read what people give as a domain: `example.com`, `.gov`, `*.example.com`, `https://www.example.com/a`."""
    text = str(given).strip().lower()
    host = host_of(text) if "://" in text else text.partition("/")[0]
    name = host.removeprefix("*").removeprefix(".").rstrip(".")
    is_name = len(name) < 254 and all(map(_LABEL.fullmatch, name.split(".")))
    return _in_ascii(name) if is_name else None


def is_under(host: str, name: str) -> bool:
    """Say whether a host is a domain, or stands under it."""
    return host == name or host.endswith(f".{name}")


def _in_ascii(name: str) -> str:
    """Spell a name as it is looked up, for comparing alone."""
    try:
        return name if name.isascii() else name.encode("idna").decode()
    except UnicodeError:
        return name


def _without_tracking(query: str) -> str:
    if not _TRACKING.search(query):
        return quote(query, _SAFE + "?", errors="replace")
    given = parse_qsl(query, keep_blank_values=True)
    kept = [(name, value) for name, value in given if not _TRACKING.fullmatch(name)]
    return urlencode(kept, errors="replace")
