"""Credentials from the environment or a file, which no message shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from market_data.live.credentials import CredentialsError, read_credentials

NAMES = ("APCA_API_KEY_ID", "APCA_API_SECRET_KEY")


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_they_are_variables_or_the_lines_of_a_file(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in zip(NAMES, ("key", "s3cret"), strict=True):
        environment.setenv(name, value)
    found = read_credentials(NAMES, None)
    assert [found[name] for name in NAMES] == ["key", "s3cret"]
    path = tmp_path / "alpaca.env"
    path.write_text(
        "# of the paper account\n\nexport APCA_API_KEY_ID='other'\nAPCA_API_SECRET_KEY = a=b\n"
    )
    found = read_credentials(NAMES, str(path))
    assert [found[name] for name in NAMES] == ["other", "a=b"]


def test_a_text_of_them_holds_none() -> None:
    found = read_credentials(["PATH"], None)
    assert [str(found), repr(found)] == ["<credentials of the environment>"] * 2
    assert found.hide(f"no {found['PATH']} here") == "no *** here"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "cannot be read: No such file or directory; expected lines NAME=value"),
        (b"APCA_API_KEY_ID=hidden\n", "APCA_API_SECRET_KEY is not in "),
        (b"APCA_API_KEY_ID=hidden\nAPCA_API_SECRET_KEY=\n", "APCA_API_SECRET_KEY is not in "),
        (b"APCA_API_KEY_ID=hid den\n", "APCA_API_KEY_ID in .* holds a character that no key has"),
        (b"hidden\n", "has another line 1; expected NAME=value"),
        (b"hidden\xff\n", "is not text"),
        (b"APCA_API_KEY_ID=" + b"x" * 70_000, "is too large"),
    ],
)
def test_what_cannot_be_used_is_a_sentence_that_holds_none(
    environment: pytest.MonkeyPatch, tmp_path: Path, text: bytes | None, sentence: str
) -> None:
    path = tmp_path / "alpaca.env"
    if text is not None:
        path.write_bytes(text)
    with pytest.raises(CredentialsError, match=sentence) as refused:
        read_credentials(NAMES, str(path))
    assert "hid" not in str(refused.value)


def test_missing_variables_are_named_with_the_other_way(environment: pytest.MonkeyPatch) -> None:
    with pytest.raises(CredentialsError) as refused:
        read_credentials(NAMES, None)
    assert str(refused.value) == (
        "APCA_API_KEY_ID is not in the environment; expected the variable, or --credentials with"
        " a file that has the line APCA_API_KEY_ID=…"
    )
