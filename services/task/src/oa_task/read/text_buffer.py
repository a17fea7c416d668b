"""Text read ahead from a stream, in blocks and in lines, with bounded memory."""

from collections.abc import Iterator

from oa_task.runtime.failure import TaskFailure

MAX_LINE_BYTES = 16 * 1024 * 1024


class TextBuffer:
    """UTF-8 text with LF line ends; `taken` counts the bytes that were taken off its front."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._data = b""
        self._front = 0
        self._is_whole = False
        self.taken = 0

    def peek(self, size: int) -> bytes:
        """Return about `size` bytes from the front to the end of a line, or all that is left."""
        self._fill(size)
        end = self._line_end(min(size, len(self._data) - self._front))
        return self._data[self._front : self._front + end]

    def take(self, size: int) -> None:
        """Drop bytes from the front."""
        self._front += size
        self.taken += size

    def line(self) -> bytes:
        """Take and return a line with its end, nothing when there are no more. Raises TaskFailure source.format."""
        end = self._line_end(0)
        line = self._data[self._front : self._front + end]
        self.take(end)
        return line

    def _line_end(self, ahead: int) -> int:
        """Return how far from the front the line ends that goes on `ahead` bytes from there."""
        searched = ahead
        while True:
            found = self._data.find(b"\n", self._front + searched)
            if found >= 0:
                return found + 1 - self._front
            searched = len(self._data) - self._front
            self._refuse_endless_line(ahead, searched)
            if not self._fill(searched + 1):
                return searched

    def _refuse_endless_line(self, ahead: int, end: int) -> None:
        start = max(self._data.rfind(b"\n", self._front, self._front + ahead) + 1 - self._front, 0)
        if end - start > MAX_LINE_BYTES:
            text = f"the line at byte {self.taken + start:,} is longer than {MAX_LINE_BYTES:,} bytes"
            raise TaskFailure("source.format", text)

    def _fill(self, size: int) -> bool:
        """Hold at least `size` bytes; tell whether there are so many."""
        parts = [self._data[self._front :]] if len(self._data) - self._front < size else []
        held = len(parts[0]) if parts else size
        while held < size and not self._is_whole:
            piece = next(self._pieces, None)
            self._is_whole = piece is None
            parts.append(piece or b"")
            held += len(parts[-1])
        if parts:
            self._data, self._front = b"".join(parts), 0
        return held >= size
