# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The reserve statement's figures, out of what went from class to class."""

import json
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Final

from heitje.proof.classes import COVER, OUTSTANDING, OWED, AccountClass
from heitje.proof.leaf import Figures

Totals = Counter[tuple[str, str]]

_FREE: Final = (AccountClass.FREE_COVER,)
_LOSS: Final = (AccountClass.LOSS_FUND,)
_PROMISED: Final = (AccountClass.COMMITTED,)


def figures_of(totals: Mapping[tuple[str, str], int]) -> Figures:
    """The figures, cents."""

    def moved(source: Collection[str], target: Collection[str]) -> int:
        return sum(cents for (debit, credit), cents in totals.items() if debit in source and credit in target)

    def held(group: Collection[str]) -> int:
        return sum(cents * ((credit in group) - (debit in group)) for (debit, credit), cents in totals.items())

    return Figures(
        minted=moved(_PROMISED, OUTSTANDING),
        redeemed=moved(OUTSTANDING, OWED),
        refunded=moved(OWED, OUTSTANDING),
        expired=moved(OUTSTANDING, _FREE),
        recovered=moved(OUTSTANDING, _LOSS),
        lost=moved(_LOSS, OWED),
        outstanding=held(OUTSTANDING),
        owed=held(OWED),
        cover=held(COVER),
        reserve=-held((AccountClass.RESERVE,)),
    )


def read(text: str) -> Totals:
    """Totals as they are stored."""
    return Counter({(debit, credit): cents for debit, credit, cents in json.loads(text)})


def write(totals: Totals) -> str:
    """Totals to be stored."""
    return json.dumps([[debit, credit, cents] for (debit, credit), cents in sorted(totals.items())])
