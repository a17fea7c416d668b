"""What `oa init` writes: a line for each guess, the definition, and nothing half done."""

import errno
import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from oa_task.commands import init as init_module
from oa_task.commands.author_commands import init
from oa_task.proposal.guesses import DefinitionGuess
from oa_task.runtime.failure import TaskFailure

_ROWS = [f'"{100 + n} Oak Avenue Apt {n % 3}, Springfield",-89.{n + 10},39.8' for n in range(30)]
_TABLE = "\n".join(["Full Address,lon,lat", *_ROWS])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("A", "A"),
        (["A", "B"], "A + B"),
        ({"function": "prefixed_number", "field": "A"}, "prefixed_number(A)"),
        (
            {
                "function": "chain",
                "variable": "x",
                "functions": [{"function": "regexp", "field": "A"}, {"function": "postfixed_street", "field": "oa:x"}],
            },
            "regexp(A) → postfixed_street(oa:x)",
        ),
        ({"country": "us"}, '{"country": "us"}'),
        (-1, "-1"),
    ],
)
def test_every_form_of_a_guess_has_a_short_description(value: object, text: str) -> None:
    assert DefinitionGuess("street", value, 1.0, "").value_text == text


def test_proposal_of_full_addresses_is_printed_with_its_guesses(tmp_path: Path) -> None:
    raw = tmp_path / "a.csv"
    raw.write_text(_TABLE)
    done = CliRunner().invoke(init, [str(raw)])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["layers"]["addresses"][0]["conform"]["street"]["function"] == "chain"
    assert "postfixed_street" in done.stderr


@pytest.mark.parametrize("text", ["sftp://example.org/a.zip", "www.example.org/a.zip", "s3:a"])
def test_text_like_a_url_is_refused_with_the_schemes_to_use(text: str) -> None:
    done = CliRunner().invoke(init, [text])
    assert done.exit_code == 2
    assert "https://, http:// or ftp://" in done.stderr


def test_folder_that_does_not_exist_is_refused_before_the_download(tmp_path: Path) -> None:
    done = CliRunner().invoke(init, ["https://example.org/a.zip", "--out", str(tmp_path / "none" / "a.json")])
    assert done.exit_code == 2
    assert "does not exist" in done.stderr


@pytest.mark.parametrize(("number", "kind"), [(errno.ENOSPC, TaskFailure), (errno.EACCES, click.BadParameter)])
def test_definition_that_cannot_be_written_leaves_no_part(
    number: int, kind: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "a.json"

    def fail(_path: Path, text: str, encoding: str) -> int:
        with target.open("w", encoding=encoding) as file:
            file.write(text[:1] if number == errno.ENOSPC else "")
        raise OSError(number, "no")

    monkeypatch.setattr(Path, "write_text", fail)
    with pytest.raises(kind, match="cannot write"):
        init_module._write(target, "{}\n")
    assert not target.exists() or number != errno.ENOSPC
