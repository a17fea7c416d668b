"""The text of a GeoJSON file, read ahead as far as a value needs."""

from collections.abc import Iterator

# White space, byte order marks inside the text, NUL as padding.
_BLANKS = b" \t\r\n\0\xef\xbb\xbf"


class JsonText:
    """Text from its front on; `held` is the part read so far, and starts at the byte `offset` of the text."""

    def __init__(self, pieces: Iterator[bytes], held: bytes = b"") -> None:
        self._pieces = pieces
        self.held = held
        self.offset = 0
        self.is_exhausted = False

    def fill(self, size: int) -> None:
        """Read until at least `size` bytes are held, or all of the text."""
        parts, length = [self.held], len(self.held)
        while length < size and not self.is_exhausted:
            piece = next(self._pieces, None)
            self.is_exhausted = piece is None
            parts.append(piece or b"")
            length += len(parts[-1])
        self.held = b"".join(parts)

    def consume(self, size: int) -> None:
        """Drop bytes from the front."""
        self.held = self.held[size:]
        self.offset += size

    def skip_blanks(self) -> bool:
        """Drop blanks from the front; return whether any text follows."""
        while True:
            self.consume(len(self.held) - len(self.held.lstrip(_BLANKS)))
            if self.held or self.is_exhausted:
                return bool(self.held)
            self.fill(1)

    def rest(self) -> Iterator[bytes]:
        """Yield the pieces that are not held yet."""
        yield from self._pieces
        self.is_exhausted = True
