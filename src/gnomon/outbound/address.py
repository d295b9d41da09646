"""Where a connection may go: one table of forbidden networks, written out.

The flags of `ipaddress` are no guard: `is_global` holds for 192.0.0.9, for multicast, for `::127.0.0.1`, for NAT64 of
a private address and for more, and what they say changes between versions of Python.
"""

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

FORBIDDEN: Mapping[Network, str] = {
    ip_network(text): why
    for text, why in {
        "0.0.0.0/8": "this host",
        "10.0.0.0/8": "private",
        "100.64.0.0/10": "carrier-grade NAT; metadata of one cloud",
        "127.0.0.0/8": "loopback",
        "168.63.129.16/32": "platform address of one cloud",
        "169.254.0.0/16": "link-local; metadata of most clouds",
        "172.16.0.0/12": "private",
        "192.0.0.0/24": "protocol assignments; metadata of one cloud",
        "192.0.2.0/24": "documentation",
        "192.88.99.0/24": "6to4 relays",
        "192.168.0.0/16": "private",
        "198.18.0.0/15": "benchmarks",
        "198.51.100.0/24": "documentation",
        "203.0.113.0/24": "documentation",
        "224.0.0.0/4": "multicast",
        "240.0.0.0/4": "reserved, and broadcast",
        # All of IPv6 but 2000::/3, the one part from which global addresses are given out. Outside lie loopback,
        # IPv4-compatible and -mapped addresses, both NAT64 prefixes, discard-only, SRv6, unique local, link-local,
        # site-local and multicast.
        "::/3": "not global unicast",
        "4000::/2": "not global unicast",
        "8000::/1": "not global unicast",
        "2001::/23": "protocol assignments, Teredo among them",
        "2001:db8::/32": "documentation",
        "2002::/16": "6to4",
        "3fff::/20": "documentation",
    }.items()
}

_COMPATIBLE = IPv6Network("::/96")
_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
_ISATAP = 0x00005EFE
_UNIVERSAL_BIT = 0x02000000


class AddressTable:
    """Says which addresses are forbidden; the operator's own networks open what the table closes."""

    def __init__(self, allow: Iterable[Network] = ()) -> None:
        self._allow = tuple(allow)

    def forbids(self, address: Address) -> str | None:
        """Say why no connection may go to the address; None when one may.

        An address that carries another one is judged by both: opening a NAT64 prefix opens nothing private.
        """
        return next(filter(None, map(self._forbids, faces(address))), None)

    def opens(self, address: Address) -> bool:
        """Say whether the operator has opened the address: what stands there is his own."""
        return any(face in network for face in faces(address) for network in self._allow)

    def _forbids(self, face: Address) -> str | None:
        if any(face in network for network in self._allow):
            return None
        return next((why for network, why in FORBIDDEN.items() if face in network), None)


def faces(address: Address) -> Iterator[Address]:
    """Yield the address and every IPv4 address that it carries; a mapped one is nothing but what it carries."""
    if isinstance(address, IPv4Address):
        yield address
    elif address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    else:
        yield address
        yield from _carried(address)


def _carried(address: IPv6Address) -> Iterator[IPv4Address]:
    low = IPv4Address(int(address) & 0xFFFFFFFF)
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    if any(address in prefix for prefix in _NAT64):
        yield low
    if address in _COMPATIBLE and int(low) > 1:  # :: and ::1 carry nothing
        yield low
    if (int(address) >> 32) & 0xFFFFFFFF & ~_UNIVERSAL_BIT == _ISATAP:
        yield low
