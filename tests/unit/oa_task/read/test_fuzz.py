"""The readers either read a damaged file or fail with a code."""

from fuzz.readers import run


def test_readers_random_and_mutated_files_succeed_or_fail_with_a_code() -> None:
    read, counted = run(300)
    assert read >= 300
    assert counted > 0
