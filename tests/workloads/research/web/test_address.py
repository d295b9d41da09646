"""Addresses of pages in one spelling, and what people give as domains."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.workloads.research.web.address import canonical, domain, host_of, is_under, same_page


@pytest.mark.parametrize(
    ("url", "spelled"),
    [
        ("HTTPS://Example.COM", "https://example.com/"),
        ("https://example.com:443/a#b", "https://example.com/a"),
        ("http://example.com:80/a", "http://example.com/a"),
        ("http://example.com:8080/a", "http://example.com:8080/a"),
        ("https://example.com./a", "https://example.com/a"),
        ("https://example.com/a?utm_source=x&b=1&gclid=2", "https://example.com/a?b=1"),
        ("https://example.com/a?utm_source=x", "https://example.com/a"),
        ("https://example.com/a?b=2&a=1&b=1", "https://example.com/a?b=2&a=1&b=1"),
        ("https://example.com/é ü?q=ä", "https://example.com/%C3%A9%20%C3%BC?q=%C3%A4"),
        ("https://example.com/%C3%A9?q=a%20b+c", "https://example.com/%C3%A9?q=a%20b+c"),
        (" https://example.com/a \n", "https://example.com/a"),
        ("https://[2606:4700::1111]/a", "https://[2606:4700::1111]/a"),
        ("ftp://example.com/a", None),
        ("file:///etc/passwd", None),
        ("javascript:alert(1)", None),
        ("https://user:pw@example.com/", None),
        ("https://", None),
        ("example.com", None),
        ("https://[", None),
        ("https://example.com:x/", None),
        ("", None),
    ],
)
def test_an_address_is_spelled_in_one_way(url: str, spelled: str | None) -> None:
    assert canonical(url) == spelled


@given(
    st.text(st.characters(exclude_categories=()), max_size=60),
    st.text(st.characters(exclude_categories=()), max_size=60),
)
def test_what_is_spelled_stays_as_it_is(path: str, query: str) -> None:
    once = canonical(f"https://example.com/{path}?{query}")
    assert once is not None
    assert canonical(once) == once
    assert once.isascii()


@given(st.text(st.characters(exclude_categories=())))
def test_no_text_is_too_strange(text: str) -> None:
    canonical(text)
    host_of(text)
    domain(text)


def test_a_name_in_another_script_is_compared_as_it_is_looked_up() -> None:
    assert host_of("https://Bücher.example/a") == domain("bücher.example") == "xn--bcher-kva.example"
    assert is_under(host_of("https://www.xn--bcher-kva.example/"), str(domain("BÜCHER.example")))


def test_addresses_of_one_page() -> None:
    one = {
        same_page(url)
        for url in ("http://www.a.example/b/", "https://a.example/b", "https://www.a.example/b")
    }
    assert len(one) == 1
    assert same_page("https://a.example/b?c=1") not in one


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("example.com", "example.com"),
        (" Example.COM. ", "example.com"),
        (".gov", "gov"),
        ("*.co.uk", "co.uk"),
        ("https://www.example.com/a?b", "www.example.com"),
        ("example.com/path", "example.com"),
        ("", None),
        ("*", None),
        ("exa mple.com", None),
        ("a..b", None),
        ("-a.example", None),
        ('site:x" OR', None),
        (5, "5"),
        (None, "none"),
    ],
)
def test_domains_are_read_as_people_give_them(given: object, name: str | None) -> None:
    assert domain(given) == name


def test_what_stands_under_a_domain() -> None:
    assert is_under("a.example.com", "example.com")
    assert is_under("example.com", "example.com")
    assert is_under("nasa.gov", "gov")
    assert not is_under("badexample.com", "example.com")
    assert not is_under("example.com.bad", "example.com")
