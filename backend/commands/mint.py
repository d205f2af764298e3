# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The mint's desk: cover and allowances."""

import argparse
import secrets
import time

from backend.assembly import configuration_in_use, programme_of
from backend.commands.answer import Answer, Refused
from backend.minting import cover, vouchers
from heitje import qr
from heitje.cose import MalformedToken
from heitje.deterministic import NotDeterministic, decode
from heitje.keys import PublicKey
from heitje.money import format_euros
from heitje.vouchers import read_cnf


def fund(arguments: argparse.Namespace) -> Answer:
    """`fund`."""
    now, line = int(time.time()), arguments.line or secrets.token_hex(8)
    try:
        if arguments.loss_fund:
            new = cover.fill_loss_fund(f"loss fund:{line}", arguments.amount, now)
        else:
            new = cover.fund(f"statement:{line}", arguments.amount, line, now)
    except cover.NotCovered as error:
        raise Refused(str(error)) from error
    what = "booked" if new else "booked already"
    return Answer(f"{format_euros(arguments.amount)} euro {what}", {"line": line, "new": new})


def issue_allowance(arguments: argparse.Namespace) -> Answer:
    """`allowance issue`."""
    programme = programme_of(configuration_in_use())
    try:
        issued = vouchers.issue_allowance(
            programme=programme.iss,
            citizen=arguments.citizen,
            amount=arguments.amount,
            phone=_phone_key(arguments.phone_key),
            key_store=programme.key_store,
            at=int(time.time()),
        )
    except (vouchers.NotIssued, ValueError) as error:
        raise Refused(str(error)) from error
    return _voucher_answer(issued.cti, bytes(issued.token))


def _phone_key(data: bytes) -> PublicKey:
    """A COSE_Key (deterministic CBOR) or a raw public key. Raises `ValueError`."""
    try:
        return read_cnf({1: decode(data)})
    except (NotDeterministic, MalformedToken):
        return PublicKey(data)


def _voucher_answer(cti: str, token: bytes) -> Answer:
    text = qr.encode_voucher(token)
    return Answer(text, {"cti": cti, "token": token.hex(), "text": text})
