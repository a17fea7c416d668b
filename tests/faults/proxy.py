"""A TCP proxy in front of Postgres: it leads to another server, freezes, or cuts a commit from its answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

_CHUNK = 65_536
_COMMIT = b"COMMIT"


@dataclass
class Proxy:
    """Forwards bytes to `target`, a port of loopback; `cuts` counts the commits whose answer was cut off."""

    target: int
    port: int = 0
    cuts_commits: bool = False
    cuts: int = 0
    is_open: asyncio.Event = field(default_factory=asyncio.Event)
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    def freeze(self) -> None:
        """Forward nothing until `thaw`; connections stay open."""
        self.is_open.clear()

    def thaw(self) -> None:
        """Forward again."""
        self.is_open.set()

    def cut(self) -> None:
        """End all connections."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def close(self) -> None:
        """End all connections, and wait for that."""
        self.cut()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=5)

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a connection."""
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.close()
            return
        self._writers |= {writer, server_writer}
        try:
            commit_sent = asyncio.Event()
            await asyncio.gather(
                self._forward(reader, server_writer, commit_sent),
                self._return(server_reader, writer, commit_sent),
            )
        except OSError:
            return
        finally:
            self._writers -= {writer, server_writer}
            for each in (writer, server_writer):
                each.transport.abort()

    async def _forward(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, commit_sent: asyncio.Event
    ) -> None:
        while data := await reader.read(_CHUNK):
            await self.is_open.wait()
            if self.cuts_commits and _COMMIT in data:
                self.cuts += 1
                commit_sent.set()
            writer.write(data)
            await writer.drain()
        raise ConnectionResetError

    async def _return(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, commit_sent: asyncio.Event
    ) -> None:
        while data := await reader.read(_CHUNK):
            await self.is_open.wait()
            if commit_sent.is_set():
                break  # the server has committed, and its answer finds no connection
            writer.write(data)
            await writer.drain()
        raise ConnectionResetError


@asynccontextmanager
async def proxy_to(target: int) -> AsyncIterator[Proxy]:
    """Listen on a free port of loopback until the end of the block."""
    proxy = Proxy(target)
    proxy.thaw()
    server = await asyncio.start_server(proxy.accept, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        proxy.thaw()
        await proxy.close()
