"""`oa`, the command line of OpenAddresses Batch."""

import click

from oa_cli.command_groups import GroupedCommands, add_examples
from oa_cli.commands.account import account
from oa_cli.commands.acknowledgement import ack
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
from oa_cli.commands.help import help_command
from oa_cli.commands.job import job
from oa_cli.commands.pause import pause, resume
from oa_cli.commands.profile import profile
from oa_cli.commands.queue import queue
from oa_cli.commands.run import run
from oa_cli.commands.schedule import schedule
from oa_cli.commands.shadow import shadow
from oa_cli.commands.status import status
from oa_cli.commands.submit import submit
from oa_cli.commands.token import token
from oa_cli.commands.upload import upload
from oa_cli.commands.webhook import webhook


@click.group(cls=GroupedCommands, epilog="`oa help exit-status` lists the exit statuses.")
@click.version_option(package_name="oa-cli")
def main() -> None:
    """Run and publish OpenAddresses sources.

    OA_API_URL is the URL of the API; without it, oa uses the local stack of `make up` in this folder. Authenticate
    with OA_TOKEN (services use OA_SHARED_SECRET). init, check, try, explain, diff, plan and build need the engine, but
    no API.
    """


for command in (
    submit,
    run,
    job,
    failures,
    bulk,
    events,
    status,
    pause,
    ack,
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
    shadow,
    *engine_commands(),
    help_command,
):
    main.add_command(command)
add_examples(main)
