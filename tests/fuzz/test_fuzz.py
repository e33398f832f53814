"""Inputs that are kept, and some that are drawn: each is read, or refused with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.properties import PROPERTIES
from tests.fuzz.search import PATIENCE, search, within

CORPUS = Path(__file__).parent / "corpus"
KEPT = sorted(path for path in CORPUS.glob("*/*") if path.is_file())
DRAWN = 40


@pytest.mark.parametrize("path", KEPT, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_an_input_that_is_kept_is_read_or_refused(path: Path) -> None:
    with within(PATIENCE):
        PROPERTIES[path.parent.name].check(path.read_bytes())


@pytest.mark.parametrize("name", PROPERTIES)
def test_inputs_that_are_drawn_are_read_or_refused(name: str) -> None:
    outcomes, found = search(PROPERTIES[name], DRAWN, 7)
    if found is not None:
        raise AssertionError(f"{found.payload!r}") from found.error
    # inputs of one kind alone would tell little
    assert len(outcomes) > 1, outcomes


def test_every_folder_of_the_corpus_is_of_a_property() -> None:
    assert {path.parent.name for path in KEPT} <= PROPERTIES.keys()
