"""`oa data delete` never deletes unasked: without a terminal it requires --yes, on one it asks."""

import pytest
from click.testing import CliRunner

from oa_cli.main import main

DELETE = ["data", "delete", "12", "--reason", "asked"]


def test_delete_without_a_terminal_requires_yes() -> None:
    refused = CliRunner().invoke(main, DELETE)
    assert refused.exit_code == 2
    assert "dataset 12 and cannot be undone. Use --yes" in refused.output


def test_delete_on_a_terminal_asks_and_no_answer_sends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oa_cli.confirmation.is_interactive", lambda: True)
    monkeypatch.setattr("oa_cli.commands.data_state.run", lambda _work: pytest.fail("a request was sent"))
    asked = CliRunner().invoke(main, DELETE, input="n\n")
    assert "Continue" in asked.output
    assert asked.exit_code != 0


@pytest.mark.parametrize("command", ["retire", "delete", "restore"])
def test_each_change_of_a_dataset_requires_a_reason(command: str) -> None:
    refused = CliRunner().invoke(main, ["data", command, "12"])
    assert refused.exit_code == 2
    assert "--reason" in refused.output
