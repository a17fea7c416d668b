"""The figures of the code base stay where they are; `figures.py` prints them."""

import re

import pytest

from support.house_figures import (
    ROOT,
    bare_participles,
    duplicate_classes,
    largest_cycle,
    lines_of_code,
    loose_modules,
    modules,
    uses_of_any,
)

# The only modules outside the rooms of the API: composition, and what every room may import.
TOP_OF_THE_API = {"app.py", "mail.py", "main.py", "metrics.py", "routes.py", "settings.py", "startup.py", "workers.py"}
ANY_PER_1000_LINES = 5


def test_no_function_is_named_by_a_bare_participle() -> None:
    assert bare_participles() == []


def test_class_names_are_unique() -> None:
    assert duplicate_classes() == []


def test_any_is_rare() -> None:
    assert 1000 * len(uses_of_any()) / lines_of_code() < ANY_PER_1000_LINES


def test_rows_of_the_database_are_objects_outside_db() -> None:
    untyped = re.compile(r"^Row = dict|\bimport .*\bRow\b", re.MULTILINE)
    places = [
        str(path)
        for path, _ in modules()
        if "oa_api" in path.parts
        and "db" not in path.parts
        and untyped.search((ROOT / path).read_text(encoding="utf-8"))
    ]
    assert places == []


def test_no_other_module_is_outside_a_room() -> None:
    assert set(loose_modules()) == TOP_OF_THE_API


@pytest.mark.parametrize("package", ["oa_api", "oa_task", "oa_cli", "oa_shared", "oa_dispatcher"])
def test_packages_import_each_other_in_one_direction(package: str) -> None:
    assert len(largest_cycle(package)) <= 1
