"""Dead letters in the deployed system: sent, listed, redriven and discarded with `oa queue`, shown on pages."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from oa_local.aws_client import client
from oa_tools.deployment.flow_steps import wait_until
from oa_tools.deployment.system import DeployedSystem, DeployedSystemError

_WITHIN_S, _MEASURED_WITHIN_S = 60.0, 15.0
_REASON = ("--reason", "check of the deployment")
# Who sends to each queue.
_SENDERS = {"jobs": "api", "results": "task"}
_METRIC = "oa_dead_letters{"


def handle_dead_letters(system: DeployedSystem) -> str:
    """Make dead letters on both queues; list, count and redrive them, then discard them."""
    for queue, sender in _SENDERS.items():
        for text in ("first", "second"):
            _send(system, queue, sender, f"not a message: {text}")
        letters = _wait_for_dead_letters(system, queue, 2)
        _check_views(system, queue, letters)
        redriven = _oa(system, "redrive", queue, letters[0]["id"], *_REASON)
        if redriven["redriven"] != 1:
            raise DeployedSystemError(f"not redriven: {json.dumps(redriven)}")
        # Its consumer cannot read it this time either.
        letters = _wait_for_dead_letters(system, queue, 2)
        discarded = _oa(system, "discard", queue, *[letter["id"] for letter in letters], *_REASON)
        if discarded["discarded"] != len(letters):
            raise DeployedSystemError(f"not discarded: {json.dumps(discarded)}")
        _wait_for_dead_letters(system, queue, 0)
    return f"{' and '.join(_SENDERS)}: 2 dead letters each listed, counted, one redriven, all discarded"


def _send(system: DeployedSystem, queue: str, sender: str, body: str) -> None:
    sqs = client("sqs", system.credentials(sender))
    sqs.send_message(QueueUrl=system.outputs["queue_urls"][queue]["queue"], MessageBody=body)


def _wait_for_dead_letters(system: DeployedSystem, queue: str, number: int) -> list[Any]:
    """Return the dead letters of a queue once their number is the expected one."""
    name = f"the wait for {number} dead letters of {queue}"
    letters: list[Any] = wait_until(
        system, name, lambda: _oa(system, "show", queue), lambda found: len(found) == number, within_s=_WITHIN_S
    )
    return letters


def _check_views(system: DeployedSystem, queue: str, letters: list[Any]) -> None:
    """Compare the counts and the pages with the dead letters. Raises DeployedSystemError."""
    counts = {each["name"]: each["dead"] for each in _oa(system, "list")}
    if counts[queue] != len(letters):
        raise DeployedSystemError(f"`oa queue list` counts {counts[queue]} dead letters of {queue}")
    page = _read(system, f"/dead-letters?queue={queue}")
    if not all(letter["id"] in page for letter in letters):
        raise DeployedSystemError(f"the page /dead-letters shows no dead letters of {queue}")
    # The API remembers a measurement for some seconds.
    wait_until(
        system,
        f"the wait for {len(letters)} dead letters of {queue} in the metrics",
        lambda: _read_metric(system, queue),
        lambda count: count == len(letters),
        within_s=_MEASURED_WITHIN_S,
    )


def _read_metric(system: DeployedSystem, queue: str) -> float | None:
    """Return the number of dead letters of a queue in the metrics; None without one."""
    lines = [line for line in _read(system, "/metrics").splitlines() if _METRIC in line and f'"{queue}"' in line]
    return float(lines[-1].split()[-1]) if lines else None


def _read(system: DeployedSystem, path: str) -> str:
    headers = {"secret": system.api().secret}
    with urlopen(Request(system.api_url + path, headers=headers), timeout=60) as answer:  # noqa: S310 - the deployed API
        text: str = answer.read().decode()
    return text


def _oa(system: DeployedSystem, action: str, *arguments: str) -> Any:
    """Return the JSON of `oa queue ACTION`. Raises DeployedSystemError with what it prints."""
    api = system.api()
    environ = {"PATH": os.environ["PATH"], "OA_API_URL": api.url, "OA_SHARED_SECRET": api.secret}
    command = [str(Path(sys.executable).with_name("oa")), "queue", action, *arguments, "--json"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=120)  # noqa: S603 - our own program
    if done.returncode != 0:
        raise DeployedSystemError(f"`oa queue {action}` fails: {done.stdout.strip()} {done.stderr.strip()}")
    return json.loads(done.stdout)
