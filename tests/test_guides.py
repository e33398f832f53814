"""The code in the guides is the code that runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.processes import BIN, ROOT


def blocks(guide: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (ROOT / guide).read_text(), re.DOTALL)


def test_the_algorithm_of_the_guide_passes_the_guides_test(tmp_path: Path) -> None:
    code = blocks("docs/algorithms.md")
    (tmp_path / "dips.py").write_text(code[0])
    (tmp_path / "test_dips.py").write_text(code[-1])
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_dips.py"]
    ended = subprocess.run(command, cwd=tmp_path, text=True, capture_output=True)
    assert ended.returncode == 0, ended.stdout
    assert "1 passed" in ended.stdout


def test_the_algorithm_with_parameters_and_state_refuses_a_misspelt_one(tmp_path: Path) -> None:
    first, parameters, state = blocks("docs/algorithms.md")[:3]
    event = first[first.index("    def event") :]
    state = "".join(f"    {line}\n" for line in state.splitlines())
    (tmp_path / "dips.py").write_text(parameters + state + event)
    command = [BIN / "algo-service", "serve", "--algo", "dips.py:Dips", "--param", "drp=0.5"]
    ended = subprocess.run(command, cwd=tmp_path, text=True, capture_output=True)
    assert 'unknown parameter "drp": did you mean "drop"?' in ended.stderr
