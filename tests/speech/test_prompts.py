"""Prompts: rendered once, kept apart when personal, never half-written, honest when missing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from kit.settings import Settings
from speech import audio, shipped_clips
from speech.engines.scripted_voice import ScriptedVoice
from speech.mandarin.pieces import inventory
from speech.ports import Pcm
from speech.prompts import MissingClip, PromptStore, RenderFailed, open_prompts
from speech.shipped_clips import ShippedClips

GREETING, NAMED = "您好，请问您现在方便吗？", "请问是王小明先生吗？"


class CountingVoice(ScriptedVoice):
    def __init__(self) -> None:
        self.rendered: list[str] = []

    def render(self, text: str, voice: str, *, speed: float = 1.0) -> tuple[Pcm, int]:
        self.rendered.append(text)
        return super().render(text, voice, speed=speed)


@pytest.fixture
def voice() -> CountingVoice:
    return CountingVoice()


@pytest.fixture
def open_store(tmp_path: Path, voice: CountingVoice) -> Callable[..., PromptStore]:
    def _open(key: bytes = b"key", name: str = "hum", engine: str = "scripted/1") -> PromptStore:
        return PromptStore(tmp_path / "public", tmp_path / "personal", key=key, voice=name, engine=engine, load=lambda: voice)

    return _open


def test_a_clip_is_rendered_once_and_read_by_every_process(
    open_store: Callable[..., PromptStore], voice: CountingVoice
) -> None:
    steps: list[tuple[int, int]] = []
    done = open_store().render_all([GREETING, GREETING, "再见。"], on_progress=lambda at, of: steps.append((at, of)))
    assert (done.made, done.present) == (2, 0)
    assert steps == [(1, 2), (2, 2)]
    again = open_store()
    assert again.render_all([GREETING, "再见。"]).made == 0
    assert sorted(voice.rendered) == sorted([GREETING, "再见。"])
    assert 1.0 < len(again.clip(GREETING)) / 8000 < 4.0
    assert done.seconds == pytest.approx((len(again.clip(GREETING)) + len(again.clip("再见。"))) / 8000)


def test_a_missing_clip_is_named_by_code_and_not_by_text(open_store: Callable[..., PromptStore]) -> None:
    with pytest.raises(MissingClip) as caught:
        open_store().clip(NAMED)
    assert caught.value.code == "missing_clip"
    assert "王" not in str(caught.value)
    assert isinstance(caught.value, LookupError)
    assert open_store().missing([NAMED, GREETING, NAMED]) == (NAMED, GREETING)


def test_a_clip_rendered_after_a_miss_is_found(open_store: Callable[..., PromptStore]) -> None:
    store = open_store()
    with pytest.raises(MissingClip):
        store.clip(GREETING)
    store.render_all([GREETING])
    assert store.clip(GREETING)


def test_personal_clips_lie_apart_under_names_that_need_the_key(tmp_path: Path, open_store: Callable[..., PromptStore]) -> None:
    open_store().render_all([NAMED], is_personal=True)
    assert not list((tmp_path / "public").rglob("*.au"))
    (mine,) = (tmp_path / "personal").rglob("*.au")
    open_store(key=b"another").render_all([NAMED], is_personal=True)
    assert len(list((tmp_path / "personal").rglob("*.au"))) == 2
    assert open_store().clip(NAMED)
    assert open_store().forget([NAMED, GREETING]) == 1
    assert not mine.exists()
    with pytest.raises(MissingClip):
        open_store().clip(NAMED)


def test_forgetting_reaches_the_memory_too(open_store: Callable[..., PromptStore]) -> None:
    store = open_store()
    store.render_all([NAMED], is_personal=True)
    store.clip(NAMED)
    store.forget([NAMED])
    with pytest.raises(MissingClip):
        store.clip(NAMED)


@pytest.mark.parametrize("other", [{"name": "zf_xiaoyi"}, {"engine": "scripted/2"}])
def test_another_voice_or_version_is_another_clip(open_store: Callable[..., PromptStore], other: dict[str, str]) -> None:
    open_store().render_all([GREETING])
    assert open_store(**other).missing([GREETING]) == (GREETING,)


def test_what_is_said_alike_is_one_clip(open_store: Callable[..., PromptStore], voice: CountingVoice) -> None:
    open_store().render_all(["请在11月28日前还款。", "请在十一月二十八日前还款。", "请在 11 月 28 日前还款。"])
    assert len(voice.rendered) <= 2, "the second and third differ in writing only"
    assert open_store().missing(["请在十一月二十八号前还款。"])


@pytest.mark.parametrize("damage", [b"", b".snd", b"rubbish" * 20])
def test_a_damaged_file_counts_as_missing_and_is_made_again(
    tmp_path: Path, open_store: Callable[..., PromptStore], damage: bytes
) -> None:
    open_store().render_all([GREETING])
    (path,) = (tmp_path / "public").rglob("*.au")
    whole = path.read_bytes()
    path.write_bytes(damage or whole[:-1])
    with pytest.raises(MissingClip):
        open_store().clip(GREETING)
    assert open_store().render_all([GREETING]).made == 1
    assert path.read_bytes() == whole


def test_two_renderers_never_make_the_same_clip(open_store: Callable[..., PromptStore], voice: CountingVoice) -> None:
    texts = [f"您的第{number}期" for number in range(1, 9)]
    threads = [threading.Thread(target=open_store().render_all, args=(texts,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(voice.rendered) == sorted(texts)


def test_pieces_are_joined_with_a_gap(open_store: Callable[..., PromptStore]) -> None:
    store = open_store()
    store.render_all(["十一月", "二十八日"])
    joined = store.joined(["十一月", "二十八日"], gap_s=0.1)
    assert len(joined) == len(store.clip("十一月")) + len(store.clip("二十八日")) + 800
    assert joined.startswith(store.clip("十一月"))


def test_clips_are_loud_enough_and_unclipped(open_store: Callable[..., PromptStore]) -> None:
    store = open_store()
    store.render_all([GREETING])
    pcm = audio.decode_mulaw(store.clip(GREETING))
    assert audio.active_dbfs(pcm, 8000) == pytest.approx(audio.TARGET_DBFS, abs=0.5)
    assert not audio.is_clipped(pcm)


class BrokenVoice(ScriptedVoice):
    def __init__(self, pcm: Pcm) -> None:
        self.pcm = pcm

    def render(self, text: str, voice: str, *, speed: float = 1.0) -> tuple[Pcm, int]:
        return self.pcm, 8000


@pytest.mark.parametrize("seconds", [0.0, 0.1, 60.0])
def test_a_sound_that_cannot_be_the_text_is_refused(tmp_path: Path, seconds: float) -> None:
    pcm = audio.to_int16(0.3 * np.sin(np.arange(round(seconds * 8000)) / 3))
    store = PromptStore(tmp_path, tmp_path, key=b"k", voice="v", engine="e", load=lambda: BrokenVoice(pcm))
    with pytest.raises(RenderFailed):
        store.render_all([GREETING])
    assert store.missing([GREETING])


def test_the_store_of_the_settings_loads_no_engine(tmp_path: Path) -> None:
    settings = Settings(cache_dir=tmp_path / "cache", data_dir=tmp_path / "var", synthesizer="scripted", voice="hum")
    store = open_prompts(settings, b"key")
    store.render_all([GREETING])
    store.render_all([NAMED], is_personal=True)
    assert list((tmp_path / "cache/prompts").rglob("*.au"))
    assert list((tmp_path / "var/prompts").rglob("*.au"))


def test_what_is_shipped_is_neither_missing_nor_rendered(tmp_path: Path, voice: CountingVoice) -> None:
    def store(name: str = "hum", engine: str = "scripted/1") -> PromptStore:
        return PromptStore(
            tmp_path / "public", tmp_path / "personal", key=b"key", voice=name, engine=engine, load=lambda: voice,
            shipped=ShippedClips(tmp_path / "clips.zip"),
        )  # fmt: skip

    assert store().missing([GREETING]) == (GREETING,)
    shipped_clips.write(tmp_path / "clips.zip", {store().public_name(GREETING): b"\xff" * 800})
    done = store().render_all([GREETING, "再见。"])
    assert (done.made, done.present, voice.rendered) == (1, 1, ["再见。"])
    assert store().clip(GREETING) == b"\xff" * 800
    assert store(name="other").missing([GREETING]) == store(engine="scripted/2").missing([GREETING]) == (GREETING,)


def test_clips_rendered_here_come_before_those_shipped(
    tmp_path: Path, open_store: Callable[..., PromptStore], voice: CountingVoice
) -> None:
    open_store().render_all([GREETING])
    shipped_clips.write(tmp_path / "clips.zip", {open_store().public_name(GREETING): b"\xff" * 800})
    both = PromptStore(
        tmp_path / "public", tmp_path / "personal", key=b"key", voice="hum", engine="scripted/1", load=lambda: voice,
        shipped=ShippedClips(tmp_path / "clips.zip"),
    )  # fmt: skip
    assert both.clip(GREETING) == open_store().clip(GREETING) != b"\xff" * 800


def test_the_default_voice_ships_with_the_whole_inventory(tmp_path: Path) -> None:
    """After a change of voice, engine or readings: python -m speech.shipped_clips."""
    settings = Settings(HUILING_CACHE_DIR=tmp_path)
    store = open_prompts(settings, b"")
    assert store.missing(inventory()) == ()
    shortest, longest = min(lengths := [len(store.clip(text)) / 8000 for text in inventory()]), max(lengths)
    assert 0.1 < shortest < longest < 3.0


def test_the_same_clips_make_the_same_file(tmp_path: Path) -> None:
    for name in ("a.zip", "b.zip"):
        shipped_clips.write(tmp_path / name, {"b": b"\x01" * 9, "a": b"\x02" * 9})
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    assert [path.suffix for path in tmp_path.iterdir()] == [".zip", ".zip"]
