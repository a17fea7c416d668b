import pytest

from oa_api.commands.account import AccountSettings
from oa_api.commands.call import CallSettings
from oa_api.settings import MigrationSettings, Settings
from oa_shared.settings import describe_settings


@pytest.mark.parametrize("cls", [Settings, MigrationSettings, AccountSettings, CallSettings])
def test_every_setting_has_a_help_text(cls: type[object]) -> None:
    assert [description.variable for description in describe_settings(cls) if not description.help] == []
