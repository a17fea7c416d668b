"""The readers either read a damaged file or fail with a code; no damaged geometry is lost."""

from fuzz import geometries, readers


def test_readers_random_and_mutated_files_succeed_or_fail_with_a_code() -> None:
    read, counted = readers.run(300)
    assert read >= 300
    assert counted > 0


def test_geometries_mutated_are_shapes_or_bad_rows() -> None:
    outcomes = geometries.run(300)
    assert outcomes.inputs >= 300
    assert 0 < outcomes.unusable < outcomes.inputs
