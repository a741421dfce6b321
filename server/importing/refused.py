"""Without this file the rows that were refused would have to be found by hand."""

import csv
from pathlib import Path
from typing import IO, Any

from server.importing.lines import RefusedRow

SHOWN_MAX = 20


class RefusedRows:
    """Counts refused rows, remembers the first, and writes all into a file (made when needed)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self.first: list[RefusedRow] = []
        self._file: IO[str] | None = None
        self._writer: Any = None

    def add(self, row: RefusedRow) -> None:
        """Take down one row."""
        if self._file is None:
            self._file = self.path.open("w", encoding="utf-8", newline="")
            self._writer = csv.writer(self._file, lineterminator="\n")
            self._writer.writerow(("line", "code", "reason", "row"))
        self._writer.writerow(row)
        self.count += 1
        if len(self.first) < SHOWN_MAX:
            self.first.append(row)

    def close(self) -> None:
        """Finish the file, if there is one."""
        if self._file is not None:
            self._file.close()
