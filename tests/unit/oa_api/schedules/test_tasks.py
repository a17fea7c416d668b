"""Each type of schedule has a task."""

from typing import cast

from oa_api.db.database import Database
from oa_api.definitions.examiner import Examiner
from oa_api.schedules.tasks import scheduled_tasks
from oa_api.settings import Settings
from oa_shared.schedule_types import ScheduleType
from oa_shared.storage import Storage

_SETTINGS = Settings(database_url="", shared_secret="", bucket="", jobs_queue_url="", results_queue_url="")


def test_scheduled_tasks_have_every_type() -> None:
    tasks = scheduled_tasks(_SETTINGS, cast("Database", None), cast("Storage", None), Examiner())
    assert set(tasks) == set(ScheduleType)
