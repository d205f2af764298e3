# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Orders for cards, sessions with cards over a terminal's reader, and who holds masters. Ids in hex, Unix seconds."""

from typing import ClassVar

from django.db import models

from backend.minting.models import Card, Load
from backend.shops.models import Terminal
from heitje.relay import Work


class CardOrder(models.Model):
    """A card that is to be made; of nobody yet where `citizen` is empty. `scope`: a JSON list of texts, or empty."""

    citizen = models.CharField(max_length=40, default="")
    scope = models.TextField(default="")
    years = models.PositiveSmallIntegerField()
    ordered_at = models.BigIntegerField()
    card = models.OneToOneField(Card, on_delete=models.PROTECT, null=True, related_name="card_order")
    """The card that is made for it, from the moment that its making begins."""

    def __str__(self) -> str:
        return f"order {self.pk}"


class CardSession(models.Model):
    """One session with a card: enough to play it again from its beginning, in whatever process the next answer comes.

    `seed` gives its random numbers, `acts` (JSON) what was done in the books on the way; `end` (JSON) how it ended.
    """

    id = models.CharField(primary_key=True, max_length=32)
    terminal = models.ForeignKey(Terminal, on_delete=models.PROTECT, related_name="card_sessions")
    uid = models.CharField(max_length=14)
    what = models.CharField(max_length=11, choices=[(work.value, work.value) for work in Work])
    order = models.ForeignKey(CardOrder, on_delete=models.PROTECT, null=True, related_name="sessions")
    seed = models.BinaryField(max_length=32)
    opened_at = models.BigIntegerField()
    acts = models.TextField(default="[]")
    end = models.TextField(default="")
    ended_at = models.BigIntegerField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=("uid",), name="cards_open_sessions", condition=models.Q(ended_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"session {self.id}"


class CardStep(models.Model):
    """An APDU that was given out, and what came back of it. `heard` with no answer: the card had left."""

    session = models.ForeignKey(CardSession, on_delete=models.CASCADE, related_name="steps")
    number = models.PositiveIntegerField()
    apdu = models.BinaryField()
    told = models.CharField(max_length=80, default="")
    heard = models.BooleanField(default=False)
    answer = models.BinaryField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("session", "number"), name="cards_step_once"),
        ]

    def __str__(self) -> str:
        return f"step {self.number} of {self.session_id}"


class SpoiledCard(models.Model):
    """A blank that was spoiled in the making: it is thrown away, and its order waits for another one."""

    card = models.OneToOneField(Card, on_delete=models.PROTECT, related_name="spoiled")
    order = models.ForeignKey(CardOrder, on_delete=models.PROTECT, related_name="spoiled")
    at = models.BigIntegerField()

    def __str__(self) -> str:
        return f"spoiled for {self.order}"


class GivenUpLoad(models.Model):
    """A load in flight that went back with no proof, for its card was reported lost and a window has passed."""

    load = models.OneToOneField(Load, on_delete=models.PROTECT, related_name="given_up")
    at = models.BigIntegerField()

    def __str__(self) -> str:
        return f"given up: {self.load}"


class MasterHolder(models.Model):
    """A terminal as a holder of key 1's masters: `held` (a JSON list of versions) is what it said at `asked_at`.

    `released_at`: since two officials who compared its 8 digits let it have them.
    """

    terminal = models.OneToOneField(Terminal, on_delete=models.PROTECT, primary_key=True, related_name="masters")
    released_at = models.BigIntegerField(null=True)
    held = models.CharField(max_length=40, default="[]")
    newest = models.PositiveSmallIntegerField(default=0)
    asked_at = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return f"masters of {self.terminal_id}"
