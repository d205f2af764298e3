# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the till says, in one language: messages by their id, amounts, dates. Plain words (B1)."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from gettext import GNUTranslations
from typing import Final

from heitje.journal import Instrument
from heitje.money import format_euros
from heitje.refusals import Refusal
from terminal.catalogues import load_catalogue

_DATE_FORMS: Final = {"nl": "%d-%m-%Y", "en": "%d/%m/%Y", "de": "%d.%m.%Y"}
_TIME_FORM: Final = "%H:%M"
LANGUAGE_NAMES: Final = {"nl": "Nederlands", "en": "English", "de": "Deutsch"}
"""Each language by its own name."""


@dataclass(frozen=True)
class Words:
    """One language. An id that has no message is shown as it is; a test holds that there is none."""

    language: str
    catalogue: GNUTranslations

    def __call__(self, message: str, /, **values: object) -> str:
        """A message; `values` are put where it has `{name}`."""
        return self.catalogue.gettext(message).format(**values)

    def count(self, message: str, count: int, /, **values: object) -> str:
        """A message in the form that goes with `count`, which it may show as `{count}`."""
        return self.catalogue.ngettext(message, message, count).format(count=count, **values)

    def euros(self, cents: int) -> str:
        """An amount with its sign."""
        return f"€ {format_euros(cents, self.language)}"

    def percent(self, permille: int) -> str:
        """A share in thousandths, as percent without its sign: `9`, `5,5`."""
        whole, tenths = divmod(permille, 10)
        return f"{whole}{format_euros(10 * tenths, self.language)[1:3]}" if tenths else str(whole)

    def date(self, moment: datetime) -> str:
        """A day."""
        return moment.strftime(_DATE_FORMS[self.language])

    def time(self, moment: datetime) -> str:
        """A time of day."""
        return moment.strftime(_TIME_FORM)

    def date_and_time(self, unix_s: int) -> str:
        """A moment in the till's own time zone."""
        moment = datetime.fromtimestamp(unix_s).astimezone()
        return f"{self.date(moment)} {self.time(moment)}"

    def instrument(self, instrument: Instrument) -> str:
        """What the value was on."""
        return self(f"instrument.{instrument.name.lower()}")

    def why(self, refusal: Refusal) -> str:
        """Why it was refused."""
        return self(f"refusal.{refusal.name.lower()}.why")

    def remedy(self, refusal: Refusal) -> str:
        """What to do about it."""
        return self(f"refusal.{refusal.name.lower()}.do")

    def refusal(self, refusal: Refusal) -> str:
        """Both, as one text."""
        return f"{self.why(refusal)} {self.remedy(refusal)}"


@lru_cache
def words_in(language: str) -> Words:
    """The words of a language."""
    return Words(language, load_catalogue(language))
