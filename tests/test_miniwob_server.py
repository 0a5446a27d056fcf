"""The loopback server that suites serve their pages with: what it answers, and what it refuses."""

from __future__ import annotations

import http.client
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from webagent.envs.suites.server import ServerPool, StaticServer, shared_server

SECRET = "outside"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[StaticServer]:
    root = tmp_path / "site"
    (root / "sub").mkdir(parents=True)
    (root / "empty").mkdir()
    (root / "page one.html").write_text("<p>ä</p>", encoding="utf8")
    (root / "sub" / "index.html").write_text("<p>index</p>")
    (root / "code.mjs").write_text("1")
    (root / "odd.xyz").write_bytes(b"\0\1")
    (tmp_path / "secret.txt").write_text(SECRET)
    (root / "link.txt").symlink_to(tmp_path / "secret.txt")
    with StaticServer(root) as server:
        yield server


def ask(server: StaticServer, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """One request whose path is sent exactly as written."""
    connection = http.client.HTTPConnection(server.host, timeout=5)
    try:
        connection.putrequest(method, path, skip_host="Host" in headers)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def test_files_come_with_their_type(site: StaticServer) -> None:
    status, headers, body = ask(site, "/page%20one.html?x=1")
    assert (status, body.decode("utf8")) == (200, "<p>ä</p>")
    assert headers["Content-Type"] == "text/html"
    assert ask(site, "/code.mjs")[1]["Content-Type"] == "text/javascript"
    assert ask(site, "/odd.xyz")[1]["Content-Type"] == "application/octet-stream"


def test_a_folder_is_its_index_and_never_a_listing(site: StaticServer) -> None:
    assert ask(site, "/sub/")[2] == b"<p>index</p>"
    status, headers, _ = ask(site, "/sub?a=b")
    assert (status, headers["Location"]) == (301, "/sub/?a=b")
    assert ask(site, "/empty/")[0] == 404
    assert ask(site, "/")[0] == 404


@pytest.mark.parametrize(
    "path",
    ["/../secret.txt", "/%2e%2e/secret.txt", "/sub/../../secret.txt", "/sub/..%2f..%2fsecret.txt", "/..%5csecret.txt",
     "//secret.txt", "/link.txt", "/%00", "/" + "a" * 5000, "/sub/index.html/x"],
)  # fmt: skip
def test_nothing_outside_the_root_is_served(site: StaticServer, path: str) -> None:
    status, _, body = ask(site, path)
    assert status in (400, 404)
    assert SECRET.encode() not in body


def test_links_are_followed_where_asked_for(site: StaticServer) -> None:
    with StaticServer(site.root, follow_links=True) as open_minded:
        assert ask(open_minded, "/link.txt")[2].decode() == SECRET


def test_a_foreign_name_for_this_address_is_refused(site: StaticServer) -> None:
    assert ask(site, "/sub/", Host="evil.example")[0] == 421
    assert ask(site, "/sub/", Host=site.host.replace("127.0.0.1", "localhost"))[0] == 200
    assert site.host.startswith("127.0.0.1:")


def test_an_unchanged_file_is_not_sent_again(site: StaticServer) -> None:
    _, headers, _ = ask(site, "/sub/")
    assert headers["Cache-Control"] == "no-cache"
    status, _, body = ask(site, "/sub/", If_Modified_Since=headers["Last-Modified"])
    assert (status, body) == (304, b"")
    with StaticServer(site.root, max_age=60, charset="utf-8") as lasting:
        headers = ask(lasting, "/sub/")[1]
        assert (headers["Cache-Control"], headers["Content-Type"]) == ("max-age=60", "text/html; charset=utf-8")


def test_one_connection_serves_many_requests(site: StaticServer) -> None:
    connection = http.client.HTTPConnection(site.host, timeout=5)
    for path, status in (("/sub/", 200), ("/missing", 404), ("/code.mjs", 200)):
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status
    connection.request("HEAD", "/sub/")
    answer = connection.getresponse()
    assert (answer.status, answer.read(), answer.headers["Content-Length"]) == (200, b"", "12")
    connection.close()
    assert ask(site, "/sub/", "POST")[0] == 501


def test_requests_at_once(site: StaticServer) -> None:
    bodies: list[bytes] = []
    threads = [threading.Thread(target=lambda: bodies.append(ask(site, "/sub/")[2])) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert bodies == [b"<p>index</p>"] * 12


def test_closing_ends_it_and_may_be_repeated(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    server = StaticServer(tmp_path).start()
    idle = http.client.HTTPConnection(server.host, timeout=5)
    idle.request("GET", "/a.txt")
    idle.getresponse().read()
    host = server.host
    server.close()
    server.close()
    assert idle.sock is not None
    assert idle.sock.recv(1) == b""  # kept-alive connections end, too
    idle.close()
    with pytest.raises(ConnectionRefusedError):
        http.client.HTTPConnection(host, timeout=5).request("GET", "/a.txt")
    with pytest.raises(RuntimeError, match="not running"):
        _ = server.url
    with pytest.raises(NotADirectoryError):
        StaticServer(tmp_path / "a.txt").start()


def test_one_server_is_shared_until_the_last_one_lets_go(tmp_path: Path) -> None:
    pool = ServerPool()
    first, second = pool.acquire(tmp_path), pool.acquire(tmp_path / "." / "")
    other = pool.acquire(tmp_path, max_age=9)
    assert first is second
    assert other is not first
    pool.release(first)
    assert second.url
    pool.release(second)
    pool.release(other)
    with pytest.raises(RuntimeError):
        _ = second.url
    with shared_server(tmp_path) as a, shared_server(tmp_path) as b:
        assert a is b


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_neither_hangs_nor_stops_its_parents_server(site: StaticServer) -> None:
    child = os.fork()
    if child == 0:
        site.close()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert ask(site, "/sub/")[0] == 200
