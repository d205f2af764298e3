# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A terminal is taken on by two officials who both compared the 8 digits of its key (LEDGER.md section 2).

The request holds what the terminal told: its id and its public key; the digits are computed from that key here, and
each official types what the terminal's own screen shows.
"""

from dataclasses import asdict, dataclass

from backend.officials import approvals
from backend.officials.approvals import Content
from backend.officials.matters import Matter
from backend.officials.models import Request
from backend.shops.admission import NotAdmitted, enrol_terminal
from backend.shops.models import Shop, Terminal
from heitje.fingerprint import digits_of
from heitje.key_soundness import flaw_of
from heitje.keys import PublicKey


@dataclass(frozen=True, slots=True)
class Wanted:
    """A terminal that is to be taken on; id and key in hex."""

    terminal: str
    shop: str
    key: str
    paper_till: bool = False
    secure_element: bool = False
    card_desk: bool = False


def request_enrolment(wanted: Wanted, by: str, at: int) -> Request:
    """Ask two enrollers for it. Raises `NotAdmitted`, `approvals.NotApproved`."""
    try:
        key = PublicKey(bytes.fromhex(wanted.key))
        terminal = bytes.fromhex(wanted.terminal).hex()
    except ValueError as error:
        raise NotAdmitted(f"no terminal and key: {error}") from error
    if flaw := flaw_of(key):
        raise NotAdmitted(flaw)
    if not Shop.objects.filter(id=wanted.shop).exists():
        raise NotAdmitted(f"there is no shop {wanted.shop}")
    if Terminal.objects.filter(id=terminal).exists():
        raise NotAdmitted(f"the terminal {terminal} is enrolled")
    return approvals.request(Matter.TERMINAL_ENROLMENT, terminal, asdict(wanted), by, at, compare=digits_of(key))


def enrol(content: Content, at: int) -> None:
    """What two approved. Raises `NotAdmitted`."""
    wanted = Wanted(**content)
    enrol_terminal(
        terminal_id=bytes.fromhex(wanted.terminal),
        shop=Shop.objects.get(id=wanted.shop),
        public_key=PublicKey(bytes.fromhex(wanted.key)),
        paper_till=wanted.paper_till,
        secure_element=wanted.secure_element,
        card_desk=wanted.card_desk,
        at=at,
    )
