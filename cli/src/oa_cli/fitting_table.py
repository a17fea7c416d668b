"""A table that never cuts a cell: where the terminal is too narrow for its columns, each row becomes a record."""

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

# The last column, such as a reason, wraps; narrower than this it would be a column of words.
_LAST_WIDTH = 24
_WIDEST = 1_000_000
_GAP = "  "


class FittingTable(Table):
    """A table of plain texts; only its last column wraps."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the table if it fits, else a record for each row."""
        if not self.row_count:
            # The title of a table without columns is as wide as the output, a file's included.
            yield Text(str(self.title or ""), style=self.title_style or "")
        elif self._fits(console, options):
            for column in self.columns[:-1]:
                column.no_wrap = True
            yield from super().__rich_console__(console, options)
        else:
            yield from self._records(options.max_width)

    def _fits(self, console: Console, options: ConsoleOptions) -> bool:
        full = Measurement.get(console, options.update(width=_WIDEST), self).maximum
        if full <= options.max_width:
            return True
        last = max(cell.cell_len for cell in self.columns[-1].cells if isinstance(cell, Text))
        return full - last + min(last, _LAST_WIDTH) <= options.max_width

    def _records(self, width: int) -> RenderResult:
        """Yield the title and the lines of each row: its cells with the names of their columns, the empty ones not."""
        if self.title:
            yield Text(str(self.title), style=self.title_style or "")
        names = [str(column.header) if self.show_header else "" for column in self.columns]
        for row in zip(*(column.cells for column in self.columns), strict=True):
            cells = ((name, cell) for name, cell in zip(names, row, strict=True) if isinstance(cell, Text))
            for place, line in enumerate(_pack([_label(*cell) for cell in cells if cell[1].plain], width - len(_GAP))):
                # Also what wraps is below the first line: no text begins where the next row or a message would.
                yield Padding(line, (0, 0, 0, len(_GAP)), expand=False) if place else line


def _label(name: str, cell: Text) -> Text:
    value = Text(" ".join(cell.plain.splitlines()), style=cell.style)
    return Text.assemble((f"{name} ", "dim"), value) if name else value


def _pack(parts: list[Text], width: int) -> list[Text]:
    """Return lines of the parts; a part goes to the next line rather than being broken, except one that is wider."""
    lines: list[Text] = []
    for part in parts:
        if lines and lines[-1].cell_len + len(_GAP) + part.cell_len <= width:
            lines[-1] = Text.assemble(lines[-1], _GAP, part, overflow="fold")
        else:
            lines.append(Text.assemble(part, overflow="fold"))
    return lines
