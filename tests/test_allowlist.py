"""The rules of the allow-list: every spelling of an address comes to the same host, and only what is meant passes."""

import pytest

from webagent.envs.allowlist import AllowList, check_navigation, is_public, normal_address, normal_host, place_of
from webagent.envs.errors import UsageError

SPELLINGS = [
    ("http://127.0.0.1", "127.0.0.1"),
    ("http://2130706433", "127.0.0.1"),
    ("http://0x7f000001", "127.0.0.1"),
    ("http://0X7F.1", "127.0.0.1"),
    ("http://0177.0.0.1", "127.0.0.1"),
    ("http://017700000001", "127.0.0.1"),
    ("http://127.1", "127.0.0.1"),
    ("http://127.0.1", "127.0.0.1"),
    ("http://127.0.0.1.", "127.0.0.1"),
    ("http://0x7f.0x.0.1", "127.0.0.1"),
    ("http://[::ffff:127.0.0.1]", "127.0.0.1"),
    ("http://[::FFFF:7F00:1]", "127.0.0.1"),
    ("http://[0:0:0:0:0:ffff:7f00:0001]", "127.0.0.1"),
    ("http://１２７.0.0.1", "127.0.0.1"),
    ("http://127。0。0。1", "127.0.0.1"),
    ("http://%31%32%37.0.0.1", "127.0.0.1"),
    ("http:\\\\127.0.0.1\\a", "127.0.0.1"),
    ("http:127.0.0.1", "127.0.0.1"),
    ("http:///127.0.0.1", "127.0.0.1"),
    ("  \x00http://127.0.0.1", "127.0.0.1"),
    ("ht\ntp://127.\t0.0.1\r", "127.0.0.1"),
    ("http://example.com@127.0.0.1/", "127.0.0.1"),
    ("http://example.com:80@127.0.0.1:81/", "127.0.0.1"),
    ("http://a@b@127.0.0.1/", "127.0.0.1"),
    ("http://127.0.0.1\\@example.com/", "127.0.0.1"),
    ("http://127.0.0.1#@example.com/", "127.0.0.1"),
    ("http://127.0.0.1?@example.com/", "127.0.0.1"),
    ("http://0", "0.0.0.0"),
    ("http://[::1]:8000", "::1"),
    ("http://[0000:0:0::0001]", "::1"),
    ("HTTP://EXAMPLE.COM", "example.com"),
    ("http://example.com.", "example.com"),
    ("http://ＥＸＡＭＰＬＥ．com", "example.com"),
    ("http://exa\u00admple.com", "example.com"),
    ("http://e%78ample%2ecom", "example.com"),
    ("http://bücher.example", "xn--bcher-kva.example"),
    ("http://BÜCHER.example", "xn--bcher-kva.example"),
    ("http://xn--BCHER-kva.example", "xn--bcher-kva.example"),
    ("http://b%C3%BCcher.example", "xn--bcher-kva.example"),
    ("http://faß.de", "xn--fa-hia.de"),
    ("http://fass.de", "fass.de"),
    ("http://💩.la", "xn--ls8h.la"),
    ("http://0x7f.1.example.com", "0x7f.1.example.com"),
    ("http://my_host.example", "my_host.example"),
    ("wss://example.com/socket", "example.com"),
]

UNREADABLE = [
    "http://", "http:///", "http://:80", "http://a..b", "http://.example.com", "http://example.com..", "http://a b",
    "http://256.256.256.256", "http://1.2.3.4.5", "http://0x100000000", "http://1.2.3.09", "http://a.1", "http://1..2",
    "http://[::1", "http://::1/", "http://[fe80::1%25eth0]", "http://[1.2.3.4]", "http://[::ffff:999.1.1.1]",
    "http://a%00b", "http://a%2Fb", "http://a％2fb", "http://a／b.com", "http://⒈com", "http://%ff", "http://a<b",
    "http://a:0", "http://a:65536", "http://a:8O", "http://a:-1", "http://a:８０", "http://" + "a" * 64, "http://a^b",
]  # fmt: skip


@pytest.mark.parametrize("url, host", SPELLINGS)
def test_every_spelling_of_a_host_is_one_host(url: str, host: str) -> None:
    assert place_of(url).host == host


@pytest.mark.parametrize("url", UNREADABLE)
def test_what_cannot_be_read_is_refused(url: str) -> None:
    with pytest.raises(ValueError):
        place_of(url)
    assert AllowList(["a", "a.b", "example.com", "127.0.0.1", "*"]).verdict(url)


MATCHES = [
    ("example.com", "http://example.com/", True),
    ("example.com", "https://example.com:8443/x", True),
    ("example.com", "https://a.b.example.com/", True),
    ("example.com", "https://notexample.com/", False),
    ("example.com", "https://example.com.evil.net/", False),
    ("example.com", "https://example.com@evil.net/", False),
    ("example.com", "https://evil.net/example.com", False),
    ("example.com", "https://evil.net?.example.com", False),
    ("example.com", "https://evil.net\\.example.com", False),
    ("Example.COM.", "https://example.com/", True),
    ("https://example.com/", "http://example.com/", True),
    ("example.com:443", "https://example.com/", True),
    ("example.com:443", "https://www.example.com/", True),
    ("example.com:443", "http://example.com/", False),
    ("=example.com", "http://example.com/", True),
    ("=example.com", "http://www.example.com/", False),
    ("^example.com", "http://example.com/", True),
    ("^example.com", "http://www.example.com/", False),
    ("^example.com:81", "http://example.com/", False),
    ("*.example.com", "http://www.example.com/", True),
    ("*.example.com", "http://example.com/", False),
    ("*.example.com:81", "http://www.example.com:81/", True),
    ("*.example.com:81", "http://www.example.com/", False),
    ("bücher.example", "http://xn--bcher-kva.example/", True),
    ("faß.de", "http://fass.de/", False),
    ("localhost", "http://localhost:8000/", True),
    ("localhost", "http://a.localhost:8000/", False),
    ("localhost", "http://127.0.0.1:8000/", False),
    ("com", "http://example.com/", False),
    ("127.0.0.1", "http://127.0.0.1:99/", True),
    ("127.0.0.1", "http://0x7f.1/", True),
    ("0x7f.1", "http://127.0.0.1/", True),
    ("127.0.0.1", "http://[::ffff:7f00:1]/", True),
    ("127.0.0.1", "http://[::1]/", False),
    ("127.0.0.1", "http://127.0.0.2/", False),
    ("127.0.0.1", "http://0/", False),
    ("127.0.0.1:8000", "http://127.0.0.1:8000/", True),
    ("127.0.0.1:8000", "http://127.0.0.1:8001/", False),
    ("0.0.1", "http://127.0.0.1/", False),
    ("::1", "http://[::1]:5/", True),
    ("[::1]:5", "http://[::1]:5/", True),
    ("[::1]:5", "http://[::1]:6/", False),
    ("*", "https://example.com/", True),
    ("*", "http://8.8.8.8/", True),
    ("*", "http://127.0.0.1/", False),
    ("*", "http://169.254.169.254/latest/meta-data", False),
    ("*", "http://[::ffff:10.0.0.1]/", False),
    ("example.com", "ws://example.com/", True),
    ("example.com", "wss://evil.net/", False),
    ("example.com", "about:blank", True),
]


@pytest.mark.parametrize("entry, url, allowed", MATCHES)
def test_an_entry_allows_what_the_table_says(entry: str, url: str, allowed: bool) -> None:
    verdict = AllowList([entry]).verdict(url)
    assert (verdict is None) is allowed, verdict


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)", "java\nscript:alert(1)", " JavaScript:alert(1)", "data:text/html,hi", "blob:http://a/b",
        "blob:null/x", "file:///etc/passwd", "FILE:/etc/passwd", "view-source:http://example.com/", "chrome://version",
        "devtools://devtools", "about:config", "about:blank#x", "ftp://example.com/", "mailto:a@example.com", "",
        "example.com", "//example.com/", "/path", "filesystem:http://a/b", "ws://example.com/", "intent://x", "x",
    ],
)  # fmt: skip
def test_schemes_that_are_not_opened(url: str) -> None:
    assert check_navigation(url)
    if not url.startswith("ws:"):
        assert AllowList(None).verdict(url), "not even when every host is allowed"


def test_schemes_that_are_opened() -> None:
    for url in ("http://example.com/", "HTTPS://example.com", "about:blank", " About:Blank "):
        assert check_navigation(url) is None
    assert check_navigation("file:///tmp/a.html", schemes={"file"}) is None


def test_the_reason_is_one_line_that_says_what_is_wrong() -> None:
    allow = AllowList(["example.com:443"])
    assert allow.verdict("http://evil.net/") == "evil.net is not on the allow-list"
    assert allow.verdict("http://example.com/") == "example.com is on the allow-list, but not on port 80"
    assert AllowList([]).verdict("http://a.net/") == "a.net is not on the allow-list, which is empty"


@pytest.mark.parametrize(
    "start, allowed, refused",
    [
        ("https://example.com/a", ["http://example.com/", "https://www.example.com/"], ["https://example.com:8080/"]),
        ("http://127.0.0.1:8000/a", ["http://127.0.0.1:8000/b"], ["http://127.0.0.1:8001/", "http://localhost:8000/"]),
        ("http://localhost:8000", ["http://localhost:8000/"], ["http://localhost/", "http://127.0.0.1:8000/"]),
        ("http://[::1]:8000", ["http://[::1]:8000/"], ["http://[::1]/"]),
        ("https://www.gov.uk/", ["https://gov.uk/", "https://a.www.gov.uk/"], ["https://tax.gov.uk/"]),
        ("https://www.com/", ["https://www.com/", "https://a.www.com"], ["https://example.com/", "https://com/"]),
        ("https://a.github.io/", ["https://b.a.github.io/"], ["https://github.io/", "https://b.github.io/"]),
        ("https://a.co.uk/", ["https://www.a.co.uk/"], ["https://b.co.uk/", "https://co.uk/"]),
        ("https://user:pw@example.com:9/", ["https://example.com:9/"], ["https://user/"]),
        ("about:blank", ["about:blank"], ["http://example.com/"]),
        ("file:///tmp/x.html", [], ["http://localhost/"]),
    ],
)
def test_the_start_page_allows_its_own_site(start: str, allowed: list[str], refused: list[str]) -> None:
    rules = AllowList.for_site(start)
    assert [u for u in allowed if rules.verdict(u)] == []
    assert [u for u in refused if not rules.verdict(u)] == []
    assert AllowList.for_site(start, also=["other.net"]).verdict("http://other.net/") is None


@pytest.mark.parametrize("entry", ["", "a b", "*.", "*.*", "a.*", "*.127.0.0.1", "x:99999", "http://", "[::1", "a/b"])
def test_an_entry_that_cannot_be_read_is_the_callers_mistake(entry: str) -> None:
    with pytest.raises(UsageError) as caught:
        AllowList([entry])
    assert "\n" not in str(caught.value) and "example.com" in caught.value.hint


def test_a_text_instead_of_a_list_and_a_start_without_host() -> None:
    with pytest.raises(UsageError):
        AllowList("example.com")
    for start in ("example.com", "javascript:1", "http://", "data:,x"):
        with pytest.raises(UsageError):
            AllowList.for_site(start)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.9.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.251", "255.255.255.255", "240.0.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1",
        "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::", "::7f00:1",
        "198.18.0.1", "192.0.2.1", "2001:db8::1", "fec0::1", "192.0.0.8", "3fff::1", "4000::1", "64:ff9b:1::a00:1",
        "2001:470::5efe:a00:1", "2001:470::200:5efe:7f00:1", "100::1",
    ],
)  # fmt: skip
def test_names_may_not_lead_into_the_inner_network(address: str) -> None:
    assert not is_public(normal_address(address))
    for hosts in (["*"], ["example.com"], ["*.example.com"], ["=other.net"], ["^www.example.com"]):
        assert AllowList(hosts).verdict_address("www.example.com", 80, address)
    for hosts in (["www.example.com"], ["=www.example.com:80"], None):
        assert AllowList(hosts).verdict_address("www.example.com", 80, address) is None


def test_public_addresses_and_inner_ones_that_are_named() -> None:
    for address in ("93.184.216.34", "8.8.8.8", "2606:4700::1111", "64:ff9b::808:808", "2002:808:808::"):
        assert AllowList(["*"]).verdict_address("example.com", 80, address) is None
    by_address = AllowList(["example.com", "10.0.0.5:80"])
    assert by_address.verdict_address("www.example.com", 80, "10.0.0.5") is None
    assert by_address.verdict_address("www.example.com", 81, "10.0.0.5")
    assert by_address.verdict_address("www.example.com", 80, "10.0.0.6")


def test_lists_compare_by_what_they_say() -> None:
    assert AllowList(["a.net", "a.net"]) == AllowList(("a.net",)) != AllowList(["b.net"])
    assert len({AllowList(["a.net"]), AllowList(["a.net"])}) == 1
    assert repr(AllowList(["a.net"])) == "AllowList(['a.net'])" and normal_host("[::1]") == "::1"
