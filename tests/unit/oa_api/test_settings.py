from dataclasses import fields

import pytest

from oa_api.commands.account import AccountSettings
from oa_api.commands.call import CallSettings
from oa_api.settings import MigrationSettings, Settings


@pytest.mark.parametrize("cls", [Settings, MigrationSettings, AccountSettings, CallSettings])
def test_every_setting_has_a_help_text(cls: type) -> None:
    assert [field.name for field in fields(cls) if not field.metadata.get("help")] == []
