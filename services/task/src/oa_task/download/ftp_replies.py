"""Replies of an FTP server within limits of lines, bytes and time: a hostile one never ends its reply."""

import socket
import threading
import time

from oa_task.download.limits import DownloadLimits

_CHUNK_BYTES = 4096


class ReplyTooLongError(Exception):
    """A reply has more lines or bytes than allowed."""


class ReplyReader:
    """Reads the lines of a control connection; ftplib uses it in place of a text file.

    A reply must be complete within the time that a stalled connection may take.
    """

    def __init__(self, connection: socket.socket, limits: DownloadLimits, stop: threading.Event, encoding: str) -> None:
        self._connection = connection
        self._limits = limits
        self._stop = stop
        self._encoding = encoding
        self._buffer = bytearray()
        self.start_reply()

    def start_reply(self) -> None:
        """Begin to count the lines, bytes and seconds of a reply."""
        self._lines = self._bytes = 0
        self._deadline_s = time.monotonic() + self._limits.stall_s

    def readline(self, _size: int = -1) -> str:
        """Return a line with its end, "" at the end of the connection.

        Raises TimeoutError, ConnectionAbortedError after cancellation, ReplyTooLongError.
        """
        while b"\n" not in self._buffer:
            chunk = self._receive()
            self._buffer += chunk
            self._check(len(chunk), lines=0)
            if not chunk:
                break
        line, separator, rest = bytes(self._buffer).partition(b"\n")
        self._buffer = bytearray(rest)
        self._check(0, lines=1)
        return (line + separator).decode(self._encoding)

    def close(self) -> None:
        """Forget what was received."""
        self._buffer.clear()

    def _receive(self) -> bytes:
        left_s = self._deadline_s - time.monotonic()
        if self._stop.is_set():
            raise ConnectionAbortedError("the download was canceled")
        if left_s <= 0:
            raise TimeoutError("the reply did not end in time")
        self._connection.settimeout(left_s)
        try:
            return self._connection.recv(_CHUNK_BYTES)
        finally:
            self._connection.settimeout(self._limits.stall_s)

    def _check(self, count: int, *, lines: int) -> None:
        self._bytes += count
        self._lines += lines
        if self._bytes > self._limits.reply_bytes or self._lines > self._limits.reply_lines:
            raise ReplyTooLongError(
                f"the server sent a reply of more than {self._limits.reply_lines:,} lines or "
                f"{self._limits.reply_bytes:,} bytes"
            )
