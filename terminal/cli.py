# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""`heitje terminal …`: set up a till, run it with its windows, or sell, close, show the journal, sync without them.

Exit codes: 0 done or accepted, 1 refused or failed, 2 not understood or not set up, 3 unresolved.
"""

import argparse
import json
import logging
import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from drivers.devices import open_reader, open_scanner
from drivers.errors import LibraryMissing
from heitje.fingerprint import digits_of
from heitje.journal import Entry, Instrument, MalformedEntry, entry_hash
from heitje.money import parse_euros
from terminal import front_cli, health_cli, setup_cli, update_cli
from terminal.answer import EXIT_CODES, answer_document, answer_text
from terminal.configuration import ConfigurationError, TerminalConfiguration
from terminal.counter import Till
from terminal.health.log_lines import log_to
from terminal.journal_file import JournalNotWritten, JournalUnreadable
from terminal.journal_store import JournalStore, closing_of
from terminal.opening import connecting, load_till, locked, opened_journal, receipt_desk, trust_store_of
from terminal.receipt import Sold
from terminal.sale import Verdict

EXIT_FAILED: Final = 1
EXIT_USAGE: Final = 2
DEFAULT_TIMEOUT_S: Final = 60
_DAY_S: Final = 86_400


def main(argv: list[str]) -> int:
    """Run one sub-command. Returns its exit code."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    if arguments.log_lines:
        log_to(sys.stderr, level=logging.DEBUG if arguments.verbose else logging.INFO)
    elif arguments.verbose:
        logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
    else:
        logging.getLogger("urllib3").setLevel(logging.ERROR)  # what it warns of is told in our own words
    command: Callable[[argparse.Namespace], int] = arguments.command
    try:
        return command(arguments)
    except (ConfigurationError, JournalUnreadable, LibraryMissing) as error:
        print(f"heitje terminal: {error}", file=sys.stderr)
        return EXIT_USAGE
    except (JournalNotWritten, MalformedEntry, sqlite3.DatabaseError) as error:
        print(f"heitje terminal: the journal: {error}", file=sys.stderr)
        return EXIT_FAILED


def _sell(arguments: argparse.Namespace) -> int:
    configuration, keys, trust = load_till(arguments.dir)
    with locked(configuration), opened_journal(configuration) as journal:
        if journal.superseded():
            raise ConfigurationError("the backend knows this till's journal otherwise: it must be enrolled anew")
        receipts = receipt_desk(configuration)
        till = Till(
            trust=trust,
            keys=keys,
            journal=journal,
            operator=configuration.operator,
            print_receipt=receipts.print_sale,
            reader=open_reader(configuration.reader) if configuration.reader else None,
            scanner=open_scanner(configuration.scanner) if configuration.scanner else None,
            on_ready=lambda: print("waiting for card, code or note", file=sys.stderr, flush=True),
            connect=connecting(configuration, keys),
        )
        till.begin()
        with _signals_cancel(till):
            state = till.sell(arguments.amount, arguments.timeout_s)
        till.hang_up()
        if arguments.json:
            print(json.dumps(answer_document(till, receipts.last)))
        else:
            print(answer_text(till, receipts.last, configuration.language))
        return EXIT_CODES[state.verdict or Verdict.REFUSED]


def _close(arguments: argparse.Namespace) -> int:
    """Entry 5 for a card that did not come back; phone and paper beside it follow (JOURNAL.md section 1)."""
    configuration, _, trust = load_till(arguments.dir)
    bundle = trust.bundle
    with locked(configuration), opened_journal(configuration) as journal:
        open_here = [found.entry for found in journal.open_intents() if not found.closed]
        card = next((e for e in open_here if e.instrument is Instrument.CARD and e.seq == arguments.intent), None)
        if card is None:
            waiting = [e.seq for e in open_here if e.instrument is Instrument.CARD]
            print(f"heitje terminal close: entry {arguments.intent} is not open; open are {waiting}", file=sys.stderr)
            return EXIT_FAILED
        now, operator = int(time.time()), configuration.operator
        beside = [e for e in open_here if e.sale == card.sale and e.seq != card.seq]
        written = journal.append(closing_of(card, beside, now, operator, arguments.given))
        receipts = receipt_desk(configuration)
        total = sum(e.amount or 0 for e in (card, *beside))
        shown = (*beside, card)
        receipts.print_sold(
            Sold(bundle.shop_name, bundle.terminal, total, Verdict.UNRESOLVED, shown, given=arguments.given)
        )
        seqs = [e.seq for e in written]
        receipt = receipts.last.to_document() if receipts.last else None
        words = f"closed as {'given' if arguments.given else 'not given'}: entries {seqs}"
        print(json.dumps({"given": arguments.given, "entries": seqs, "receipt": receipt}) if arguments.json else words)
    return 0


def _show_journal(arguments: argparse.Namespace) -> int:
    configuration = TerminalConfiguration.load(arguments.dir)
    with opened_journal(configuration) as journal:
        entries = journal.bytes_after(arguments.after, arguments.count)
        documents = (_entry_document(data, journal) for data in entries)
        if arguments.json:
            print("[" + ",\n ".join(map(json.dumps, documents)) + "]")
        else:
            for document in documents:
                print("  ".join(f"{name}={value}" for name, value in document.items() if name not in _LONG))
    return 0


_LONG: Final = ("bytes", "evidence", "prev", "hash", "server_time", "terminal", "sale")


def _entry_document(data: bytes, journal: JournalStore) -> dict[str, object]:
    """Every field of an entry, bytes in hex; its own bytes and hash, and what the backend said of it."""
    entry = Entry.decode(data)
    document: dict[str, object] = {}
    for name in Entry.__slots__:
        value = getattr(entry, name)
        if value is not None:
            document[name] = _plain(value)
    document["hash"] = entry_hash(data).hex()
    document["bytes"] = data.hex()
    outcome = journal.outcome(entry.seq)
    if outcome is not None:
        document["outcome"] = str(outcome.outcome)
        if outcome.reason is not None:
            document["reason"] = outcome.reason
    return document


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return value.hex()
    if hasattr(value, "__slots__"):
        members = {name: getattr(value, name) for name in value.__slots__}
        return {name: _plain(member) for name, member in members.items() if member is not None}
    if hasattr(value, "name"):
        return str(value.name).lower()
    return value


def _sync(arguments: argparse.Namespace) -> int:
    from terminal.sync import Sync, SyncEnd  # its libraries cost a sale's start a third of a second

    configuration, keys, trust = load_till(arguments.dir)
    url = arguments.backend or configuration.backend_url
    if url is None:
        raise ConfigurationError("which backend? give --backend URL or set backend.url")
    with opened_journal(configuration) as journal:
        report = Sync(url, keys, trust, journal, trust_store_of(configuration, keys)).run()
    if arguments.json:
        outcomes = [outcome.to_document() for outcome in report.outcomes]
        print(
            json.dumps(
                {
                    "end": str(report.end),
                    "sent": report.sent,
                    "cursor": report.cursor,
                    "outcomes": outcomes,
                    "why": report.why,
                    "trust": report.trust,
                    "bundle": report.bundle,
                }
            )
        )
    else:
        counts: dict[str, int] = {}
        for outcome in report.outcomes:
            counts[str(outcome.outcome)] = counts.get(str(outcome.outcome), 0) + 1
        told = ", ".join(f"{count} {name}" for name, count in counts.items()) or "nothing new"
        print(f"{report.end}: {report.sent} entries sent ({told}), acknowledged up to {report.cursor}")
        if report.why:
            print(f"  {report.why}")
        print(f"  trust: {report.trust}, publication {report.bundle}")
    return 0 if report.end is SyncEnd.DONE else EXIT_FAILED


def _status(arguments: argparse.Namespace) -> int:
    configuration, keys, trust = load_till(arguments.dir)
    bundle = trust.bundle
    now = int(time.time())
    with opened_journal(configuration) as journal:
        unsent, unsent_card_cents = journal.unsent(now)
        document = {
            "terminal": configuration.terminal.hex(),
            "key_digits": digits_of(keys.signing.public),
            "programme": bundle.iss,
            "shop": bundle.shop.id,
            "paper_till": bundle.paper_till,
            "bundle": trust.number,
            "bundle_age_s": trust.age_s(now),
            "denied": len(trust.deny),
            "masters": list(keys.versions(bundle.df_name)),
            "masters_kept": keys.store.kept if keys.store is not None else "nowhere",
            "head": journal.head()[0],
            "cursor": journal.cursor(),
            "unsent_entries": unsent.entries,
            "unsent_card_cents": unsent_card_cents,
            "unsent_phone_cents": unsent.phone_cents,
            "unsent_paper_cents": unsent.paper_cents,
            "open_intents": [found.entry.seq for found in journal.open_intents()],
        }
    if arguments.json:
        print(json.dumps(document))
    else:
        for name, value in document.items():
            print(f"{name.replace('_', ' '):<20}{value}")
    return 0


@contextmanager
def _signals_cancel(till: Till) -> Iterator[None]:
    """Ctrl-C, or a service that is stopped, gives the sale up where it is not decided yet."""
    usual = {number: signal.signal(number, lambda *_: till.cancel()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)


def _amount(text: str) -> int:
    try:
        return parse_euros(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _seconds(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > _DAY_S:
        raise argparse.ArgumentTypeError(f"a whole number of seconds, at most {_DAY_S}")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="heitje terminal", description=__doc__)
    parser.add_argument("--verbose", action="store_true", help="tell on standard error what the devices say")
    parser.add_argument("--log-lines", action="store_true", help="log on standard error, one JSON object per line")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    setup_cli.add_commands(commands, _finish)
    sell = commands.add_parser("sell", help="one sale: wait for card, code or note, decide offline, print, answer")
    sell.add_argument("amount", type=_amount, metavar="EUROS", help="what is to be paid, as 3.20")
    sell.add_argument("--timeout-s", type=_seconds, default=DEFAULT_TIMEOUT_S, metavar="N", help="give up after (60)")
    _finish(sell, _sell)

    close = commands.add_parser("close", help="close an unresolved card sale as given or not given")
    close.add_argument("intent", type=int, help="the open intent's entry number")
    how = close.add_mutually_exclusive_group(required=True)
    how.add_argument("--given", action="store_true", dest="given", help="the customer has the goods")
    how.add_argument("--not-given", action="store_false", dest="given", help="not, or paid in another way")
    _finish(close, _close)

    journal = commands.add_parser("journal", help="show the journal, one entry a line")
    journal.add_argument("--after", type=int, default=0, metavar="SEQ", help="only entries after this one")
    journal.add_argument("--count", type=int, default=-1, metavar="N", help="at most so many")
    _finish(journal, _show_journal)

    sync = commands.add_parser("sync", help="upload the journal and hear what became of it")
    sync.add_argument("--backend", metavar="URL", help="the backend, where the configuration names none")
    _finish(sync, _sync)

    _finish(commands.add_parser("status", help="queue, bundle, open intents"), _status)
    front_cli.add_commands(commands, _finish)
    health_cli.add_commands(commands, _finish)
    update_cli.add_commands(commands)
    return parser


def _finish(command: argparse.ArgumentParser, run: Callable[[argparse.Namespace], int]) -> None:
    command.add_argument("--dir", type=Path, required=True, metavar="DIR", help="the till's directory")
    command.add_argument("--json", action="store_true", help="answer for a program")
    command.set_defaults(command=run)
