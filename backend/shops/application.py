# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A shop is admitted by two treasurers, for its account is where money will go (RULES.md section 3).

The request holds all that a bundle and the bank's file will say of the shop; each of the two compares its name with the
holder of the account, on what the bank says.
"""

import re
from dataclasses import asdict, dataclass
from typing import Final

from schwifty import IBAN
from schwifty.exceptions import SchwiftyException

from backend.officials import approvals
from backend.officials.approvals import Content
from backend.officials.matters import Matter
from backend.officials.models import Request
from backend.officials.roles import Role
from backend.officials.staff import has_role
from backend.shops.admission import NotAdmitted, admit_shop
from backend.shops.models import Shop

_WORD: Final = re.compile(r"[a-z0-9]+([-_][a-z0-9]+)*")
"""What a scope can name (`shop:bakker-1`), and a file can be called."""
_WORD_MAX: Final = 40
_NAME_MAX: Final = 70
"""As much as a bank's file takes."""


@dataclass(frozen=True, slots=True)
class Application:
    """A shop that is to be admitted. `owner`: the number of who the guarantee of LEDGER.md section 2 is counted for."""

    shop: str
    owner: str
    name: str
    category: str
    area: str
    iban: str


def request_admission(asked: Application, by: str, at: int) -> Request:
    """Ask two treasurers for it. Raises `NotAdmitted`, `approvals.NotApproved`."""
    if not has_role(by, Role.TREASURER):
        raise NotAdmitted(f"{by} is no {Role.TREASURER}")
    for what in ("shop", "owner", "category", "area"):
        word = getattr(asked, what)
        if not _WORD.fullmatch(word) or len(word) > _WORD_MAX:
            raise NotAdmitted(f"{what} {word!r}: up to {_WORD_MAX} small letters and digits, - or _ between them")
    if not asked.name.isprintable() or asked.name != asked.name.strip() or not 1 <= len(asked.name) <= _NAME_MAX:
        raise NotAdmitted(f"a shop's name is one line of 1 to {_NAME_MAX} signs")
    try:
        iban = IBAN(asked.iban).compact
    except SchwiftyException as error:
        raise NotAdmitted(f"{asked.iban}: {error}") from error
    if Shop.objects.filter(id=asked.shop).exists():
        raise NotAdmitted(f"the shop {asked.shop} is admitted")
    return approvals.request(Matter.SHOP_ADMISSION, asked.shop, asdict(asked) | {"iban": iban}, by, at)


def admit(content: Content, _: int) -> None:
    """What two approved. Raises `NotAdmitted`."""
    asked = Application(**content)
    admit_shop(
        shop_id=asked.shop,
        owner=asked.owner,
        name=asked.name,
        category=asked.category,
        area=asked.area,
        iban=asked.iban,
    )
