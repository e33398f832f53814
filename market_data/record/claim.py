"""Takes a folder for one recorder: its lock, and its session at the broker."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

from market_data.errors import RecordingError
from market_data.feeds.recording.layout import VERSION, description_file, state_folder
from market_data.folders import lock_folder, sync_folder
from market_data.private_files import make_folder, replace


class Claim:
    """A folder that no other recorder writes while this one lives; made if it is not there.

    :param session: the name of the session; None for that of the starts before, or a new one.
    :ivar session: the name that was chosen.
    :ivar is_continued: whether the start before had the same one.
    :raises RecordingError: if another recorder has it, if it holds other files, if it was written
        by a later version, or if it cannot be written.
    """

    def __init__(self, folder: Path, session: str | None):
        try:
            # it may hold accounts, where orders and portfolios are recorded
            make_folder(folder)
            self._lock = lock_folder(folder, state_folder(folder), "recorder", RecordingError)
            try:
                self.session, self.is_continued = _described(folder, session)
            except BaseException:
                self.release()
                raise
        except OSError as error:
            reason = error.strerror or str(error)
            raise RecordingError(str(folder), reason, "a folder that can be written") from error

    def release(self) -> None:
        """Leave the folder to others."""
        os.close(self._lock)


def _described(folder: Path, session: str | None) -> tuple[str, bool]:
    """Return the session, kept for the next start, and whether it is that of the start before."""
    path = description_file(folder)
    before = None
    if path.exists():
        try:
            fields = json.loads(path.read_text(encoding="utf-8"))
            version, before = fields["version"], str(fields["session"])
        except (ValueError, KeyError, TypeError, RecursionError):
            expected = "what a recorder has written"
            raise RecordingError(str(path), "it cannot be understood", expected) from None
        if version != VERSION:
            expected = f"version {VERSION}"
            raise RecordingError(str(path), f"it is of version {version}", expected)
    chosen = session or before or f"record-{secrets.token_hex(4)}"
    if chosen != before:
        replace(path, [json.dumps({"version": VERSION, "session": chosen}) + "\n"])
        sync_folder(path.parent)
        sync_folder(folder)
    return chosen, chosen == before
