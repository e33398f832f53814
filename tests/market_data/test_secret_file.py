"""Files of secrets that everyone on this machine can read are told of, in one line."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from market_data.secret_file import warn_if_shared


@pytest.fixture
def secret() -> Iterator[Path]:
    """A secret in a folder that others can pass, as pytest's are not."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        path = folder / "secret"
        path.write_text("hush\n")
        path.chmod(0o600)
        yield path


@pytest.mark.parametrize(("mode", "is_told"), [(0o600, False), (0o640, False), (0o644, True)])
def test_a_secret_is_told_of_if_everyone_can_read_it(
    secret: Path, caplog: pytest.LogCaptureFixture, mode: int, is_told: bool
) -> None:
    secret.chmod(mode)
    with caplog.at_level(logging.WARNING):
        warn_if_shared("--key", str(secret))
    hint = f"`chmod o= {secret}` changes that"
    line = f"--key {secret} can be read by everyone on this machine: {hint}"
    assert [record.getMessage() for record in caplog.records] == [line] * is_told


def test_a_secret_in_a_folder_that_others_cannot_pass_is_no_matter(
    secret: Path, caplog: pytest.LogCaptureFixture
) -> None:
    secret.chmod(0o644)
    secret.parent.chmod(0o700)
    link = Path(f"{secret.parent}.link")
    link.symlink_to(secret)
    try:
        for path in (secret, link, secret.parent, secret.parent / "none"):
            warn_if_shared("--key", str(path))
    finally:
        link.unlink()
    assert caplog.records == []
