"""docs/recipes.md names files that exist, and counts them right."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/recipes.md").read_text("utf-8")
_SOURCES = {
    "oa_api": "services/api/src",
    "oa_dispatcher": "services/dispatcher/src",
    "oa_task": "services/task/src",
    "oa_shared": "shared/src",
    "oa_local": "local/src",
    "oa_tools": "tools",
}
_FILE = re.compile(r"(?:[\w<>.-]+/)*[\w<>.-]+\.(?:py|sql|md|tf|hcl|html|toml|yml)\b")
RECIPES = {part.partition("\n")[0]: part.partition("\n")[2] for part in PAGE.split("\n## ")[1:]}
SUMMARY = re.findall(r"^\| \[([^\]]+)\]\(#([\w-]+)\) \| [^|]+ \| (\d+) \| (\d+) \|$", PAGE, re.MULTILINE)


def _files_of(recipe: str) -> list[str]:
    """Return the first column of a recipe's table."""
    return re.findall(r"^\| `([^`]+)` \|", recipe, re.MULTILINE)


def _named_files() -> list[str]:
    """Return every file that the page names, in tables, text and commands."""
    spans = re.findall(r"`([^`]+)`", PAGE)
    return sorted({name for span in spans for name in _FILE.findall(span) if "/" in name or name == "CHANGELOG.md"})


def _matches(name: str) -> list[Path]:
    """Return the files that a name stands for: names in angle brackets and new migrations match any."""
    source = _SOURCES.get(name.split("/", maxsplit=1)[0])
    pattern = re.sub(r"<\w+>", "*", name).replace("NNNN_verb_noun", "*")
    return list((ROOT / source if source else ROOT).glob(pattern))


def _unit(file: str) -> str | None:
    """Return the room or package of a file; None for tests, documents and the deployment."""
    parts = file.split("/")
    if parts[0] not in _SOURCES or parts[0] == "oa_tools":
        return None
    if parts[0] != "oa_api" or parts[1] in {"settings.py", "routes.py"}:
        return parts[0]
    return f"oa_api.{parts[2] if parts[1] == 'templates' else parts[1]}"


def test_page_names_files() -> None:
    assert len(_named_files()) > 50


@pytest.mark.parametrize("name", _named_files())
def test_named_file_exists(name: str) -> None:
    assert _matches(name)


def test_summary_lists_every_recipe() -> None:
    assert [title for title, *_ in SUMMARY] == list(RECIPES)
    assert [anchor for _, anchor, *_ in SUMMARY] == [title.lower().replace(" ", "-") for title in RECIPES]


@pytest.mark.parametrize(("title", "files", "units"), [(row[0], row[2], row[3]) for row in SUMMARY])
def test_summary_counts_files_and_rooms(title: str, files: str, units: str) -> None:
    listed = _files_of(RECIPES[title])
    assert len(listed) == len(set(listed))
    assert len(listed) == int(files)
    assert len({_unit(file) for file in listed} - {None}) == int(units)


@pytest.mark.parametrize("title", RECIPES)
def test_recipe_has_a_command_that_checks_it(title: str) -> None:
    assert re.search(r"Check:\s+`(pytest|make) ", RECIPES[title])
