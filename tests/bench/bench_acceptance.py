# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""How many notes and codes a till decides on per second, against the bare Ed25519 verifications in them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from heitje import acceptance, codes, qr, vouchers
from heitje.acceptance import Accepted, Context, ListedKey
from heitje.codes import PaymentCode
from heitje.money import Cents
from heitje.programme import TestProgramme
from heitje.vouchers import Voucher

NOW = 1_790_000_000
AMOUNT = Cents(500)
TOKENS = 200
GOAL_PARSED = 0.7
GOAL_FROM_TEXT = 0.6


@dataclass(frozen=True)
class Case:
    """Texts that are all accepted in a context, and how many signatures each holds."""

    texts: tuple[str, ...]
    context: Context
    signatures: int


def context_of(programme: TestProgramme) -> Context:
    return Context(
        now=NOW,
        shop=programme.shop,
        terminal=programme.terminal.hex(),
        paper_till=True,
        amount=AMOUNT,
        programmes={programme.iss},
        keys=(ListedKey(programme.mint.public, 0, NOW * 2),),
        server_time=NOW,
    )


@pytest.fixture(params=["note", "code"])
def case(request: pytest.FixtureRequest, programme: TestProgramme) -> Case:
    """Every token is another one, so that no cache makes the work less."""
    ids = [number.to_bytes(16, "big") for number in range(TOKENS)]
    promise = partial(Voucher, iss=programme.iss, exp=NOW + 86_400, iat=NOW - 60, amount=AMOUNT)
    if request.param == "note":
        notes = (promise(cti=cti, home=programme.shop.id) for cti in ids)
        texts = [qr.encode_voucher(vouchers.issue(note, programme.mint)) for note in notes]
    else:
        phone = programme.phone_ed25519
        allowances = (promise(cti=cti, cnf=phone.public) for cti in ids)
        texts = [
            qr.encode_code(
                codes.sign(
                    PaymentCode(NOW, 1, AMOUNT, vouchers.issue(allowance, programme.mint), programme.terminal.hex()),
                    phone,
                )
            )
            for allowance in allowances
        ]
    return Case(tuple(texts), context_of(programme), signatures=1 if request.param == "note" else 2)


def verifications(amount: int) -> Callable[[], None]:
    """Bare Ed25519 verifications of as many messages of a voucher's size."""
    private = Ed25519PrivateKey.from_private_bytes(bytes(32))
    public = private.public_key()
    messages = [number.to_bytes(4, "big") * 40 for number in range(amount)]
    signed = [(private.sign(message), message) for message in messages]

    def run() -> None:
        for signature, message in signed:
            public.verify(signature, message)

    return run


def test_check_once_parsed(case: Case, compare: Callable[..., None], request: pytest.FixtureRequest) -> None:
    tokens = [qr.read(text) for text in case.texts]

    def ours() -> None:
        for token in tokens:
            assert isinstance(acceptance.judge(token, case.context), Accepted)

    compare(
        f"{request.node.callspec.params['case']} check, once parsed",
        ours,
        verifications(TOKENS * case.signatures),
        amount=TOKENS,
        unit="checks/s",
        goal=GOAL_PARSED,
    )


def test_check_from_text(case: Case, compare: Callable[..., None], request: pytest.FixtureRequest) -> None:
    def ours() -> None:
        for text in case.texts:
            assert isinstance(acceptance.check(text, case.context), Accepted)

    compare(
        f"{request.node.callspec.params['case']} check, from the QR's text",
        ours,
        verifications(TOKENS * case.signatures),
        amount=TOKENS,
        unit="checks/s",
        goal=GOAL_FROM_TEXT,
    )
