"""`oa`: everything that a person does, through the API."""

import click

from oa_cli.commands.account import account
from oa_cli.commands.bulk import bulk
from oa_cli.commands.cleanup import cleanup
from oa_cli.commands.collection import collection
from oa_cli.commands.data import data
from oa_cli.commands.engine import engine_commands
from oa_cli.commands.events import events
from oa_cli.commands.export import export
from oa_cli.commands.fabric import fabric
from oa_cli.commands.failures import failures
from oa_cli.commands.health import health
from oa_cli.commands.job import job
from oa_cli.commands.pause import pause, resume
from oa_cli.commands.profile import profile
from oa_cli.commands.queue import queue
from oa_cli.commands.run import run
from oa_cli.commands.schedule import schedule
from oa_cli.commands.submit import submit
from oa_cli.commands.token import token
from oa_cli.commands.upload import upload
from oa_cli.commands.webhook import webhook
from oa_cli.runner import EXIT_STATUSES


@click.group(epilog=EXIT_STATUSES)
@click.version_option(package_name="oa-cli")
def main() -> None:
    """OpenAddresses Batch from the command line.

    The API is that of OA_API_URL, or of the stack that `make up` runs in this folder. OA_TOKEN says who you are;
    services have OA_SHARED_SECRET instead. check, try, explain, diff, plan and build need the engine
    and no API.
    """


for command in (
    submit,
    run,
    job,
    failures,
    bulk,
    events,
    pause,
    resume,
    data,
    collection,
    export,
    fabric,
    queue,
    profile,
    token,
    account,
    webhook,
    schedule,
    health,
    cleanup,
    upload,
    *engine_commands(),
):
    main.add_command(command)
