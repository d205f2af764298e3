# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Adds the postings up and holds every reserve statement to them (LEDGER.md sections 1 and 4)."""

from collections import Counter
from dataclasses import asdict

from auditor.findings import Finding, Found
from heitje.proof.classes import COVER, OUTSTANDING, OWED, AccountClass
from heitje.proof.leaf import Figures, MalformedLeaf, Posting, Statement, decode_leaf


class Sums:
    """The sums of one log, entry by entry; `findings` fill up."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.postings = 0
        self.statements: list[tuple[int, Statement]] = []
        self._held: Counter[AccountClass] = Counter()
        self._figures: Counter[str] = Counter()

    def add(self, entry: int, data: bytes) -> None:
        """The next entry."""
        try:
            leaf = decode_leaf(data)
        except MalformedLeaf as error:
            self._find(Found.MALFORMED_ENTRY, entry=entry, why=str(error))
            return
        if isinstance(leaf, Statement):
            self.statements.append((entry, leaf))
            self._hold_to(entry, leaf)
        else:
            self.postings += 1
            self._post(entry, leaf)

    def finish(self) -> None:
        """After the last entry."""
        if not self.statements:
            self._find(Found.NO_STATEMENT)
        self._check_balances(None)

    def _post(self, entry: int, posting: Posting) -> None:
        debit, credit, amount = posting.debit, posting.credit, posting.amount
        self._held[debit] += amount if debit is AccountClass.RESERVE else -amount
        self._held[credit] -= amount if credit is AccountClass.RESERVE else -amount
        if not _may_become(debit, credit):
            self._find(Found.FROM_NOTHING, entry=entry, debit=str(debit), credit=str(credit), cents=amount)
        name = _figure_of(debit, credit)
        if name is not None:
            self._figures[name] += amount

    def _hold_to(self, entry: int, statement: Statement) -> None:
        said, found = asdict(statement.figures), asdict(self._now())
        day = statement.day.isoformat()
        for name, cents in said.items():
            if cents != found[name]:
                self._find(
                    Found.WRONG_STATEMENT, entry=entry, day=day, figure=name, said_cents=cents, found_cents=found[name]
                )
        self._check_balances(day)
        if said["reserve"] < said["outstanding"] + said["owed"]:
            short = said["outstanding"] + said["owed"] - said["reserve"]
            self._find(Found.NOT_BACKED, day=day, cents=short)

    def _now(self) -> Figures:
        """The figures that follow from the postings so far."""
        held = self._held
        return Figures(
            minted=self._figures["minted"],
            redeemed=self._figures["redeemed"],
            refunded=self._figures["refunded"],
            expired=self._figures["expired"],
            recovered=self._figures["recovered"],
            lost=self._figures["lost"],
            outstanding=sum(held[name] for name in OUTSTANDING),
            owed=sum(held[name] for name in OWED),
            cover=sum(held[name] for name in COVER),
            reserve=held[AccountClass.RESERVE],
        )

    def _check_balances(self, day: str | None) -> None:
        """Looked at where a statement closes a run of postings: within one, money may pass in either order."""
        for name, cents in self._held.items():
            if cents < 0:
                self._find(Found.BELOW_ZERO, account=str(name), cents=cents, day=day or "")
                self._held[name] = 0  # told once

    def _find(self, what: Found, **facts: str | int) -> None:
        self.findings.append(Finding(what, facts))


def _may_become(debit: AccountClass, credit: AccountClass) -> bool:
    """Coins come of what was committed, of other coins and of refunds; what is committed, of free cover; and shops are
    owed for coins, by the loss fund, or again.
    """
    if credit in OUTSTANDING:
        return debit is AccountClass.COMMITTED or debit in OUTSTANDING | OWED
    if credit is AccountClass.COMMITTED:
        return debit is AccountClass.FREE_COVER
    if credit in OWED:
        return debit not in (AccountClass.FREE_COVER, AccountClass.COMMITTED)
    return True


def _figure_of(debit: AccountClass, credit: AccountClass) -> str | None:
    """The figure that a posting adds to."""
    if credit in OUTSTANDING:
        return "minted" if debit is AccountClass.COMMITTED else "refunded" if debit in OWED else None
    if debit in OUTSTANDING:
        if credit in OWED:
            return "redeemed"
        return {AccountClass.FREE_COVER: "expired", AccountClass.LOSS_FUND: "recovered"}.get(credit)
    return "lost" if debit is AccountClass.LOSS_FUND and credit in OWED else None
