"""Dead letters in the deployed system: sent, listed, redriven and discarded with `oa queue`, shown on pages."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from oa_local.aws_client import client
from oa_tools.deployment.system import DeployedSystem, DeployedSystemError

_TIMEOUT_S = 60.0
# The API remembers a measurement for some seconds.
_MEASURED_WITHIN_S = 15.0
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
    deadline = time.monotonic() + _TIMEOUT_S
    while True:
        system.check_processes()
        letters: list[Any] = _oa(system, "show", queue)
        if len(letters) == number:
            return letters
        if time.monotonic() > deadline:
            raise DeployedSystemError(f"{queue} has {len(letters)} dead letters after {_TIMEOUT_S:g} s, not {number}")
        time.sleep(1)


def _check_views(system: DeployedSystem, queue: str, letters: list[Any]) -> None:
    """Compare the counts and the pages with the dead letters. Raises DeployedSystemError."""
    counts = {each["name"]: each["dead"] for each in _oa(system, "list")}
    if counts[queue] != len(letters):
        raise DeployedSystemError(f"`oa queue list` counts {counts[queue]} dead letters of {queue}")
    page = _read(system, f"/dead-letters?queue={queue}")
    if not all(letter["id"] in page for letter in letters):
        raise DeployedSystemError(f"the page /dead-letters shows no dead letters of {queue}")
    deadline = time.monotonic() + _MEASURED_WITHIN_S
    while (lines := _metric_lines(system, queue)) and float(lines[-1].split()[-1]) != len(letters):
        if time.monotonic() > deadline:
            raise DeployedSystemError(f"the metrics do not count the dead letters of {queue}: {lines}")
        time.sleep(1)
    if not lines:
        raise DeployedSystemError(f"the metrics have no dead letters of {queue}")


def _metric_lines(system: DeployedSystem, queue: str) -> list[str]:
    return [line for line in _read(system, "/metrics").splitlines() if _METRIC in line and f'"{queue}"' in line]


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
