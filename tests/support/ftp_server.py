"""A simulated FTP server on loopback, with a switch for each fault of real servers."""

import asyncio
import contextlib
import ssl
from dataclasses import dataclass, field
from typing import Self

HOST = "127.0.0.1"


@dataclass
class FtpServer:
    """Files by path, and switches for the behavior. `cuts` lists the numbers of bytes after which transfers drop."""

    files: dict[str, bytes]
    user: str = "anonymous"
    password: str | None = None
    changed: str | None = "20240102030405"
    has_epsv: bool = True
    has_rest: bool = True
    has_size: bool = True
    passive_host: str = HOST
    claims_more: int = 0
    cuts: list[int] = field(default_factory=list)
    stalls: bool = False
    greeting: str = "220 ready"
    flood: bytes = b""
    drip_s: float = 0.0
    tls: ssl.SSLContext | None = None
    commands: list[str] = field(default_factory=list)
    port: int = 0
    _server: asyncio.Server | None = None
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._session, HOST, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def url(self, path: str, login: str = "", scheme: str = "ftp") -> str:
        """Return the URL of a file."""
        return f"{scheme}://{login}{'localhost' if scheme == 'ftps' else HOST}:{self.port}/{path}"

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
        session = _Session(self, reader, writer)
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            await session.run()
        await session.close()
        await _close(writer)


class _Session:
    def __init__(self, server: FtpServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._server = server
        self._reader = reader
        self._writer = writer
        self._start = 0
        self._user = ""
        self._is_secret = False
        self._data: asyncio.Server | None = None
        self._streams: asyncio.Queue[asyncio.StreamWriter] = asyncio.Queue()

    async def run(self) -> None:
        while self._server.flood:
            self._writer.write(self._server.flood)
            await self._writer.drain()
            await asyncio.sleep(self._server.drip_s)
        await self._reply(self._server.greeting)
        while line := await self._reader.readline():
            command, _, rest = line.decode("latin-1").rstrip("\r\n").partition(" ")
            self._server.commands.append(command if command == "PASS" else f"{command} {rest}".strip())
            handler = getattr(self, {"USER": "_user_"}.get(command, f"_{command.lower()}"), None)
            await (handler(rest) if handler else self._reply("502 not implemented"))

    async def close(self) -> None:
        if self._data is not None:
            self._data.close()
        while not self._streams.empty():
            await _close(self._streams.get_nowait())

    async def _reply(self, line: str) -> None:
        self._writer.write(line.encode() + b"\r\n")
        await self._writer.drain()

    async def _auth(self, _rest: str) -> None:
        if self._server.tls is None:
            await self._reply("502 no TLS here")
            return
        await self._reply("234 go on")
        await self._writer.start_tls(self._server.tls)

    async def _pbsz(self, _rest: str) -> None:
        await self._reply("200 ok")

    async def _prot(self, rest: str) -> None:
        self._is_secret = rest == "P"
        await self._reply("200 ok")

    async def _user_(self, name: str) -> None:
        self._user = name
        await self._reply("331 and the password?")

    async def _pass(self, password: str) -> None:
        server = self._server
        is_known = self._user == server.user and server.password in {None, password}
        await self._reply("230 welcome" if is_known else "530 not logged in")

    async def _type(self, _rest: str) -> None:
        await self._reply("200 ok")

    async def _size(self, path: str) -> None:
        body = self._server.files.get(path)
        is_known = body is not None and self._server.has_size
        await self._reply(f"213 {len(body or b'') + self._server.claims_more}" if is_known else "550 no such file")

    async def _mdtm(self, _path: str) -> None:
        await self._reply(f"213 {self._server.changed}" if self._server.changed else "500 unknown")

    async def _epsv(self, _rest: str) -> None:
        if not self._server.has_epsv:
            await self._reply("500 unknown")
            return
        await self._reply(f"229 passive (|||{await self._listen()}|)")

    async def _pasv(self, _rest: str) -> None:
        high, low = divmod(await self._listen(), 256)
        await self._reply(f"227 passive ({self._server.passive_host.replace('.', ',')},{high},{low})")

    async def _listen(self) -> int:
        await self.close()

        async def accept(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._streams.put(writer)

        self._data = await asyncio.start_server(accept, HOST, 0)
        return int(self._data.sockets[0].getsockname()[1])

    async def _rest(self, offset: str) -> None:
        if not self._server.has_rest:
            await self._reply("502 not implemented")
            return
        self._start = int(offset)
        await self._reply("350 go on")

    async def _retr(self, path: str) -> None:
        body = self._server.files.get(path)
        start, self._start = self._start, 0
        stream = await self._streams.get()
        if body is None:
            await self._reply("550 no such file")
            await _close(stream)
            return
        await self._reply("150 here it comes")
        if self._is_secret and self._server.tls is not None:
            await stream.start_tls(self._server.tls)
        cut = self._server.cuts.pop(0) if self._server.cuts else None
        stream.write(body[start : None if cut is None else start + cut])
        await stream.drain()
        try:
            await asyncio.sleep(30 if self._server.stalls else 0)
        finally:
            await _close(stream)
        await self._reply("226 done" if cut is None else "426 the connection broke")

    async def _quit(self, _rest: str) -> None:
        await self._reply("221 bye")


async def _close(stream: asyncio.StreamWriter) -> None:
    stream.close()
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        await stream.wait_closed()
