"""`oa`: everything that a person does, through the API."""

import click

from oa_cli.commands.job import job
from oa_cli.commands.queue import queue
from oa_cli.commands.run import run
from oa_cli.commands.submit import submit
from oa_cli.session import EXIT_STATUSES


@click.group(epilog=EXIT_STATUSES)
@click.version_option(package_name="oa-cli")
def main() -> None:
    """OpenAddresses Batch from the command line.

    The API is that of OA_API_URL and OA_SHARED_SECRET, or of the stack that `make up` runs in this folder.
    """


for command in (submit, run, job, queue):
    main.add_command(command)
