"""The table of forbidden networks: every vector, in every spelling that reaches it."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.outbound.address import FORBIDDEN, AddressTable

CLOSED = AddressTable()

VECTORS = """
127.0.0.1 127.255.255.254 0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255 192.168.0.1
192.168.255.255 169.254.169.254 169.254.0.1 100.64.0.1 100.100.100.200 100.127.255.255 192.0.0.1 192.0.0.9
192.0.0.10 192.0.0.192 192.0.2.1 198.51.100.1 203.0.113.1 192.88.99.1 198.18.0.1 198.19.255.255 224.0.0.1
239.255.255.255 240.0.0.1 255.255.255.255 168.63.129.16
:: ::1 ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:0:127.0.0.1
fe80::1 fe80::1%eth0 febf::1 fec0::1 fc00::1 fd00:ec2::254 fdff::1 ff00::1 ff02::1 ff0e::1
64:ff9b::a9fe:a9fe 64:ff9b::808:808 64:ff9b:1::1 64:ff9b:1:ffff::7f00:1 2002:a9fe:a9fe:: 2002:808:808::1
2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:2::1 2001:10::1 2001:20::1 2001:db8::1 3fff::1 3fff:fff::1
100::1 5f00::1 4000::1 8000::1
"""
PUBLIC = """
8.8.8.8 1.1.1.1 9.255.255.255 11.0.0.1 100.63.255.255 100.128.0.1 172.15.255.255 172.32.0.1 192.0.1.1 192.167.1.1
169.253.1.1 198.17.1.1 198.20.0.1 223.255.255.255 168.63.129.15 168.63.129.17
2606:4700:4700::1111 2a00:1450:4001::1 2001:4860:4860::8888 2003::1 3ffe::1 ::ffff:8.8.8.8
"""


@pytest.mark.parametrize("text", VECTORS.split())
def test_a_vector_is_forbidden(text: str) -> None:
    assert CLOSED.forbids(ip_address(text))


@pytest.mark.parametrize("text", PUBLIC.split())
def test_a_public_address_is_not(text: str) -> None:
    assert CLOSED.forbids(ip_address(text)) is None


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_judged_alike_however_ipv6_maps_it(address: IPv4Address) -> None:
    mapped = IPv6Address((0xFFFF << 32) | int(address))
    assert CLOSED.forbids(mapped) == CLOSED.forbids(address)


@given(st.ip_addresses(v=6))
def test_of_ipv6_nothing_outside_the_one_global_part_is_open(address: IPv6Address) -> None:
    if address not in ip_network("2000::/3") and address.ipv4_mapped is None:
        assert CLOSED.forbids(address)


@pytest.mark.parametrize("network", FORBIDDEN, ids=str)
def test_the_edges_of_each_network_are_inside(network: object) -> None:
    edges = ip_network(str(network))
    assert CLOSED.forbids(edges[0])
    assert CLOSED.forbids(edges[-1])


def test_the_operator_opens_what_he_names_and_nothing_beside() -> None:
    table = AddressTable([ip_network("127.0.0.1/32"), ip_network("fd00::/8")])
    opened = ["127.0.0.1", "::ffff:127.0.0.1", "fd00:ec2::254"]
    assert [table.forbids(ip_address(text)) for text in opened] == [None, None, None]
    for text in ("127.0.0.2", "::1", "fc00::1", "::127.0.0.1", "64:ff9b::7f00:1"):
        assert table.forbids(ip_address(text))


@pytest.mark.parametrize(
    ("network", "closed", "open_"),
    [
        ("64:ff9b::/96", "64:ff9b::7f00:1", "64:ff9b::808:808"),
        ("64:ff9b:1::/48", "64:ff9b:1::a9fe:a9fe", "64:ff9b:1::808:808"),
        ("2002::/16", "2002:a00:1::", "2002:808:808::"),
        ("2001::/23", "2001:0:a00:1::f7f7:f7f7", "2001:0:808:808::f7f7:f7f7"),
        ("::/3", "::10.0.0.1", "::8.8.8.8"),
    ],
)
def test_opening_a_prefix_that_carries_ipv4_opens_no_private_address(
    network: str, closed: str, open_: str
) -> None:
    table = AddressTable([ip_network(network)])
    assert table.forbids(ip_address(closed))
    assert table.forbids(ip_address(open_)) is None


def test_a_tunnel_address_is_judged_by_what_it_carries() -> None:
    assert CLOSED.forbids(ip_address("2a00::5efe:10.0.0.1"))
    assert CLOSED.forbids(ip_address("2a00::200:5efe:127.0.0.1"))
