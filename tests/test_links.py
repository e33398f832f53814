"""Every link between the documents leads somewhere; every document that is named is there."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import ROOT

OTHERS = {"node_modules", "build", "dist"}  # and every folder whose name begins with a dot
TEXTS = {".py", ".js", ".mjs", ".md", ".yml", ".yaml", ".toml", ".conf", ".json", ".html", ""}


def files() -> Iterator[Path]:
    """Yield every file of the repository that a person writes."""
    for folder, below, names in os.walk(ROOT):
        below[:] = [
            name
            for name in below
            if name not in OTHERS
            and not name.endswith(".egg-info")
            and (name[0] != "." or name in {".ci", ".github"})
        ]
        yield from (Path(folder, name) for name in names)


def prose(document: Path) -> str:
    """Return the text of a document without its code."""
    text = re.sub(
        r"^( *)(```|~~~).*?^ *\2$", "", document.read_text(), flags=re.DOTALL | re.MULTILINE
    )
    return re.sub(
        r"(`+)(?!`).+?(?<!`)\1(?!`)", lambda code: re.sub(r"[\[\]()<>#]", "", code[0]), text
    )


def anchors(document: Path) -> set[str]:
    """Return the anchors that GitHub gives to a document's headings."""
    seen: Counter[str] = Counter()
    found = set()
    for heading in re.findall(r"^ {0,3}#{1,6} +(.*?)[ #]*$", prose(document), re.MULTILINE):
        shown = re.sub(r"\[(.*?)\]\(.*?\)", r"\1", heading)
        anchor = re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")
        found.add(f"{anchor}-{seen[anchor]}" if seen[anchor] else anchor)
        seen[anchor] += 1
    return found


def dead_links(document: Path) -> list[str]:
    """Return the relative links of a document whose file or heading is missing."""
    dead = []
    for target in re.findall(r"\]\(([^)\s]+)\)|^\[[^\]]+\]: +(\S+)", prose(document), re.MULTILINE):
        link = target[0] or target[1]
        if re.match(r"[a-z][a-z+.-]*:", link):
            continue
        name, _, anchor = link.partition("#")
        file = (document.parent / name).resolve() if name else document
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in anchors(file)):
            dead.append(f"{os.path.relpath(document, ROOT)}: {link}")
    return dead


def test_every_link_of_every_document_leads_to_a_file_and_a_heading() -> None:
    documents = [file for file in files() if file.suffix == ".md"]
    assert ROOT / "README.md" in documents
    assert [link for document in documents for link in dead_links(document)] == []


def test_a_link_to_nothing_is_found(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# A `name`, and more\n## Twice\n## Twice\n")
    (tmp_path / "page.md").write_text(
        "[a](other.md#a-name-and-more) [b](other.md#twice-1) [c](https://nowhere) `[d](no.md)`\n"
        "[e](other.md#thrice) [f](none.md)\n```\n[g](in_code.md)\n```\n"
    )
    dead = [link.split(": ")[1] for link in dead_links(tmp_path / "page.md")]
    assert dead == ["other.md#thrice", "none.md"]


@pytest.mark.parametrize("document", ["CONTRIBUTING.md", "docs/explanation/architecture.md"])
def test_every_file_that_a_map_of_the_code_names_is_there(document: str) -> None:
    named = set(re.findall(r"`([a-z_]+/[\w/.-]+)`", (ROOT / document).read_text()))
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_document_that_is_named_anywhere_is_there() -> None:
    missing = [
        f"{file.relative_to(ROOT)}: {name}"
        for file in files()
        if file.suffix in TEXTS and file.name != "package-lock.json"
        for name in re.findall(
            r"(?<![\w./-])docs/[\w/.-]*?\.(?:md|svg)\b", file.read_text(errors="replace")
        )
        if not (ROOT / name).exists()
    ]
    assert missing == []
