"""Files go in and out through the folder given for it, whatever they are called."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from traps import Home, http

from webagent.envs.actions import Limits
from webagent.envs.browser import Browser
from webagent.envs.downloads import MOST_FILES, NAME_BYTES, Downloads, file_inside, new_file, safe_name
from webagent.envs.errors import ActionFailed
from webagent.envs.session import Options, Session
from webagent.envs.types import Action

NAMES = {
    "../../etc/passwd": "passwd", "..\\..\\x.exe": "x.exe", "C:\\Windows\\a.txt": "a.txt", "/etc/passwd": "passwd",
    "a/": "download", "..": "download", "": "download", ".bashrc": "bashrc", "-rf": "_-rf", "a:stream": "a_stream",
    "con": "_con", "NUL.tar.gz": "_NUL.tar.gz", "com1 .txt": "_com1.txt", "console.txt": "console.txt",
    "a\0b.txt": "a_b.txt", "a\nb": "a_b", "a\u202etxt.exe": "a_txt.exe", "．．／x": "___x", "a. . .": "a",
    "é (1).pdf": "é (1).pdf", "a.tar.gz": "a.tar.gz",
}  # fmt: skip


@pytest.mark.parametrize("name, safe", NAMES.items())
def test_a_name_is_made_harmless(name: str, safe: str) -> None:
    assert safe_name(name) == safe


LONG = ["x" * 5000 + ".pdf", "漢" * 5000 + ".pdf", "x." + "y" * 5000, "." * 5000, "\0" * 5000]


@pytest.mark.parametrize("name", LONG)
def test_a_long_name_fits_and_keeps_its_ending(name: str, tmp_path: Path) -> None:
    safe = safe_name(name)
    assert 0 < len(safe.encode()) <= NAME_BYTES
    assert safe.endswith(".pdf") == name.endswith(".pdf")
    for _ in range(12):
        new_file(tmp_path, safe)
    assert len(list(tmp_path.iterdir())) == 12


def test_nothing_is_overwritten_and_no_link_is_followed(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "folder"
    outside.mkdir()
    folder.mkdir()
    (folder / "a.txt").write_text("mine")
    (folder / "b.txt").symlink_to(outside / "there.txt")
    (folder / "c.txt").symlink_to(folder / "c.txt")
    (outside / "there.txt").write_text("there")
    (folder / "d.txt").symlink_to(outside / "not-there.txt")
    made = [new_file(folder, f"{letter}.txt").name for letter in "abcde"]
    assert made == ["a (1).txt", "b (1).txt", "c (1).txt", "d (1).txt", "e.txt"]
    assert (folder / "a.txt").read_text() == "mine"
    assert [p.name for p in outside.iterdir()] == ["there.txt"] and (outside / "there.txt").read_text() == "there"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with files, links and a neighbour that nobody may read."""
    folder = tmp_path / "files"
    (folder / "below").mkdir(parents=True)
    (folder / "a.txt").write_text("a")
    (folder / "below" / "b.txt").write_text("b")
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "files-too").mkdir()
    (tmp_path / "files-too" / "c").write_text("c")
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "folder-link").symlink_to(tmp_path)
    (folder / "loop").symlink_to(folder / "loop")
    (folder / "inner-link").symlink_to(folder / "a.txt")
    return folder


def test_files_inside_are_found(files: Path) -> None:
    for name in ("a.txt", " a.txt ", "below/b.txt", "below/../a.txt", "inner-link", str(files / "a.txt")):
        assert file_inside(files, name).read_text() in "ab"


OUTSIDE = [
    "../secret", "below/../../secret", "/etc/hostname", "link", "folder-link/secret", "../files-too/c", "loop", "below",
    "", ".", "no-such-file", "a.txt\0", "\0", "a" * 5000, "a/" * 3000, "..\\secret", "~/.bashrc", "CON",
    "file:///etc/hostname", "/dev/stdin", "/proc/self/environ",
]  # fmt: skip


@pytest.mark.parametrize("name", OUTSIDE)
def test_files_outside_are_refused(files: Path, name: str) -> None:
    with pytest.raises(ActionFailed, match="is not a file inside") as caught:
        file_inside(files, name)
    assert len(str(caught.value)) < 1000


Run = Callable[[Coroutine[Any, Any, None]], None]
PAGE = """<!doctype html><meta charset=utf-8><input type=file aria-label=pick multiple><script>
function hand(name, text) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text]));
  link.download = name;
  link.click();
}
</script>"""


@asynccontextmanager
async def session_on(browser: Browser, html: str, **options: Any) -> AsyncIterator[Session]:
    session = await Session.open(await browser.connected(), Options(**options))
    try:
        async with Home(lambda target: http(html)) as home:
            await session.goto(f"http://{home.address}/")
            yield session
    finally:
        await session.close()


async def logged(downloads: Downloads, lines: int) -> None:
    async with asyncio.timeout(20):
        while len(downloads.log) < lines:
            await asyncio.sleep(0.02)


@pytest.mark.browser
def test_what_a_page_hands_out_stays_in_the_folder(chromium: Browser, tmp_path: Path) -> None:
    folder = tmp_path / "downloads"
    folder.mkdir()
    (folder / "x.txt").symlink_to(tmp_path / "not-there.txt")
    names = ["../../x.txt", "/etc/x.txt", "x.txt", "x.txt", "..", "con", "漢" * 200 + ".txt", ".hidden"]

    async def main() -> None:
        async with session_on(chromium, PAGE, downloads=folder) as session:
            for number, name in enumerate(names):
                await session.evaluate(f"hand({name!r}, 'text {number}')")
                await logged(session.downloads, number + 1)
            assert all(line.startswith("saved ") for line in session.downloads.log), session.downloads.log

    chromium.call(main())
    saved = [p for p in folder.iterdir() if not p.is_symlink()]
    assert sorted(p.read_text() for p in saved) == [f"text {n}" for n in range(len(names))]
    assert all(p.is_file() and not p.name.startswith(".") for p in saved)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["downloads"], "nothing lies beside the folder"


@pytest.mark.browser
def test_downloads_of_one_name_at_once_do_not_meet(chromium: Browser, tmp_path: Path) -> None:
    async def main() -> None:
        async with session_on(chromium, PAGE, downloads=tmp_path) as session:
            for number in range(5):
                await session.evaluate(f"hand('same.txt', 'text {number}')")
            await logged(session.downloads, 5)

    chromium.call(main())
    assert sorted(p.read_text() for p in tmp_path.iterdir()) == [f"text {n}" for n in range(5)]


@pytest.mark.browser
def test_a_page_that_never_stops_handing_out_is_stopped(
    chromium: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MOST_FILES >= 100
    monkeypatch.setattr("webagent.envs.downloads.MOST_FILES", 3)

    async def main() -> None:
        async with session_on(chromium, PAGE, downloads=tmp_path) as session:
            for number in range(8):
                await session.evaluate(f"hand('{number}.txt', 'text')")
            await logged(session.downloads, 4)
            await session.downloads.finish()
            assert [line for line in session.downloads.log if line.startswith("refused")] == [
                "refused 3.txt and what follows: 3 files were handed out"
            ]

    chromium.call(main())
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.browser
def test_uploads_come_from_the_folder_alone(chromium: Browser, files: Path) -> None:
    async def main() -> None:
        async with session_on(chromium, PAGE, limits=Limits(files=files)) as session:
            (field,) = [e.ref for e in (await session.observe()).tree.elements if e.name == "pick"]
            chosen = "[...document.querySelector('input').files].map(file => file.name)"
            for name in ("../secret", "/etc/hostname", "link", "folder-link/secret", "a.txt\n../secret", "below"):
                failed = await session.act(Action("upload", field, name))
                assert failed is not None and "is not a file inside" in str(failed), name
                assert await session.evaluate(chosen) == []
            assert await session.act(Action("upload", field, "a.txt\nbelow/b.txt")) is None
            assert await session.evaluate(chosen) == ["a.txt", "b.txt"]

    chromium.call(main())


@pytest.mark.browser
def test_no_picker_opens_the_disk(chromium: Browser) -> None:
    """The page's own ways to the disk end in a refusal, even with a click behind them."""
    pickers = ["showOpenFilePicker()", "showSaveFilePicker()", "showDirectoryPicker()"]

    async def main() -> None:
        async with session_on(chromium, PAGE) as session:
            for picker in pickers:
                options = {"expression": f"{picker}.then(() => 'open', error => error.name)", "awaitPromise": True}
                answer = await session.tab.cdp.send("Runtime.evaluate", {**options, "userGesture": True})
                assert answer["result"]["value"] in ("AbortError", "NotAllowedError", "SecurityError")

    chromium.call(main())
