"""Video files: length, holds, whole or not at all, what a browser plays; films of episodes; Gymnasium's wrappers."""

from __future__ import annotations

import base64
import io
import re
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import cv2
import gymnasium as gym
import numpy as np
import numpy.typing as npt
import pytest
from fakes import SCRIPT, SIZE, FakeEnv, scripted
from gymnasium.wrappers import RecordEpisodeStatistics, RecordVideo

from webagent.commands import Result
from webagent.console import Console
from webagent.envs import video
from webagent.envs.browser import Browser
from webagent.envs.errors import PageUnreachable, UsageError, WebAgentError
from webagent.envs.types import Action
from webagent.envs.video import EpisodeFilm, VideoWriter
from webagent.errand import Errand, perform
from webagent.film import END_SECONDS, STEP_SECONDS

SUFFIXES = (".webm", ".mp4")
Pixels = npt.NDArray[np.uint8]


def grey(level: int, size: tuple[int, int] = (64, 48)) -> Pixels:
    return np.full((size[1], size[0], 3), level, np.uint8)


def jpeg(level: int, size: tuple[int, int] = (64, 48)) -> bytes:
    return cv2.imencode(".jpg", grey(level, size))[1].tobytes()


def read(path: Path) -> tuple[float, list[Pixels]]:
    """Frames a second, and the frames."""
    film = cv2.VideoCapture(str(path))
    frames = []
    while True:
        there, frame = film.read()
        if not there:
            break
        frames.append(np.asarray(frame, np.uint8))
    return float(film.get(cv2.CAP_PROP_FPS)), frames


def levels(path: Path) -> list[int]:
    """The brightness of each frame, rounded to tens."""
    return [round(float(frame.mean()) / 10) * 10 for frame in read(path)[1]]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_pictures_are_held_until_the_next_at_a_constant_rate(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    with VideoWriter(path, fps=10) as film:
        film.add(100.0, grey(50))
        film.add(100.52, jpeg(100))
        film.add(100.8, grey(200))
        assert film.close(until=101.2) == path
    assert read(path)[0] == 10
    assert levels(path) == [50] * 5 + [100] * 3 + [200] * 4


def test_of_several_pictures_within_one_frame_the_last_counts_and_none_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "a.webm"
    with VideoWriter(path, fps=10) as film:
        for i, level in enumerate((10, 50, 100, 150)):
            film.add(5 + i / 100, grey(level))
        film.add(5.2, grey(200))
        film.add(5.1, grey(250))  # a clock that went back
    assert levels(path) == [150, 150, 250]


def test_a_long_hold_can_be_cut(tmp_path: Path) -> None:
    path = tmp_path / "a.webm"
    with VideoWriter(path, fps=10, longest_hold=0.5) as film:
        film.add(0.0, grey(50))
        film.add(3600.0, grey(100))
        film.add(3600.2, grey(200))
        film.close(until=9999.0)
    assert levels(path) == [50] * 5 + [100] * 2 + [200] * 5


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_appears_when_it_is_whole(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "new" / f"a{suffix}"
    film = VideoWriter(path)
    film.add(0.0, grey(50))
    assert not path.exists()
    film.close()
    film.close()
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    again = VideoWriter(path)
    again.add(0.0, grey(99))
    again.discard()
    again.close()
    assert levels(path) == [50], "what was given up replaces nothing"
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_no_picture_makes_no_file(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "a.webm", (64, 48)) as film:
        film.add(0.0, b"")
        film.add(1.0, b"no picture")
        assert film.close() is None
    assert list(tmp_path.iterdir()) == []


def test_pictures_of_other_sizes_fit_with_their_proportions(tmp_path: Path) -> None:
    path = tmp_path / "a.webm"
    with VideoWriter(path, (101, 81), fps=10) as film:
        film.add(0.0, grey(200, (101, 81)))
        film.add(0.1, grey(200, (40, 80)))
    _, (whole, tall) = read(path)
    assert whole.shape == tall.shape == (80, 100, 3)
    assert whole.mean() > 190
    assert tall[:, 32:68].mean() > 180 and tall[:, :25].mean() < 20 and tall[:, 75:].mean() < 20


@pytest.mark.parametrize("name", ["a.avi", "a", "a.webm.txt"])
def test_another_suffix_is_the_callers_mistake(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"expected a video file of \.webm or \.mp4"):
        VideoWriter(tmp_path / name)


def test_what_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        VideoWriter(tmp_path / "file" / "a.webm", (64, 48))
    with pytest.raises(UsageError, match=r"\[H, W, 3\] uint8, found \[4, 4\]"):
        VideoWriter(tmp_path / "a.webm").add(0.0, np.zeros((4, 4), np.uint8))
    with pytest.raises(UsageError, match="frames per second"):
        VideoWriter(tmp_path / "a.webm", fps=0)


def test_a_missing_codec_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(video.CODECS, ".mp4", ("zzzz",))
    with pytest.raises(WebAgentError, match=r"^this build of opencv cannot write \.mp4 video") as caught:
        VideoWriter(tmp_path / "a.mp4", (64, 48))
    assert "\n" not in str(caught.value) and ".webm" in caught.value.hint
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(WebAgentError, match="cannot write"), EpisodeFilm(tmp_path / "b.mp4") as film:
        for i in range(3):
            film.add(float(i), grey(50))
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr().err == "", "what codecs print is no message to a person"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_codecs_keep_quiet_and_other_words_on_stderr_pass(
    tmp_path: Path, suffix: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with VideoWriter(tmp_path / f"a{suffix}", (64, 48)) as film:
        film.add(0.0, grey(50))
    assert capfd.readouterr().err == ""
    with video._codec_chatter() as said:
        video.os.write(2, b"a word of ours\nOpenCV: FFMPEG: tag\n")
    assert said == ["OpenCV: FFMPEG: tag"]
    assert capfd.readouterr().err == "a word of ours\n"


def test_a_film_takes_pictures_without_waiting_and_holds_few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = threading.Event()
    add = VideoWriter.add
    monkeypatch.setattr(VideoWriter, "add", lambda self, *item: (slow.wait(10), add(self, *item))[1])
    film = EpisodeFilm(tmp_path / "a.webm", fps=10, waiting=4)
    began = time.monotonic()
    for i in range(100):
        film.add(i / 10, jpeg(100 if i < 99 else 200))
    assert time.monotonic() - began < 5
    assert 90 <= film.left_out <= 96
    slow.set()
    assert film.finish(until=10.5) == tmp_path / "a.webm"
    film.add(99.0, grey(1))
    assert film.finish() == tmp_path / "a.webm"
    found = levels(tmp_path / "a.webm")
    assert found[-6:] == [200] * 6, "the last picture is never left out"
    assert not [t for t in threading.enumerate() if t.name == "webagent-film"]


@pytest.mark.browser
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_browser_plays_the_file(tmp_path: Path, chromium: Browser, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    with VideoWriter(path, fps=10) as film:
        for i in range(10):
            film.add(i / 10, grey(100 + 10 * i))
    data = base64.b64encode(path.read_bytes()).decode()
    script = """async (url) => {
      const video = document.createElement('video');
      const shown = new Promise((good, bad) => {
        video.onseeked = good;
        video.onerror = () => bad(video.error.message);
      });
      video.src = url;
      video.currentTime = 0.95;
      await shown;
      const canvas = document.createElement('canvas');
      canvas.width = video.videoWidth; canvas.height = video.videoHeight;
      const end = performance.now() + 3000;
      let pixel = 0;
      while (pixel === 0 && performance.now() < end) {  // sought, but not yet shown
        canvas.getContext('2d').drawImage(video, 0, 0);
        pixel = canvas.getContext('2d').getImageData(32, 24, 1, 1).data[0];
        await new Promise((later) => setTimeout(later, 10));
      }
      return [video.videoWidth, video.videoHeight, video.duration, pixel];
    }"""

    async def play() -> list[float]:
        assert chromium.native is not None
        page = await chromium.native.new_page()
        try:
            found: list[float] = await page.evaluate(script, f"data:video/{suffix[1:]};base64,{data}")
            return found
        finally:
            await page.close()

    width, height, duration, pixel = chromium.call(play())
    assert (width, height) == (64, 48)
    assert duration == pytest.approx(1.0, abs=0.11)
    assert pixel == pytest.approx(190, abs=8)


@pytest.mark.browser
def test_gymnasiums_wrappers_record_a_task(tmp_path: Path, chromium: Browser) -> None:
    made = gym.make("webagent/miniwob.click-test-v0", render_mode="rgb_array", browser=chromium)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # moviepy's own, as its modules are loaded
        env = RecordVideo(RecordEpisodeStatistics(made), str(tmp_path), episode_trigger=lambda n: True)
    infos = []
    for seed in (1, 2):
        env.reset(seed=seed)
        seen = env.unwrapped.observation  # type: ignore[attr-defined]
        button = next(e for e in seen.tree.actionable if e.role == "button")
        for action in (Action("hover", button.ref), Action("click", button.ref)):
            _, reward, terminated, truncated, info = env.step(action)
        assert terminated and not truncated and reward > 0
        infos.append(info)
        picture = env.render()
        assert isinstance(picture, np.ndarray) and picture.shape == (240, 320, 3) and picture.dtype == np.uint8
        assert picture.max() > 200, "not black"
    assert env.metadata["render_fps"] == 10
    env.close()
    assert [(i["episode"]["l"], i["episode"]["r"]) for i in infos] == [(2, 1.0), (2, 1.0)]
    films = sorted(tmp_path.glob("*.mp4"))
    assert len(films) == 2
    for film in films:
        rate, frames = read(film)
        assert rate == 10 and len(frames) == 3, "one for the reset and one for each step"
        assert frames[0].shape == (240, 320, 3) and frames[0].mean() > 100


BETWEEN = 120


def between(frame: Pixels) -> bool:
    """The frame is one that came between two steps."""
    return abs(float(frame[100:-100, 200:-200].mean()) - BETWEEN) < 5


class FilmedEnv(FakeEnv):
    """Sends a frame in every step, as a screencast does."""

    on_frame: Callable[[float, bytes], None] | None = None

    def step(self, action: Action) -> Any:
        if self.on_frame is not None:
            self.on_frame(time.time(), jpeg(BETWEEN, SIZE))
            time.sleep(0.2)
        return super().step(action)


def errand_with_video(monkeypatch: pytest.MonkeyPatch, folder: Path, env: FakeEnv, **more: Any) -> Result:
    monkeypatch.setattr("webagent.programs.make_policy", lambda name: scripted(*SCRIPT))

    @contextmanager
    def open_env(*asked: Any) -> Iterator[FakeEnv]:
        yield env

    asked = Errand(goal="Press it", url="http://fake.test/", out=folder, policy="random", video=True, **more)
    return perform(asked, Console(stream=io.StringIO()), open_env)


def test_run_keeps_a_video_beside_the_episode_and_shows_it_in_the_report(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    result = errand_with_video(monkeypatch, tmp_path / "out", FilmedEnv(), report=tmp_path / "report")
    path = Path(result.data["video"])
    assert path == Path(result.data["episode"]) / "screen.webm" and str(path) in result.text
    rate, frames = read(path)
    steps = len(result.data["steps"])
    assert len(frames) / rate == pytest.approx(steps * (STEP_SECONDS + 0.2) + STEP_SECONDS + END_SECONDS, abs=1.0)
    assert steps <= sum(map(between, frames)) <= 4 * steps, (
        "what came between two steps is there, about as long as it was"
    )
    page = Path(result.data["report"]).read_text(encoding="utf8")
    assert f'src="data:video/webm;base64,{base64.b64encode(path.read_bytes()).decode()}"' in page
    assert page.count("<video") == 1 and "media-src data:" in page


def test_a_long_video_is_linked_from_the_report(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("webagent.report.EMBEDDED", 100)
    result = errand_with_video(monkeypatch, tmp_path / "a b", FilmedEnv(), report=tmp_path / "report")
    page = Path(result.data["report"]).read_text(encoding="utf8")
    assert "<video" not in page
    link = re.search(r'href="(\.\./[^"]*screen\.webm)"', page)
    assert link and (tmp_path / "report" / unquote(link[1])).resolve() == Path(result.data["video"]).resolve()


def test_where_secrets_may_be_typed_no_frame_between_steps_is_filmed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", "correct horse")
    result = errand_with_video(monkeypatch, tmp_path, FilmedEnv(), secrets=("PASSWORD=SHOP_PASSWORD",))
    frames = read(Path(result.data["video"]))[1]
    assert frames and not any(map(between, frames))


def test_a_run_that_does_not_start_leaves_no_video_and_no_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Away(FakeEnv):
        def reset(self, **more: Any) -> Any:
            raise PageUnreachable("http://fake.test/ did not load: refused")

    result = errand_with_video(monkeypatch, tmp_path / "out", Away())
    assert (result.exit_code, result.data["video"]) == (1, None)
    assert not list(tmp_path.rglob("*.webm")) and not list((tmp_path / "out").iterdir())


def test_a_video_that_cannot_be_written_is_told_before_the_browser_starts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(video.CODECS, ".webm", ("zzzz",))
    env = FilmedEnv()
    result = errand_with_video(monkeypatch, tmp_path / "out", env)
    assert result.exit_code == 1 and result.error is not None
    assert result.error["message"].startswith("this build of opencv cannot write .webm video")
    assert not hasattr(env, "page"), "never reset"
