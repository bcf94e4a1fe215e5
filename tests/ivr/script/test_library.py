"""A live call finishes on the revision that it began with, on whichever machine."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from ivr.dialogue.effects import Effect, Say
from ivr.dialogue.events import Pressed, Resumed
from ivr.dialogue.machine import Dialogue
from ivr.script.fields import Facts
from ivr.script.issues import BadScript
from ivr.script.library import Library, NoSuchScript, RevisionLost
from tests.ivr.dialogue.small import NOW

CONTENT = Path(__file__).parents[3] / "scripts_zh"
FACTS: Facts = {
    "lender": "安心汽车金融",
    "callback_number": "4000000000",
    "borrower_name": "王小明",
    "id_last4": "3826",
    "amount_fen": 320_000,
    "due_on": date(2026, 11, 20),
    "overdue_days": 3,
}


class Shelf:
    """Documents in memory, as one store that all machines share."""

    def __init__(self) -> None:
        self.documents: dict[str, bytes] = {}

    def put(self, name: str, data: bytes) -> None:
        self.documents[name] = data

    def get(self, name: str) -> bytes | None:
        return self.documents.get(name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One machine's scripts, to be edited."""
    return Path(shutil.copytree(CONTENT, tmp_path / "scripts"))


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def edit(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new), encoding="utf-8")


def spoken(effects: list[Effect]) -> str:
    return "".join(effect.text for effect in effects if isinstance(effect, Say))


def test_a_call_that_is_taken_up_on_another_machine_goes_on_in_the_words_it_began_with(
    folder: Path, shelf: Shelf, tmp_path: Path
) -> None:
    begun = Library(folder, shelf).keep("overdue_reminder")
    dialogue, _ = Dialogue.start(begun, FACTS, NOW)
    dialogue.receive(Pressed("1"), NOW)
    memory = dialogue.to_dict()
    edit(folder, "_shared/identity.yaml", "请说出或者按键输入身份证号码的后四位。", "麻烦您报一下身份证号码的后四位。")
    elsewhere = Library(folder, shelf)
    assert elsewhere.current("overdue_reminder").digest != begun.digest
    taken_up = Dialogue.from_dict(memory, elsewhere.revision("overdue_reminder", begun.digest), FACTS)
    assert "请说出或者按键输入身份证号码的后四位" in spoken(taken_up.receive(Resumed(), NOW))


def test_a_revision_holds_only_what_its_script_was_made_from(folder: Path, shelf: Shelf) -> None:
    kept = Library(folder, shelf).keep("due_reminder")
    (document,) = shelf.documents.values()
    assert list(shelf.documents) == [f"scripts/{kept.digest}"]
    assert b"first_followup" not in document


def test_a_revision_that_nobody_kept_is_lost(folder: Path, shelf: Shelf) -> None:
    library = Library(folder, shelf)
    before = library.current("due_reminder").digest
    edit(folder, "due_reminder.yaml", "title: ", "title: 新")
    with pytest.raises(RevisionLost, match=before[:12]):
        library.revision("due_reminder", before)


def test_what_the_folder_still_holds_needs_no_shelf(folder: Path, shelf: Shelf) -> None:
    library = Library(folder, shelf)
    assert library.revision("due_reminder", library.current("due_reminder").digest).id == "due_reminder"


@pytest.mark.parametrize("name", ["nothing", "../scripts/due_reminder", "_shared/identity", ""])
def test_an_unknown_script_names_those_that_there_are(folder: Path, shelf: Shelf, name: str) -> None:
    with pytest.raises(NoSuchScript, match="现有：due_reminder、first_followup、overdue_reminder"):
        Library(folder, shelf).current(name)


def test_a_faulty_script_is_not_kept(folder: Path, shelf: Shelf) -> None:
    edit(folder, "due_reminder.yaml", "start: ", "start: no_such_")
    with pytest.raises(BadScript):
        Library(folder, shelf).keep("due_reminder")
    assert shelf.documents == {}
