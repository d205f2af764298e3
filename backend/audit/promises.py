# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Nothing is minted but what was promised, and nothing is signed that was not paid (LEDGER.md section 1)."""

from typing import Final

from backend.audit.finding import Finding
from backend.ledger.rows import select

_BY_PROMISE: Final = """
SELECT count(CASE WHEN left_over < 0 THEN 1 END), coalesce(sum(left_over), 0),
    (SELECT coalesce(sum(balance), 0) FROM ledger_account WHERE kind = 'committed')
FROM (
    SELECT sum(CASE WHEN c.kind = 'committed' THEN t.amount ELSE -t.amount END) AS left_over
    FROM ledger_transfer AS t
    JOIN ledger_account AS c ON c.id = t.credit_id JOIN ledger_account AS d ON d.id = t.debit_id
    WHERE c.kind = 'committed' OR d.kind = 'committed'
    GROUP BY substr(t.kind, 1, 4), t.reference
) AS promise
"""
_MINTED: Final = """
SELECT count(*), count(CASE WHEN k.id IS NULL OR k.state <> 'rewarded' OR k.reward <> t.amount THEN 1 END),
    count(*) - count(DISTINCT t.reference)
FROM ledger_transfer AS t LEFT JOIN tasks_task AS k ON CAST(k.id AS text) = t.reference WHERE t.kind = 'task validated'
"""
_SIGNED: Final = """
SELECT count(*), count(CASE WHEN paid.total IS NULL OR paid.total < v.amount THEN 1 END)
FROM minting_issuedvoucher AS v LEFT JOIN (
    SELECT a.owner AS cti, sum(t.amount) AS total
    FROM ledger_account AS a JOIN ledger_transfer AS t ON t.credit_id = a.id
    WHERE a.kind IN ('allowance', 'note') GROUP BY a.owner
) AS paid ON paid.cti = v.cti
"""


def promises_kept() -> Finding:
    """No task and no grant gave more than was promised for it; what is left of all promises is what is committed."""
    ((broken, left, committed),) = select(_BY_PROMISE)
    figures = {"promises overdrawn": broken, "left of promises": int(left), "committed": int(committed)}
    return Finding("no promise gave more than it held", not broken and left == committed, figures)


def tasks_minted_once() -> Finding:
    """Each reward is that of one validated task, once."""
    ((minted, wrong, twice),) = select(_MINTED)
    figures = {"rewards": minted, "without their task": wrong, "twice": twice}
    return Finding("each reward has its validated task", not wrong and not twice, figures)


def vouchers_paid() -> Finding:
    """Each voucher that was signed was paid for in full."""
    ((signed, unpaid),) = select(_SIGNED)
    return Finding("each voucher was paid for", not unpaid, {"vouchers": signed, "not paid for": unpaid})
