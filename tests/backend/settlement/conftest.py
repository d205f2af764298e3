# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every test here runs on both engines; a bank that books, and writes its statements as a bank does."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from xml.sax.saxutils import escape

import pytest

from backend.configuration import Engine

IBAN = "NL02ABNA0123456789"


@pytest.fixture(params=list(Engine))
def engine(request: pytest.FixtureRequest) -> str:
    """The engine that keeps the books."""
    return str(request.param)


def euros(cents: int) -> str:
    """Cents as a bank writes them."""
    return f"{cents // 100}.{cents % 100:02d}"


@dataclass
class Bank:
    """The reserve's account at a bank: entries wait for the next statement."""

    balance: int
    version: str = "08"
    day: date = date(2026, 11, 24)
    number: int = 0
    waiting: list[str] = field(default_factory=list)

    def entry(self, cents: int, details: str = "", reference: str = "", reversal: bool = False) -> Bank:
        """Any entry; below zero it leaves the account."""
        self.balance += cents
        side, booked = ("CRDT" if cents > 0 else "DBIT"), "BOOK" if self.version == "02" else "<Cd>BOOK</Cd>"
        self.waiting.append(
            f'<Ntry><Amt Ccy="EUR">{euros(abs(cents))}</Amt><CdtDbtInd>{side}</CdtDbtInd>'
            + ("<RvslInd>true</RvslInd>" if reversal else "")
            + f"<Sts>{booked}</Sts><BookgDt><Dt>{self.day}</Dt></BookgDt>"
            + (f"<AcctSvcrRef>{reference}</AcctSvcrRef>" if reference else "")
            + "<BkTxCd><Prtry><Cd>N</Cd></Prtry></BkTxCd>"
            + (f"<NtryDtls>{details}</NtryDtls>" if details else "")
            + "</Ntry>"
        )
        return self

    def transfer(self, cents: int, name: str, iban: str, text: str, reference: str = "", **ids: str) -> Bank:
        """A single payment with somebody, by the ids that are told."""
        return self.entry(cents, self.part(abs(cents), cents > 0, name, iban, text, **ids), reference)

    def part(self, cents: int, credit: bool, name: str, iban: str, text: str, reason: str = "", **ids: str) -> str:
        """One payment of an entry."""
        refs = "".join(f"<{tag}>{ids[tag]}</{tag}>" for tag in ("MsgId", "PmtInfId", "EndToEndId") if tag in ids)
        side = "Dbtr" if credit else "Cdtr"
        named = escape(name) if self.version == "02" else f"<Pty><Nm>{escape(name)}</Nm></Pty>"
        named = f"<Nm>{named}</Nm>" if self.version == "02" else named
        back = f"<RtrInf><Rsn><Cd>{reason}</Cd></Rsn></RtrInf>" if reason else ""
        amount = f'<Amt Ccy="EUR">{euros(cents)}</Amt><CdtDbtInd>{"CRDT" if credit else "DBIT"}</CdtDbtInd>'
        if self.version == "02":
            amount = f'<AmtDtls><TxAmt><Amt Ccy="EUR">{euros(cents)}</Amt></TxAmt></AmtDtls>'
        return (
            f"<TxDtls><Refs>{refs}</Refs>{amount}<RltdPties><{side}>{named}</{side}>"
            f"<{side}Acct><Id><IBAN>{iban}</IBAN></Id></{side}Acct></RltdPties>"
            f"<RmtInf><Ustrd>{escape(text)}</Ustrd></RmtInf>{back}</TxDtls>"
        )

    def statement(self, opening: int | None = None, iban: str = IBAN) -> bytes:
        """The statement of the day, with all that waited; the next one is of the day after."""
        self.number += 1
        moved = sum(self.moves())
        opened = self.balance - moved if opening is None else opening
        document = (
            f'<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{self.version}"><BkToCstmrStmt>'
            f"<GrpHdr><MsgId>S{self.number}</MsgId><CreDtTm>{self.day}T20:00:00</CreDtTm></GrpHdr>"
            f"<Stmt><Id>2026-{self.number}</Id><CreDtTm>{self.day}T20:00:00</CreDtTm>"
            f"<Acct><Id><IBAN>{iban}</IBAN></Id></Acct>"
            + self._balance("OPBD", opened)
            + self._balance("CLBD", opened + moved)
            + "".join(self.waiting)
            + "</Stmt></BkToCstmrStmt></Document>"
        )
        self.waiting.clear()
        self.day += timedelta(days=1)
        return document.encode()

    def moves(self) -> list[int]:
        """Cents of what waits."""
        return [
            int(entry.split('"EUR">')[1].split("<")[0].replace(".", "")) * (1 if ">CRDT<" in entry[:90] else -1)
            for entry in self.waiting
        ]

    def _balance(self, code: str, cents: int) -> str:
        return (
            f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
            f'<Amt Ccy="EUR">{euros(abs(cents))}</Amt><CdtDbtInd>{"CRDT" if cents >= 0 else "DBIT"}</CdtDbtInd>'
            f"<Dt><Dt>{self.day}</Dt></Dt></Bal>"
        )


@pytest.fixture
def bank() -> Bank:
    """The bank of the test programme's reserve, which it has funded with 10 000 euro."""
    return Bank(1_000_000)
