"""Text read ahead from a stream, by block or by line, with bounded memory."""

from collections.abc import Iterator

from oa_task.runtime.failure import TaskFailure

MAX_LINE_BYTES = 16 * 1024 * 1024


class TextBuffer:
    """UTF-8 text with LF line ends; `consumed` counts the bytes consumed from its front."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._data = b""
        self._front = 0
        self._is_exhausted = False
        self.consumed = 0

    def peek(self, size: int) -> bytes:
        """Return about `size` bytes from the front up to the end of a line, or all remaining text."""
        self._fill(size)
        end = self._line_end(min(size, len(self._data) - self._front))
        return self._data[self._front : self._front + end]

    def consume(self, size: int) -> None:
        """Drop bytes from the front."""
        self._front += size
        self.consumed += size

    def line(self) -> bytes:
        """Consume and return a line with its line end, empty at the end of the text.

        Raises TaskFailure source.format for a line of more than 16 MiB.
        """
        end = self._line_end(0)
        line = self._data[self._front : self._front + end]
        self.consume(end)
        return line

    def _line_end(self, ahead: int) -> int:
        """Return the distance from the front to the end of the line that includes the position `ahead`."""
        searched = ahead
        while True:
            line_feed = self._data.find(b"\n", self._front + searched)
            if line_feed >= 0:
                return line_feed + 1 - self._front
            searched = len(self._data) - self._front
            self._refuse_long_line(ahead, searched)
            if not self._fill(searched + 1):
                return searched

    def _refuse_long_line(self, ahead: int, end: int) -> None:
        start = max(self._data.rfind(b"\n", self._front, self._front + ahead) + 1 - self._front, 0)
        if end - start > MAX_LINE_BYTES:
            text = f"the line at byte {self.consumed + start:,} is longer than {MAX_LINE_BYTES:,} bytes"
            raise TaskFailure("source.format", text)

    def _fill(self, size: int) -> bool:
        """Read until at least `size` bytes are held; return False if the text has fewer."""
        parts = [self._data[self._front :]] if len(self._data) - self._front < size else []
        held = len(parts[0]) if parts else size
        while held < size and not self._is_exhausted:
            piece = next(self._pieces, None)
            self._is_exhausted = piece is None
            parts.append(piece or b"")
            held += len(parts[-1])
        if parts:
            self._data, self._front = b"".join(parts), 0
        return held >= size
