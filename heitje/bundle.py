# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The trust bundle: what a till must know of a programme to decide with no network (DESIGN.md section 4).

A COSE_Sign1 under `heitje/bundle/1` by a key that the till was given at enrolment. It is made for one terminal and
holds the scope data of that terminal's shop.
"""

from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any, Final, Self

from heitje import claims, cose
from heitje.acceptance import ListedKey, Shop
from heitje.claims import Claim, Table
from heitje.cose import AAD_BUNDLE, MalformedToken
from heitje.deterministic import Value, encode
from heitje.keys import PublicKey, Signer
from heitje.limits import CardLimits, Limits

BUNDLE_MAX: Final = 4 * 1024 * 1024
"""Bytes; a deny list of 100 000 ids fits."""
_TERMINAL_LENGTH: Final = 8


class KeyUse(StrEnum):
    """What a listed key may sign."""

    VOUCHER = "voucher"
    CARD = "card"
    TIME = "time"
    BUNDLE = "bundle"


def _is_maps(value: object) -> bool:
    return type(value) is list and all(type(item) is dict for item in value)


def _is_ids(value: object) -> bool:
    return type(value) is list and all(type(item) is bytes for item in value)


def _is_map(value: object) -> bool:
    return type(value) is dict


def _is_raw_key(value: object) -> bool:
    return type(value) is bytes and len(value) == 32


_CLAIMS: Final = Table(
    Claim(1, "iss", claims.is_text),
    Claim(3, "aud", claims.is_text),
    Claim(6, "iat", claims.is_uint),
    Claim(-70020, "version", claims.is_uint),
    Claim(-70021, "df_name", claims.is_bytes(8)),
    Claim(-70022, "keys", _is_maps),
    Claim(-70023, "shop", _is_map),
    Claim(-70024, "limits", _is_map),
    Claim(-70025, "card_limits", _is_map),
    Claim(-70026, "deny", _is_ids),
    Claim(-70027, "cards_online_only", claims.is_bool),
)
_KEY: Final = Table(
    Claim(1, "public", _is_raw_key),
    Claim(2, "uses", claims.is_texts),
    Claim(3, "valid_from", claims.is_uint),
    Claim(4, "valid_until", claims.is_uint),
)
_SHOP: Final = Table(
    Claim(1, "id", claims.is_text),
    Claim(2, "category", claims.is_text),
    Claim(3, "area", claims.is_text),
    Claim(4, "name", claims.is_text),
    Claim(5, "paper_till", claims.is_bool),
)
_LIMITS: Final = Table(*(Claim(at, row.name, claims.is_uint) for at, row in enumerate(fields(Limits), start=1)))
_CARD_LIMITS: Final = Table(
    *(Claim(at, row.name, claims.is_uint) for at, row in enumerate(fields(CardLimits), start=1))
)


@dataclass(frozen=True, slots=True)
class BundleKey:
    """A key of the programme, what it may sign, and its first and last second."""

    public: PublicKey
    uses: frozenset[KeyUse]
    valid_from: int
    valid_until: int


@dataclass(frozen=True, slots=True)
class TrustBundle:
    """What one terminal knows of one programme. `version` counts; `issued` Unix seconds; `deny` are ctis and card UIDs.

    `paper_till`: this terminal is the one till of its shop that takes paper offline.
    """

    iss: str
    terminal: bytes
    issued: int
    version: int
    df_name: bytes
    keys: tuple[BundleKey, ...]
    shop: Shop
    shop_name: str
    paper_till: bool
    limits: Limits = Limits()
    card_limits: CardLimits = CardLimits()
    deny: frozenset[bytes] = frozenset()
    cards_online_only: bool = False

    def keys_for(self, use: KeyUse) -> tuple[ListedKey, ...]:
        """The keys that may sign this."""
        return tuple(ListedKey(key.public, key.valid_from, key.valid_until) for key in self.keys if use in key.uses)

    def age_s(self, now: int) -> int:
        """Seconds since it was issued; none for a clock that is behind."""
        return max(0, now - self.issued)

    def sign(self, key: Signer) -> bytes:
        """The signed bundle. Raises `ValueError` for values that `open_bundle` would refuse."""
        document: dict[str, Any] = {
            "iss": self.iss,
            "aud": self.terminal.hex(),
            "iat": self.issued,
            "version": self.version,
            "df_name": self.df_name,
            "keys": [_write_key(listed) for listed in self.keys],
            "shop": _SHOP.write({**asdict(self.shop), "name": self.shop_name, "paper_till": self.paper_till}),
            "limits": _LIMITS.write(asdict(self.limits)),
            "card_limits": _CARD_LIMITS.write(asdict(self.card_limits)),
            "deny": sorted(self.deny),
            "cards_online_only": self.cards_online_only,
        }
        token = cose.sign(encode(_CLAIMS.write(document)), key, AAD_BUNDLE)
        open_bundle(token, (key.public,), self.terminal)
        return token

    @classmethod
    def from_claims(cls, document: dict[int, Value]) -> Self:
        """Read a payload. Raises `MalformedToken`."""
        values = _CLAIMS.read(document)
        shop = _SHOP.read(values["shop"])
        try:
            terminal = bytes.fromhex(values["aud"])
            keys = tuple(_read_key(key) for key in values["keys"])
        except ValueError as error:
            raise MalformedToken(str(error)) from error
        if terminal.hex() != values["aud"] or len(terminal) != _TERMINAL_LENGTH:
            raise MalformedToken("aud is not a terminal's id in lower-case hex")
        return cls(
            iss=values["iss"],
            terminal=terminal,
            issued=values["iat"],
            version=values["version"],
            df_name=values["df_name"],
            keys=keys,
            shop=Shop(shop["id"], shop["category"], shop["area"]),
            shop_name=shop["name"],
            paper_till=shop["paper_till"],
            limits=Limits(**_LIMITS.read(values["limits"])),
            card_limits=CardLimits(**_CARD_LIMITS.read(values["card_limits"])),
            deny=frozenset(values["deny"]),
            cards_online_only=values["cards_online_only"],
        )


def open_bundle(token: bytes, roots: tuple[PublicKey, ...], terminal: bytes) -> TrustBundle:
    """Check and read a bundle. Raises `MalformedToken` unless a root signed it for this terminal."""
    sign1 = cose.parse(token, BUNDLE_MAX)
    if not any(cose.verify(sign1, AAD_BUNDLE, root) for root in roots if root.kid == sign1.kid):
        raise MalformedToken("the bundle is not signed by a root key of this terminal")
    bundle = TrustBundle.from_claims(cose.payload_map(sign1))
    if bundle.terminal != terminal:
        raise MalformedToken("the bundle is meant for another terminal")
    return bundle


def _write_key(key: BundleKey) -> dict[int, Value]:
    return _KEY.write(
        {
            "public": key.public.raw,
            "uses": [str(use) for use in sorted(key.uses)],
            "valid_from": key.valid_from,
            "valid_until": key.valid_until,
        }
    )


def _read_key(document: dict[int, Value]) -> BundleKey:
    values = _KEY.read(document)
    uses = frozenset(KeyUse(use) for use in values["uses"])
    return BundleKey(PublicKey(values["public"]), uses, values["valid_from"], values["valid_until"])
