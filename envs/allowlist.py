r"""Which hosts a browser may reach: pure rules, no sockets. ``envs/proxy.py`` enforces them.

An address is first brought to one spelling, the way a browser does it (WHATWG URL): ``http:\\0x7f.1``,
``http://2130706433``, ``http://１２７.0.0.1`` and ``http://[::ffff:127.0.0.1]`` all name 127.0.0.1. Only then is it
compared. What cannot be read is refused.

Entries of a list:

=====================  =====================================================================================
``example.com``        that host and its subdomains, every port; a name without a dot (``localhost``): itself alone
``=example.com``       that host, none of its subdomains
``^example.com``       the same, at addresses on the public internet only
``*.example.com``      its subdomains, not the host itself
``127.0.0.1``, ``::1`` that address, every port
``…:8000``             any of the above on that port alone (IPv6: ``[::1]:8000``)
``*``                  every host on the public internet
=====================  =====================================================================================

A name that resolves to a loopback, private or otherwise non-public address is refused unless an entry names just
that host or that address: subdomains and ``*`` never open the inner network.

Not covered: public suffixes are unknown here, so ``co.uk`` as an entry allows all of it. A start page never makes
such an entry: ``for_site`` takes the page's whole host, so ``a.github.io`` opens no other part of ``github.io``.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Collection, Sequence
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from .errors import UsageError

DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f#/:<>?@\[\\\]^`{|}%\"]")
_DOTS = re.compile("[.\u3002\uff0e\uff61]")
_DEVIATIONS = frozenset("ßς")
_IPV4_PART = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
_NOT_PUBLIC = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "3fff::/20")))  # older Pythons call them global
_ISATAP = (0x00005EFE, 0x02005EFE)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Place(NamedTuple):
    """Where a URL leads: a normalised host (IPv6 without brackets) and a port."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def scheme_of(url: str) -> str:
    """The scheme as a browser reads it ("" without one): outer blanks, tabs and line ends do not count."""
    found = _SCHEME.match(_stripped(url))
    return found.group(1).lower() if found else ""


def place_of(url: str) -> Place:
    """Host and port of an http, https, ws or wss URL; raises ``ValueError`` with the reason."""
    text, scheme = _stripped(url), scheme_of(url)
    if scheme not in DEFAULT_PORTS:
        raise ValueError(f"expected an http or https address, found {url[:80]!r}")
    rest = text[len(scheme) + 1 :].lstrip("/\\")
    authority = re.split(r"[/\\?#]", rest, maxsplit=1)[0].rpartition("@")[2]
    host, port = split_port(authority)
    return Place(scheme, normal_host(host), DEFAULT_PORTS[scheme] if port is None else port)


def split_port(authority: str) -> tuple[str, int | None]:
    """``host:port`` in two, the port None where there is none; raises ``ValueError``."""
    host, colon, port = authority.rpartition(":")
    if not colon or (authority.endswith("]") and authority.startswith("[")):
        return authority, None
    if port == "":
        return host, None
    if not (port.isascii() and port.isdecimal() and len(port) <= 5 and 0 < int(port) < 65536):
        raise ValueError(f"expected a port from 1 to 65535, found {port[:20]!r}")
    return host, int(port)


def normal_host(host: str) -> str:
    """One spelling for every way to write a host; raises ``ValueError``.

    Lower case, punycode, no trailing dot; IPv4 as four decimals whether it was written in decimal, octal or hex, in
    one to four parts or inside an IPv6 address; IPv6 compressed, without brackets.
    """
    if host.startswith("["):
        if not host.endswith("]"):
            raise ValueError(f"expected a closing bracket, found {host[:80]!r}")
        return _normal_ipv6(host[1:-1])
    try:
        decoded = unquote_to_bytes(host).decode()
    except UnicodeDecodeError:
        raise ValueError(f"expected a host in UTF-8, found {host[:80]!r}") from None
    labels = [_normal_label(label) for label in _DOTS.split(decoded)]
    if len(labels) > 1 and not labels[-1]:
        labels.pop()
    name = ".".join(labels)
    if not all(labels) or len(name) > 253 or max(map(len, labels)) > 63 or _FORBIDDEN.search(name):
        raise ValueError(f"expected a host name, found {host[:80]!r}")
    if labels[-1].isdecimal() or re.fullmatch(r"0x[0-9a-f]*", labels[-1]):
        return _normal_ipv4(labels)
    return name


def _stripped(url: str) -> str:
    return re.sub(r"[\t\r\n]", "", url.strip("".join(map(chr, range(33)))))


def _normal_label(label: str) -> str:
    """Lower case and punycode; "" for a label that no caller may accept."""
    if label.isascii():
        return label.lower()
    if "\u200c" in label or "\u200d" in label:  # joiners: browsers keep them beside some letters, and refuse the rest
        return ""
    if _DEVIATIONS & set(label.lower()):  # browsers keep these letters, Python's codec (IDNA 2003) rewrites them
        return "xn--" + unicodedata.normalize("NFC", label.lower()).encode("punycode").decode()
    try:
        plain = label.encode("idna").decode().lower()
    except UnicodeError:
        plain = ""
    return "" if "." in plain else plain  # some letters unfold to a text with a dot


def _normal_ipv4(parts: list[str]) -> str:
    """WHATWG's number parser: the last part fills all bytes that are left."""
    if len(parts) > 4 or not all(_IPV4_PART.fullmatch(p) for p in parts):
        raise ValueError(f"expected an IPv4 address, found {'.'.join(parts)[:80]!r}")
    try:
        numbers = [_ipv4_number(p) for p in parts]
    except ValueError:
        raise ValueError(f"expected an IPv4 address, found {'.'.join(parts)[:80]!r}") from None
    last = numbers.pop()
    if any(n > 255 for n in numbers) or last >= 256 ** (4 - len(numbers)):
        raise ValueError(f"expected an IPv4 address, found {'.'.join(parts)[:80]!r}")
    return str(ipaddress.IPv4Address(sum(n << 8 * (3 - i) for i, n in enumerate(numbers)) + last))


def _ipv4_number(part: str) -> int:
    if part[:2] in ("0x", "0X"):
        return int(part[2:] or "0", 16)
    return int(part, 8) if len(part) > 1 and part[0] == "0" else int(part)


def _normal_ipv6(text: str) -> str:
    if "%" in text:
        raise ValueError(f"expected an address without a zone, found {text[:80]!r}")
    return str(_unmapped(ipaddress.IPv6Address(text)))


def _unmapped(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def normal_address(text: str) -> Address:
    """An IP address as the resolver gives it, IPv4 inside IPv6 unwrapped; raises ``ValueError``."""
    return _unmapped(ipaddress.ip_address(text.partition("%")[0]))


def is_public(address: Address) -> bool:
    """Whether the address lies on the public internet, seen through IPv6 forms that carry an IPv4 address."""
    if any(address in network for network in _NOT_PUBLIC):
        return False
    if isinstance(address, ipaddress.IPv6Address):
        carried = _carried(address)
        if carried is not None and not is_public(carried):
            return False
        if address in _NAT64 or address.ipv4_mapped:
            return True
        if address not in _GLOBAL_UNICAST:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _carried(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address inside: mapped, 6to4, NAT64 or ISATAP."""
    number = int(address)
    if address in _NAT64 or number >> 32 & 0xFFFFFFFF in _ISATAP:
        return ipaddress.IPv4Address(number & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def check_navigation(url: str, schemes: Collection[str] = ()) -> str | None:
    """None if a person may send the browser to ``url``, else the reason why not; hosts are not looked at.

    Allowed: http, https, about:blank, and what ``schemes`` adds (``{"file"}`` for pages on disk).
    """
    scheme = scheme_of(url)
    if not scheme:
        return f"expected a whole address that begins with http:// or https://, found {url[:80]!r}"
    if scheme in ("http", "https"):
        try:
            place_of(url)
        except ValueError as error:
            return str(error)
        return None
    if scheme in schemes or _stripped(url).lower() == "about:blank":
        return None
    return f"{scheme}: addresses are not opened, only http and https"


class _Rule(NamedTuple):
    kind: str
    host: str
    port: int | None

    @classmethod
    def parse(cls, entry: str) -> _Rule:
        kind, text = "site", entry.strip()
        if text == "*":
            return cls("any", "", None)
        if "://" in text:
            text = re.split(r"[/\\]", text.partition("://")[2], maxsplit=1)[0]
        if text.startswith("="):
            kind, text = "host", text[1:]
        elif text.startswith("^"):
            kind, text = "public", text[1:]
        elif text.startswith("*."):
            kind, text = "below", text[2:]
        if text.count(":") > 1 and not text.startswith("["):
            text = f"[{text}]"
        host, port = split_port(text)
        host = normal_host(host)
        if "*" in host or (kind == "below" and _is_ip(host)):
            raise ValueError(f"expected a star at the front of a name, found {entry!r}")
        return cls("host" if kind == "site" and ("." not in host or _is_ip(host)) else kind, host, port)

    def matches(self, host: str, port: int) -> bool:
        if self.port is not None and self.port != port:
            return False
        if self.kind == "any":
            return not _is_ip(host) or is_public(ipaddress.ip_address(host))
        below = host.endswith("." + self.host) and not _is_ip(host)
        return below if self.kind == "below" else host == self.host or (below and self.kind == "site")

    def names(self, host: str, port: int) -> bool:
        """Whether this entry means just that host, so that it may lie in the inner network."""
        return self.kind in ("host", "site") and host == self.host and self.port in (None, port)


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


class AllowList:
    """Hosts that may be reached (see the module's table). ``hosts=None`` restricts nothing, inner networks included.

    Raises ``UsageError`` for an entry that cannot be read.
    """

    def __init__(self, hosts: Sequence[str] | None) -> None:
        if isinstance(hosts, str):
            raise UsageError(f"expected a list of hosts, found the text {hosts!r}", f"write [{hosts!r}]")
        self.hosts: tuple[str, ...] | None = None if hosts is None else tuple(dict.fromkeys(hosts))
        try:
            self._rules = tuple(_Rule.parse(entry) for entry in self.hosts or ())
        except ValueError as error:
            hint = "entries look like example.com, *.example.com, example.com:8080, 127.0.0.1:8000 or [::1]:8000"
            raise UsageError(f"allow-list: {error}", hint) from None

    @classmethod
    def for_site(cls, url: str, also: Sequence[str] = ()) -> AllowList:
        """The start URL's own host and subdomains, and ``also``.

        On its own port alone, and on 80 and 443 both if it uses one of them, since sites redirect to https. From
        ``www.example.com`` the bare ``example.com`` is reachable too, on the public internet, but not its other
        subdomains: who owns a name decides where it leads, and nobody named this one.
        ``about:blank`` and ``file:`` open nothing. Raises ``UsageError``.
        """
        scheme = scheme_of(url)
        if scheme in ("about", "file"):
            return cls(also)
        try:
            place = place_of(url)
        except ValueError as error:
            raise UsageError(str(error), "give a whole address that begins with http:// or https://") from None
        host = f"[{place.host}]" if ":" in place.host else place.host
        bare = host.removeprefix("www.")
        names = [host] + ([f"^{bare}"] if bare != host and "." in bare and not _is_ip(bare) else [])
        ports = (80, 443) if place.port in (80, 443) else (place.port,)
        return cls([f"{name}:{port}" for name in names for port in ports] + list(also))

    @property
    def everything(self) -> bool:
        return self.hosts is None

    def verdict(self, url: str) -> str | None:
        """None if ``url`` may be loaded, else the reason in one line. about:blank passes, other schemes never do."""
        if scheme_of(url) not in ("ws", "wss"):
            reason = check_navigation(url)
            if reason or scheme_of(url) == "about":
                return reason
        try:
            place = place_of(url)
        except ValueError as error:
            return str(error)
        return self.verdict_host(place.host, place.port)

    def verdict_host(self, host: str, port: int) -> str | None:
        """The same for a normalised host and a port."""
        if self.everything or any(rule.matches(host, port) for rule in self._rules):
            return None
        if not self._rules:
            return f"{host} is not on the allow-list, which is empty"
        if any(rule.matches(host, rule.port) for rule in self._rules if rule.port is not None):
            return f"{host} is on the allow-list, but not on port {port}"
        return f"{host} is not on the allow-list"

    def verdict_address(self, host: str, port: int, address: str) -> str | None:
        """None if ``host``, already allowed by name, may be reached at the address it resolved to."""
        found = normal_address(address)
        named = any(rule.names(host, port) or rule.names(str(found), port) for rule in self._rules)
        if self.everything or named or is_public(found):
            return None
        return f"{host} leads to {found}, which is not a public address, and the allow-list does not name it"

    def __repr__(self) -> str:
        return f"AllowList({None if self.hosts is None else list(self.hosts)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AllowList) and self.hosts == other.hosts

    def __hash__(self) -> int:
        return hash(self.hosts)
