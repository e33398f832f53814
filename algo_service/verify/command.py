"""What `algo-service verify` does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from algo_service.algorithms import BUILT_IN
from algo_service.errors import AlgoServiceError, LoadError
from algo_service.journal.mark import incomplete
from algo_service.journal.recording import Recording
from algo_service.loader import load
from algo_service.parameters import SEED, merge, renamed
from algo_service.progress import progress
from algo_service.verify import text
from algo_service.verify.repeat import Repetition
from portfolio import STARTING_CASH, Parameter
from telemetry.terminal import say


def run(path: Path, algo: str | None, params: Mapping[str, Any], report: Path | None) -> bool:
    """Verify a journal, and print what was found.

    :param algo: what `--algo` names; None for what the service had.
    :param params: in place of those of the journal.
    :param report: where a page is written; None for none.
    :return: whether there is no difference.
    :raises AlgoServiceError: if the journal cannot be read or cannot be repeated.
    """
    with closing(Recording(path)) as recording:
        spec = algo or _spec(recording)
        _, create = load(spec)
        declared = getattr(create, "PARAMETERS", None)
        is_other = algo is not None or bool(params)
        parameters = _parameters(recording, declared, params, is_other)
        shown = f"{spec} ({', '.join(f'{key}={value}' for key, value in parameters.items())})"
        repetition = Repetition(recording, create, parameters, is_other)
        with progress("inputs", recording.last - recording.first) as advance:
            result = repetition.run(advance)
        for line in text.lines(recording, result, shown):
            say(line)
        if report is not None:
            from algo_service.verify import report as page  # plotly takes long to import

            page.write(report, recording, result, shown)
            say(f"report: {report}")
    if missing := incomplete(path):
        say(f"this is not all: {missing}", fg="yellow", err=True)
    return not result.different


def _parameters(
    recording: Recording,
    declared: Iterable[Parameter] | None,
    params: Mapping[str, Any],
    is_other: bool,
) -> dict[str, Any]:
    stored = renamed(declared, recording.parameters)
    seed = stored[SEED.name]
    if not is_other:
        return merge(declared, seed=seed, stored=stored)
    if declared is not None:
        # another version need not know all that this one was given
        known = {each.name for each in (*declared, SEED, STARTING_CASH)}
        stored = {name: value for name, value in stored.items() if name in known}
    return merge(declared, stored, params, seed=seed)


def _spec(recording: Recording) -> str:
    """Return the algorithm that the journal is of."""
    spec = recording.spec or recording.algo
    try:
        load(spec)
    except LoadError as error:
        if recording.spec or recording.algo in BUILT_IN:
            raise AlgoServiceError(f"{error}: name it with --algo") from error
        raise AlgoServiceError(
            f"the journal is of the algorithm {recording.algo}, and does not say where it is: name"
            " it with --algo"
        ) from error
    return spec
