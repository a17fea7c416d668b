"""Settings are read from the environment, with all problems reported at once and without values."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from oa_shared.settings import SettingsError, read_settings


@dataclass(frozen=True)
class Example:
    stack: str
    port: int
    shared_secret: str = field(default="", repr=False)
    relay: bool = True
    allowed_hosts: tuple[str, ...] = ()
    queues: Mapping[str, str] = field(default_factory=dict)
    note: str | None = None


def test_read_settings_complete_environment_is_typed() -> None:
    environ = {
        "OA_STACK": "x",
        "OA_PORT": "80",
        "OA_RELAY": "off",
        "OA_ALLOWED_HOSTS": "a, b",
        "OA_QUEUES": '{"k": "v"}',
    }
    assert read_settings(Example, environ) == Example(
        stack="x", port=80, relay=False, allowed_hosts=("a", "b"), queues={"k": "v"}
    )


def test_read_settings_reports_all_problems_at_once_without_values() -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(Example, {"OA_PORT": "hunter2", "OA_RELAY": "perhaps", "OA_QUEUES": "[]"})
    text = str(caught.value)
    assert all(name in text for name in ("OA_STACK", "OA_PORT", "OA_RELAY", "OA_QUEUES"))
    assert "hunter2" not in text
