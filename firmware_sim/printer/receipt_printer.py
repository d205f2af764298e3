# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The printer: takes bytes, answers status, stops when the paper does, and keeps what was cut.

Status is asked in two ways. DLE EOT is answered the moment its last byte arrives, wherever that is, in the middle of
a picture too. GS r is answered in its turn. While the printer is stopped the rest waits, as in a real one's buffer.
"""

import re
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from firmware_sim.printer.condition import Body, PaperLevel, paper_status, real_time_status
from firmware_sim.printer.interpreter import Interpreter
from firmware_sim.printer.parser import Parser, Token
from firmware_sim.printer.roll import Receipt

WIDTH_58_MM: Final = 384
WIDTH_80_MM: Final = 576
WIDTHS: Final = {58: WIDTH_58_MM, 80: WIDTH_80_MM}
"""Dots of a roll by its width in millimetres."""
WAITING_MAX: Final = 64 * 1024
"""Bytes that wait in a stopped printer before it takes no more."""

_DLE_EOT: Final = b"\x10\x04"
_NAME: Final = re.compile(r"receipt-([0-9]{4,})\.(?:png|txt)")


@dataclass(frozen=True, slots=True)
class PrinterFaults:
    """The paper ends after that many lines, once."""

    paper_out_after_lines: int | None = None


NO_FAULTS: Final = PrinterFaults()


class ReceiptPrinter:
    """One printer. `receive` gives what it answers at once; `answer` is called for what it answers later.

    Every cut adds to `receipts` and, where `folder` is given, writes `receipt-0001.png` and `.txt` there (the number
    goes on from what is there), and calls `printed` with the picture's path.
    """

    def __init__(self, width: int = WIDTH_80_MM, folder: Path | None = None, faults: PrinterFaults = NO_FAULTS) -> None:
        self.answer: Callable[[bytes], None] = lambda data: None
        self.printed: Callable[[Path], None] = lambda path: None
        self.receipts: list[Receipt] = []
        self.interpreter = Interpreter(width, self._keep, lambda: paper_status(self._body))
        self._folder = folder
        self._last_number = _last_number(folder) if folder else 0
        self._paper_out_after = faults.paper_out_after_lines
        self._body = Body()
        self._changed = threading.Condition(threading.RLock())
        self._parser = Parser()
        self._heard = b""
        self._waiting: deque[Token] = deque()
        self._waiting_bytes = 0

    @property
    def body(self) -> Body:
        """Paper, cover and so on, as they are."""
        return self._body

    @property
    def full(self) -> bool:
        """Whether it takes no more bytes for now."""
        return self._body.stopped and self._waiting_bytes > WAITING_MAX

    def change(self, body: Body) -> None:
        """Put paper in, open the cover, …: from any thread. What was waiting goes on where it can."""
        with self._changed:
            self._body = body
            answers = self._work()
        if answers:
            self.answer(answers)

    def wait_receipts(self, count: int, timeout_s: float) -> bool:
        """Wait until that many receipts were cut."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self.receipts) >= count, timeout_s)

    def receive(self, data: bytes) -> bytes:
        """Take bytes and give what is answered to them."""
        with self._changed:
            answers = self._real_time(data)
            self._waiting.extend(self._parser.feed(data))
            self._waiting_bytes += len(data)
            return answers + self._work()

    def _real_time(self, data: bytes) -> bytes:
        answers = b""
        for byte in data:
            if self._heard == _DLE_EOT and 1 <= byte <= 4:
                answers += bytes((real_time_status(self._body, byte),))
            self._heard = (self._heard + bytes((byte,)))[-2:]
        return b"" if self._body.silent else answers

    def _work(self) -> bytes:
        answers = b""
        while self._waiting and not self._body.stopped:
            answers += self.interpreter.do(self._waiting.popleft())
            if self._paper_out_after is not None and (self.interpreter.roll.lines_printed >= self._paper_out_after):
                self._paper_out_after = None
                self._body = replace(self._body, paper=PaperLevel.OUT)
        if not self._waiting:
            self._waiting_bytes = 0
        return b"" if self._body.silent else answers

    def _keep(self, receipt: Receipt) -> None:
        self.receipts.append(receipt)
        if self._folder is not None:
            self._last_number += 1
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._folder / f"receipt-{self._last_number:04d}.png"
            path.with_suffix(".txt").write_text(receipt.text, "utf-8")
            beside = path.with_suffix(".new")
            receipt.image.save(beside, "PNG")
            beside.replace(path)  # a picture that is there is whole
            self.printed(path)
        self._changed.notify_all()


def _last_number(folder: Path) -> int:
    found = (_NAME.fullmatch(path.name) for path in folder.glob("receipt-*")) if folder.is_dir() else ()
    return max((int(name[1]) for name in found if name), default=0)
