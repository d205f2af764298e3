# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A test programme: fixed keys, shop, terminal and cards that set up any part reproducibly. Never a real one."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final, Self

from heitje.acceptance import Shop
from heitje.card.keys import Masters
from heitje.keys import SigningKey
from heitje.trust_root import Role, derived_keys, derived_root

TEST_ROOT_EXPIRES: Final = 4_000_000_000
"""A test programme's root is valid at any time that a test may set its clock to."""


@dataclass(frozen=True, slots=True)
class TestCard:
    """A card of the programme; `balance` cents."""

    __test__ = False  # no test class, in spite of its name

    uid: bytes
    balance: int


@dataclass(frozen=True)
class TestProgramme:
    """The fields of `vectors/test-programme.json`, keys as keys."""

    __test__ = False

    iss: str
    df_name: bytes
    mint: SigningKey
    mint_next: SigningKey
    master_issuer: bytes
    master_terminal: bytes
    master_loader: bytes
    master_transaction_mac: bytes
    terminal: bytes
    terminal_seed: bytes
    phone_ed25519: SigningKey
    phone_p256: SigningKey
    shop: Shop
    paper_till: bool
    cards: tuple[TestCard, ...]

    @property
    def terminal_key(self) -> SigningKey:
        """The terminal's own key."""
        return SigningKey.from_seed(self.terminal_seed)

    @property
    def trust_keys(self) -> dict[Role, tuple[SigningKey, ...]]:
        """The keys of the trust repository's roles, derived from the mint's."""
        return derived_keys(self.mint.ed25519.private_bytes_raw())

    @property
    def trust_root(self) -> bytes:
        """The first root, as terminals are given it at enrolment."""
        return derived_root(self.mint.ed25519.private_bytes_raw(), TEST_ROOT_EXPIRES)

    @property
    def masters(self) -> Masters:
        """The masters of the programme's cards."""
        return Masters(self.master_issuer, self.master_terminal, self.master_loader, self.master_transaction_mac)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the JSON document. Raises `ValueError` that names what is wrong."""
        try:
            document: dict[str, Any] = json.loads(text)
            shop = document["shop"]
            return cls(
                iss=str(document["programme"]),
                df_name=_hex(document, "df_name", 8),
                mint=SigningKey.from_seed(_hex(document, "mint_ed25519_seed", 32)),
                mint_next=SigningKey.from_seed(_hex(document, "mint_ed25519_seed_next", 32)),
                master_issuer=_hex(document, "card_master_issuer", 16),
                master_terminal=_hex(document, "card_master_terminal", 16),
                master_loader=_hex(document, "card_master_loader", 16),
                master_transaction_mac=_hex(document, "card_master_transaction_mac", 16),
                terminal=_hex(document, "terminal_id", 8),
                terminal_seed=_hex(document, "terminal_ed25519_seed", 32),
                phone_ed25519=SigningKey.from_seed(_hex(document, "phone_ed25519_seed", 32)),
                phone_p256=SigningKey.from_p256(_hex(document, "phone_p256_private", 32)),
                shop=Shop(str(shop["id"]), str(shop["category"]), str(shop["area"])),
                paper_till=bool(shop["paper_till"]),
                cards=tuple(TestCard(_hex(card, "uid", 7), int(card["balance"])) for card in document["cards"]),
            )
        except KeyError as error:
            raise ValueError(f"the test programme has no {error.args[0]}") from error
        except (TypeError, AttributeError) as error:
            raise ValueError(f"this is no test programme: {error}") from error


PUBLISHED_SECRETS: Final = frozenset(
    {
        "2cb5c7a2018ec035",
        "420a9e055c87bc6d",
        "c0564c91450da7b3",
        "fecc537eead48f0a",
        "ecb4deb2feaec2f0",
        "01db16c683114330",
        "9afb497532f5b4b7",
        "f5ccdf0e05c2e695",
        "46f8e024a96fdea5",
        *("699887d3270b2f9b", "ba8d27be01af8485", "4eeec3a563abf528"),  # the trust repository's roles: root,
        *("ecd01d413b763c35", "fe70607cfb4d73e3", "0d17357339ecf3e9"),  # targets,
        *("08edb8652399d8bd", "eeea6e6400e71f70", "abe20169e34945ae"),  # snapshot, timestamp, trust,
        *("77a5832dd7541324", "2a41012515b2163e", "a864e00d38dddaf0"),  # software, log;
        *("3d74b08342a1b2cb", "3beacae2e7d03abd"),  # the public keys that a till starts from: the mint's
        *("da1b94d404f920ac", "45622314ffdd73b2", "f9127b260755a774"),  # and the root's
    }
)
"""First 8 bytes of the SHA-256 of each secret of the published test programme, and of each public key that a till
starts from: production settings refuse them."""


def is_published(key: bytes) -> bool:
    """Whether a seed, a master or a root's public key is one of the published test programme."""
    return hashlib.sha256(key).hexdigest()[:16] in PUBLISHED_SECRETS


def _hex(document: dict[str, Any], name: str, length: int) -> bytes:
    value = bytes.fromhex(document[name])
    if len(value) != length:
        raise ValueError(f"{name} is not {length} bytes")
    return value
