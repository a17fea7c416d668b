"""`oa help`."""

import click

from oa_cli.runner import EXIT_STATUSES

_TOPIC = "exit-status"


@click.command("help")
@click.argument("topic", nargs=-1)
@click.pass_context
def help_command(context: click.Context, topic: tuple[str, ...]) -> None:
    """Show help for a command, or for exit-status."""
    if topic == (_TOPIC,):
        click.echo("Exit statuses of oa:\n")
        for status, description in EXIT_STATUSES.items():
            click.echo(f"  {status:6} {description}")
        return
    parent = context.find_root()
    command = parent.command
    for word in topic:
        found = command.get_command(parent, word) if isinstance(command, click.Group) else None
        if found is None:
            raise click.UsageError(f"no help for {' '.join(topic)!r}: use a command or {_TOPIC}")
        parent, command = click.Context(found, info_name=word, parent=parent), found
    click.echo(command.get_help(parent))
