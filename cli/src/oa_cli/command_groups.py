"""The groups of commands in the help of `oa`, and the examples at the end of the help of each command."""

from collections.abc import Mapping

import click

from oa_shared.command_ending import end_quietly

UNWRITABLE = 8
"""The exit status when the output cannot be written."""

GROUPS: Mapping[str, tuple[str, ...]] = {
    "Write a source": ("init", "check", "try", "explain", "diff", "upload"),
    "Run sources": ("submit", "run", "job", "failures", "ack", "bulk", "events", "health", "shadow"),
    "Get data": ("data", "export", "collection", "fabric", "plan", "build", "webhook"),
    "Operate": ("status", "pause", "resume", "queue", "schedule", "cleanup"),
    "Accounts": ("profile", "token", "account"),
    "Help": ("help",),
}

EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "submit": ("submit sources/us/ca/berkeley.json --follow", "submit https://github.com/o/r/blob/main/a.json --live"),
    "run list": ("run list --status Fail --limit 10",),
    "run show": ("run show 12 --status Fail,Warn",),
    "run watch": ("run watch 12",),
    "job list": ("job list --source us/ca/ --status Fail", "job list --error upstream --json"),
    "job show": ("job show 345",),
    "job log": ("job log 345",),
    "job rerun": ("job rerun 345",),
    "job cancel": ("job cancel 345",),
    "job confirm": ("job confirm 345",),
    "job reject": ("job reject 345",),
    "failures": ("failures --by host --days 14",),
    "ack list": ("ack list us/ca/berkeley",),
    "ack add": ('ack add us/ca/berkeley source.not_found --note "the county moves its server" --until 2026-12-31',),
    "ack end": ('ack end 4 --reason "the server is back"',),
    "bulk rerun": ('bulk rerun --status Fail --reason "the data is fixed" --wait',),
    "bulk cancel": ('bulk cancel --run 12 --reason "wrong branch"',),
    "bulk confirm": ('bulk confirm --run 12 --reason "reviewed"',),
    "bulk reject": ('bulk reject --run 12 --reason "wrong place"',),
    "bulk list": ("bulk list",),
    "bulk show": ("bulk show 7",),
    "events": ("events --run 12 --follow", "events --kind data.published --json"),
    "health": ("health --state failing --prefix us/ca/",),
    "data list": ("data list --source us/ca/ --newest", "data list --point -122.27,37.87"),
    "data show": ("data show 12",),
    "data history": ("data history 12",),
    "data get": (
        "data get us/ca/berkeley addresses city",
        "data get us/ca/berkeley addresses city source.csv.gz",
        "data get us/ca/berkeley addresses city definition.json --out berkeley.json",
    ),
    "data retire": ('data retire 12 --reason "replaced by the data of the state"',),
    "data delete": ('data delete 12 --reason "the license forbids it" --yes',),
    "data restore": ('data restore 12 --reason "the county agreed"',),
    "data attribution": ("data attribution --source us/ca/",),
    "data licenses": ("data licenses",),
    "upload": ("upload addresses.zip",),
    "status": ("status",),
    "pause": ("pause", 'pause host example.org --reason "asked to wait" --hours 24'),
    "resume": ('resume 3 --reason "the server is back"',),
    "collection list": ("collection list",),
    "collection show": ("collection show 2",),
    "collection create": ('collection create us-ca --display-name California --source "us/ca/**" --format parquet',),
    "collection build": ("collection build 2 --follow",),
    "collection delete": ("collection delete 2",),
    "export create": ('export create --source "us/ca/**" --layer addresses --format gpkg --follow',),
    "export list": ("export list --status Success",),
    "export show": ("export show 5",),
    "export get": ("export get 5 --follow --out exports",),
    "fabric show": ("fabric show",),
    "fabric build": ("fabric build --force",),
    "queue list": ("queue list",),
    "queue show": ("queue show jobs --limit 10",),
    "queue redrive": ('queue redrive results --all --reason "the database is back"',),
    "queue discard": ('queue discard jobs --job 345 --reason "deleted source"',),
    "profile": ("profile",),
    "token create": ("token create laptop --role author --days 90",),
    "token list": ("token list",),
    "token revoke": ("token revoke 4",),
    "account list": ("account list",),
    "account add": ("account add ada --role author --email ada@example.org",),
    "account change": ("account change 6 --role moderator",),
    "account disable": ("account disable 6",),
    "account enable": ("account enable 6",),
    "webhook list": ("webhook list",),
    "webhook add": ("webhook add https://example.org/hook --source us/ca/",),
    "webhook change": ("webhook change 1 --new-secret",),
    "webhook remove": ("webhook remove 1",),
    "webhook ping": ("webhook ping 1",),
    "webhook deliveries": ("webhook deliveries 1 --state failed",),
    "schedule list": ("schedule list --type sources",),
    "schedule trigger": ("schedule trigger sources --period 2026-W48",),
    "cleanup": ("cleanup --dry-run",),
    "shadow": ("shadow --theirs https://batch.openaddresses.io --source us/ca/ --report shadow.html",),
    "help": ("help job list", "help exit-status"),
}


class GroupedCommands(click.Group):
    """A group whose help lists its commands below headings, and whose programs end as shells expect it."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: object
    ) -> click.Context:
        """Return the context; it prints the help of the program, whose reader may leave."""
        with end_quietly(unwritable=UNWRITABLE):
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command, and end as shells expect it."""
        with end_quietly(unwritable=UNWRITABLE):
            try:
                return super().invoke(ctx)
            except click.Abort as abort:  # a prompt turns Ctrl-C into this
                raise KeyboardInterrupt from abort

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands of each heading, those without one at the end."""
        listed = {name for names in GROUPS.values() for name in names}
        others = tuple(name for name in self.list_commands(ctx) if name not in listed)
        width = formatter.width
        for heading, names in {**GROUPS, "Other": others}.items():
            commands = [(name, command) for name in names if (command := self.get_command(ctx, name)) is not None]
            if commands:
                with formatter.section(heading):
                    formatter.write_dl([(name, command.get_short_help_str(width)) for name, command in commands])


def add_examples(group: click.Group) -> None:
    """Put the examples of each command at the end of its help."""
    for name, lines in EXAMPLES.items():
        command: click.Command = group
        for word in name.split():
            found = command.commands[word] if isinstance(command, click.Group) else None
            if found is None:
                raise KeyError(name)
            command = found
        listed = "\n".join(f"  oa {line}" for line in lines)
        command.epilog = f"\b\nExamples:\n{listed}"
