from contextlib import nullcontext
from dataclasses import MISSING, fields

import pytest

from oa_api.commands.account import AccountSettings
from oa_api.commands.call import CallSettings
from oa_api.settings import MigrationSettings, Settings, check_connections
from oa_shared.settings import SettingsError, read_settings, variable_of


@pytest.mark.parametrize("cls", [Settings, MigrationSettings, AccountSettings, CallSettings])
def test_every_setting_has_a_help_text(cls: type) -> None:
    assert [field.name for field in fields(cls) if not field.metadata.get("help")] == []


@pytest.mark.parametrize(("connections", "is_enough"), [(2, False), (3, True)])
def test_pool_in_which_workers_would_wait_for_each_other_is_refused(connections: int, *, is_enough: bool) -> None:
    required = [field for field in fields(Settings) if field.default is MISSING and field.default_factory is MISSING]
    environ = {variable_of(field): "x" for field in required} | {"OA_DATABASE_CONNECTIONS": str(connections)}
    with nullcontext() if is_enough else pytest.raises(SettingsError, match="OA_DATABASE_CONNECTIONS"):
        check_connections(read_settings(Settings, environ))
