"""No row of a damaged layer is missing without a failure, a bad row or a warning."""

from fuzz.damage import run


def test_readers_layers_damaged_at_random_lose_no_row_without_a_word() -> None:
    assert run(100) >= 100
