# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The book's tables in SQLite: STRICT, append-only, and balanced by triggers in the transaction of each transfer.

What a program error, or a person at the SQL prompt, cannot do here: change or delete a transfer, post an amount that is
not a positive integer, post an event twice, bring an account below zero, or move a balance without a transfer.
"""

from typing import Final

TABLES: Final = (
    """
CREATE TABLE ledger_account (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    kind          TEXT    NOT NULL CHECK (kind IN (
                      'reserve', 'free cover', 'committed', 'loss fund', 'citizen', 'team', 'earmarked', 'purse',
                      'allowance', 'note', 'load in flight', 'payable', 'in batch', 'returned', 'unidentified')),
    owner         TEXT    NOT NULL,
    balance       INTEGER NOT NULL DEFAULT 0 CHECK (balance >= 0),
    last_transfer INTEGER NOT NULL DEFAULT 0,
    CONSTRAINT ledger_account_once UNIQUE (kind, owner),
    CHECK ((owner = '') = (kind IN (
                      'reserve', 'free cover', 'committed', 'loss fund', 'in batch', 'unidentified')))
) STRICT
""",
    """
CREATE TABLE ledger_transfer (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    event     TEXT    NOT NULL,
    line      INTEGER NOT NULL CHECK (line >= 0),
    kind      TEXT    NOT NULL,
    debit_id  INTEGER NOT NULL REFERENCES ledger_account (id),
    credit_id INTEGER NOT NULL REFERENCES ledger_account (id) CHECK (credit_id <> debit_id),
    amount    INTEGER NOT NULL CHECK (amount > 0),
    reference TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    CONSTRAINT ledger_transfer_once UNIQUE (event, line)
) STRICT
""",
    "CREATE INDEX ledger_transfer_debit ON ledger_transfer (debit_id)",
    "CREATE INDEX ledger_transfer_credit ON ledger_transfer (credit_id)",
)

TRIGGERS: Final = (
    """
CREATE TRIGGER ledger_transfer_no_update BEFORE UPDATE ON ledger_transfer
BEGIN SELECT RAISE(ABORT, 'a transfer is never changed'); END
""",
    """
CREATE TRIGGER ledger_transfer_no_delete BEFORE DELETE ON ledger_transfer
BEGIN SELECT RAISE(ABORT, 'a transfer is never deleted'); END
""",
    # INSERT OR REPLACE deletes without a DELETE trigger where recursive_triggers is off.
    """
CREATE TRIGGER ledger_transfer_no_replace BEFORE INSERT ON ledger_transfer
WHEN EXISTS (SELECT 1 FROM ledger_transfer WHERE id = NEW.id OR (event = NEW.event AND line = NEW.line))
BEGIN SELECT RAISE(ABORT, 'this event is posted'); END
""",
    """
CREATE TRIGGER ledger_transfer_balances AFTER INSERT ON ledger_transfer
BEGIN
    UPDATE ledger_account SET last_transfer = NEW.id,
        balance = balance + CASE kind WHEN 'reserve' THEN NEW.amount ELSE -NEW.amount END WHERE id = NEW.debit_id;
    UPDATE ledger_account SET last_transfer = NEW.id,
        balance = balance + CASE kind WHEN 'reserve' THEN -NEW.amount ELSE NEW.amount END WHERE id = NEW.credit_id;
END
""",
    """
CREATE TRIGGER ledger_account_starts_empty BEFORE INSERT ON ledger_account
WHEN NEW.balance <> 0 OR NEW.last_transfer <> 0
    OR EXISTS (SELECT 1 FROM ledger_account WHERE id = NEW.id OR (kind = NEW.kind AND owner = NEW.owner))
BEGIN SELECT RAISE(ABORT, 'an account starts empty, once'); END
""",
    """
CREATE TRIGGER ledger_account_no_delete BEFORE DELETE ON ledger_account
BEGIN SELECT RAISE(ABORT, 'an account is never deleted'); END
""",
    """
CREATE TRIGGER ledger_account_moves_by_transfer BEFORE UPDATE ON ledger_account
WHEN NEW.id <> OLD.id OR NEW.kind <> OLD.kind OR NEW.owner <> OLD.owner
    OR NEW.last_transfer <= OLD.last_transfer
    OR NOT EXISTS (
        SELECT 1 FROM ledger_transfer AS t WHERE t.id = NEW.last_transfer AND (
            (t.debit_id = OLD.id
             AND NEW.balance = OLD.balance + CASE OLD.kind WHEN 'reserve' THEN t.amount ELSE -t.amount END)
            OR (t.credit_id = OLD.id
             AND NEW.balance = OLD.balance + CASE OLD.kind WHEN 'reserve' THEN -t.amount ELSE t.amount END)))
BEGIN SELECT RAISE(ABORT, 'a balance moves by a transfer only'); END
""",
)

MINTING_STOP: Final = (
    """
CREATE TRIGGER ledger_transfer_minting_stop BEFORE INSERT ON ledger_transfer
WHEN NEW.kind IN ('task validated', 'grant paid') AND EXISTS (SELECT 1 FROM ledger_mintingstop WHERE lifted_at IS NULL)
BEGIN SELECT RAISE(ABORT, 'minting is stopped'); END
""",
)

WIDER: Final = (
    *(f"DROP TRIGGER {statement.split()[2]}" for statement in TRIGGERS),
    TABLES[0].replace("CREATE TABLE ledger_account", "CREATE TABLE ledger_account_wider"),
    """
INSERT INTO ledger_account_wider (id, kind, owner, balance, last_transfer)
SELECT id, kind, owner, balance, last_transfer FROM ledger_account
""",
    "DROP TABLE ledger_account",
    "ALTER TABLE ledger_account_wider RENAME TO ledger_account",
    *TRIGGERS,
)
"""Brings a book of fewer kinds of account to all of them: a check cannot be altered, so its table is made anew."""

LEANER: Final = (
    "DROP INDEX ledger_transfer_debit",
    "CREATE INDEX ledger_transfer_debit ON ledger_transfer (debit_id) WHERE kind <> 'redeemed'",
)
"""Nobody asks by the debit account for what was redeemed, which is almost all."""
