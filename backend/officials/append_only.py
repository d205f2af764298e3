# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Tables that only grow, on both engines: the database refuses to change or delete a row, or a part of one.

Made by migrations. On SQLite an INSERT OR REPLACE deletes, and is caught because recursive triggers are on
(`backend.django_project`).
"""

from collections.abc import Iterator
from typing import Final

REFUSAL: Final = """
CREATE FUNCTION officials_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation'; END $$
"""
"""PostgreSQL's function behind each refusal; made once, by the first migration of this feature."""


_GOES_ON: Final = {
    "postgresql": (
        """
CREATE FUNCTION officials_act_goes_on() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE last record;
BEGIN
    SELECT number, digest INTO last FROM officials_act ORDER BY number DESC LIMIT 1;
    IF NEW.number <> coalesce(last.number, 0) + 1 OR NEW.previous <> coalesce(last.digest, '') THEN
        RAISE EXCEPTION 'the chain of acts goes on at its end' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$
""",
        """
CREATE TRIGGER officials_act_chain BEFORE INSERT ON officials_act
FOR EACH ROW EXECUTE FUNCTION officials_act_goes_on()
""",
    ),
    "sqlite": (
        """
CREATE TRIGGER officials_act_chain BEFORE INSERT ON officials_act
WHEN NEW.number <> coalesce((SELECT max(number) FROM officials_act), 0) + 1
    OR NEW.previous <> coalesce((SELECT digest FROM officials_act ORDER BY number DESC LIMIT 1), '')
BEGIN SELECT RAISE(ABORT, 'the chain of acts goes on at its end'); END
""",
    ),
}


def only_grows(vendor: str, table: str, what: str) -> Iterator[str]:
    """Statements after which a row of `table`, called `what` ("an act"), stays as it is."""
    for verb, done in (("UPDATE", "changed"), ("DELETE", "deleted")):
        name = f"{table}_no_{verb.lower()}"
        if vendor == "postgresql":
            event = "DELETE OR TRUNCATE" if verb == "DELETE" else verb
            yield (
                f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH STATEMENT "
                f"EXECUTE FUNCTION officials_refuse('{what} is never {done}')"
            )
        else:
            yield (
                f"CREATE TRIGGER {name} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{what} is never {done}'); END"
            )


def goes_on(vendor: str) -> tuple[str, ...]:
    """Statements after which a new act has the next number and the digest of the act before."""
    return _GOES_ON[vendor]


def stays_as_asked(vendor: str) -> Iterator[str]:
    """Statements after which a request is only closed, once, and what was asked never changes."""
    table, sentence = "officials_request", "a request is only closed, once"
    columns = ("id", "matter", "subject", "content", "compare", "requested_by", "requested_at")
    changed = " OR ".join(f"NEW.{name} <> OLD.{name}" for name in columns)
    closed = "OLD.carried_out_at IS NOT NULL OR OLD.refused_at IS NOT NULL"
    if vendor == "postgresql":
        yield (
            f"CREATE TRIGGER {table}_stays BEFORE UPDATE ON {table} FOR EACH ROW WHEN ({changed} OR {closed}) "
            f"EXECUTE FUNCTION officials_refuse('{sentence}')"
        )
        yield (
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE OR TRUNCATE ON {table} FOR EACH STATEMENT "
            "EXECUTE FUNCTION officials_refuse('a request is never deleted')"
        )
    else:
        yield (
            f"CREATE TRIGGER {table}_stays BEFORE UPDATE ON {table} WHEN {changed} OR {closed} "
            f"BEGIN SELECT RAISE(ABORT, '{sentence}'); END"
        )
        yield (
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
            "BEGIN SELECT RAISE(ABORT, 'a request is never deleted'); END"
        )
