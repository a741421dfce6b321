"""Without this module one endless line, or one damaged byte, would end an import."""

import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from server.unusable import Unusable

LINE_BYTES_MAX = 1024 * 1024
_BLOCK_BYTES = 256 * 1024
_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_NOT_UTF8 = (b"\xff\xfe", b"\xfe\xff")
_TEXT_SHOWN_MAX = 1000


class RefusedRow(NamedTuple):
    """A row that was not stored: its line (from 1), why, and what it says."""

    line: int
    code: str
    reason: str
    text: str


class Lines:
    """The lines of a file, plain or gzip, in blocks. Memory does not depend on the file.

    A line that is too long or not UTF-8 comes out empty, so that the numbers of the others stay
    true, and is told in `refused`.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise Unusable(f"{path} cannot be read: {error.strerror}.") from None
        self.path = path
        self.size = path.stat().st_size
        self.refused: list[RefusedRow] = []
        self._stream: io.BufferedIOBase | gzip.GzipFile = self._file
        start = self._file.peek(2)[:2]
        if start == _GZIP:
            self._stream = gzip.GzipFile(fileobj=self._file)
        elif start in _NOT_UTF8:
            self._file.close()
            raise Unusable(f"{path} is UTF-16: save it as UTF-8 first.")
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stream.close()
        self._file.close()

    @property
    def position(self) -> int:
        """How many of the file's `size` bytes have been read."""
        return self.size if self._file.closed else self._file.tell()

    def blocks(self) -> Iterator[list[str]]:
        """Blocks of lines, each with its line end."""
        is_first = True
        for block in self._whole_lines():
            text = block.removeprefix(_BOM) if is_first else block
            is_first = False
            lines = self._decoded(text)
            self._count += len(lines)
            yield lines

    def _whole_lines(self) -> Iterator[bytes]:
        """Blocks of bytes that end where a line ends; an empty line in place of one too long."""
        rest = b""
        is_skipping = False
        for chunk in self._chunks():
            end = chunk.rfind(b"\n") + 1
            if is_skipping:
                begin = chunk.find(b"\n") + 1
                if not begin:
                    continue
                is_skipping = False
                self._refuse_line(0, "TOO_LONG", f"longer than {LINE_BYTES_MAX} bytes", "")
                yield b"\n"
                if chunk[begin:end]:
                    yield chunk[begin:end]
            elif end:
                yield rest + chunk[:end]
                rest = b""
            rest += chunk[end:]
            if len(rest) > LINE_BYTES_MAX:
                is_skipping, rest = True, b""
        if is_skipping:
            self._refuse_line(0, "TOO_LONG", f"longer than {LINE_BYTES_MAX} bytes", "")
        elif rest:
            yield rest

    def _chunks(self) -> Iterator[bytes]:
        while True:
            try:
                chunk = self._stream.read(_BLOCK_BYTES)
            except (EOFError, OSError, zlib.error) as error:
                self._refuse_line(1, "DAMAGED_FILE", f"damaged from here on: {error}", "")
                return
            if not chunk:
                return
            yield chunk

    def _decoded(self, block: bytes) -> list[str]:
        try:
            # Lines end at line feeds alone: `splitlines` would also end them within a text.
            return io.StringIO(block.decode(), newline="\n").readlines()
        except UnicodeDecodeError:
            return [self._decoded_line(index, line) for index, line in enumerate(io.BytesIO(block))]

    def _decoded_line(self, index: int, line: bytes) -> str:
        try:
            return line.decode()
        except UnicodeDecodeError as error:
            text = line[:_TEXT_SHOWN_MAX].decode(errors="replace").rstrip("\r\n")
            self._refuse_line(index, "NOT_UTF8", f"not UTF-8: {error.reason}", text)
            return "\n"

    def _refuse_line(self, index: int, code: str, reason: str, text: str) -> None:
        """`index` counts from the first line that has not been given out yet."""
        self.refused.append(RefusedRow(self._count + index + 1, code, reason, text))
