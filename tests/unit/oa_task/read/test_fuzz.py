"""The readers refuse what they cannot read, and nothing else happens."""

from fuzz.readers import run


def test_readers_of_random_and_mutated_files_end_with_a_failure_or_well() -> None:
    assert run(300) >= 300
