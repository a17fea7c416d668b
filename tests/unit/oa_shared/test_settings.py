"""Settings are read from the environment, with all problems reported at once and without values."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

import pytest

from oa_api.settings import Settings
from oa_dispatcher.settings import DispatcherSettings
from oa_shared.settings import SettingsError, read_settings
from oa_task.job.settings import JobSettings

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@dataclass(frozen=True)
class Example:
    stack: str
    port: int
    shared_secret: str = field(default="", repr=False)
    relay: bool = True
    allowed_hosts: tuple[str, ...] = ()
    queues: Mapping[str, str] = field(default_factory=dict)
    note: str | None = None
    timeout_s: float = field(default=90, metadata={"minimum": 60})


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


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("OA_PORT", "-1"),
        ("OA_TIMEOUT_S", "59"),
        ("OA_TIMEOUT_S", "nan"),
        ("OA_TIMEOUT_S", "inf"),
        ("OA_TIMEOUT_S", "-inf"),
    ],
)
def test_read_settings_number_below_its_minimum_is_refused(variable: str, text: str) -> None:
    with pytest.raises(SettingsError, match=rf"{variable}: expected a number of at least \d+"):
        read_settings(Example, {"OA_STACK": "x", "OA_PORT": "80", variable: text})


@pytest.mark.parametrize("settings", [Settings, JobSettings, DispatcherSettings])
def test_default_of_each_setting_is_within_its_limits(settings: "type[DataclassInstance]") -> None:
    numbers = [item for item in fields(settings) if isinstance(item.default, int | float)]
    assert numbers
    assert [item.name for item in numbers if item.default < item.metadata.get("minimum", 0)] == []
