# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a note says, in three languages, and the picture by which its value is known to who does not read."""

from dataclasses import dataclass
from typing import Final

VALUES: Final = (100, 200, 500, 1000, 2000)


@dataclass(frozen=True, slots=True)
class Words:
    """One language. `amounts` and `pictures` in the order of `VALUES`; `{}` is filled in."""

    title: str
    good_for: str
    amounts: tuple[str, ...]
    pictures: tuple[str, ...]
    code_of: str
    home: str
    elsewhere: str
    only: str
    once: str
    until: str
    number: str
    sheet: str
    month: tuple[str, ...]
    day_mark: str = ""
    """What stands behind the day of a date."""


WORDS: Final = {
    "nl": Words(
        title="Briefjes, oplage {}",
        good_for="Goed voor",
        amounts=("één euro", "twee euro", "vijf euro", "tien euro", "twintig euro"),
        pictures=("een bloem", "een fiets", "een boom", "een bank", "een toren"),
        code_of="QR-code van briefje {}",
        home="Altijd te gebruiken bij {}.",
        elsewhere="In andere winkels alleen met verbinding.",
        only="Alleen voor: {}.",
        once="Eén keer te gebruiken, zonder wisselgeld. Bewaar het als geld.",
        until="Geldig tot en met {}",
        number="Nummer {}",
        sheet="Oplage {}, vel {} van {}",
        month=(
            "januari",
            "februari",
            "maart",
            "april",
            "mei",
            "juni",
            "juli",
            "augustus",
            "september",
            "oktober",
            "november",
            "december",
        ),
    ),
    "en": Words(
        title="Notes, print run {}",
        good_for="Good for",
        amounts=("one euro", "two euros", "five euros", "ten euros", "twenty euros"),
        pictures=("a flower", "a bicycle", "a tree", "a bench", "a tower"),
        code_of="QR code of note {}",
        home="Always accepted at {}.",
        elsewhere="Other shops need a connection.",
        only="Only for: {}.",
        once="Use it once; no change is given. Keep it like money.",
        until="Valid until {}",
        number="Number {}",
        sheet="Print run {}, sheet {} of {}",
        month=(
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ),
    ),
    "de": Words(
        title="Scheine, Auflage {}",
        good_for="Gut für",
        amounts=("ein Euro", "zwei Euro", "fünf Euro", "zehn Euro", "zwanzig Euro"),
        pictures=("eine Blume", "ein Fahrrad", "ein Baum", "eine Bank", "ein Turm"),
        code_of="QR-Code von Schein {}",
        home="Immer gültig bei {}.",
        elsewhere="In anderen Läden nur mit Verbindung.",
        only="Nur für: {}.",
        once="Einmal gültig, ohne Wechselgeld. Wie Geld aufbewahren.",
        until="Gültig bis {}",
        number="Nummer {}",
        sheet="Auflage {}, Blatt {} von {}",
        day_mark=".",
        month=(
            "Januar",
            "Februar",
            "März",
            "April",
            "Mai",
            "Juni",
            "Juli",
            "August",
            "September",
            "Oktober",
            "November",
            "Dezember",
        ),
    ),
}

COLOURS: Final = ("#b5457a", "#1f6fb2", "#2d7d46", "#a85b12", "#6a4c9c")
"""One of each value, as of `VALUES`; never the only sign of it."""

_OPEN: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100" fill="none" stroke="#111" stroke-width="5">'
)
_FLOWER: Final = (
    '<path d="M50 98V56"/><path d="M50 84C30 84 24 74 22 64C40 62 48 72 50 84Z" fill="#111"/>'
    + "".join(
        f'<circle cx="{x}" cy="{y}" r="13" fill="#fff"/>' for x, y in ((50, 17), (72, 30), (64, 54), (36, 54), (28, 30))
    )
    + '<circle cx="50" cy="37" r="11" fill="#111"/>'
)
_BICYCLE: Final = (
    '<circle cx="22" cy="66" r="18"/><circle cx="78" cy="66" r="18"/>'
    '<path d="M22 66L36 36H68L48 66H22M48 66L32 28M24 28H42M78 66L64 24H76" stroke-linejoin="round"/>'
)
_TREE: Final = (
    '<path d="M43 96H57V60H43Z" fill="#111"/>'
    '<path d="M50 4C24 4 10 24 18 42C6 60 30 72 50 64C70 72 94 60 82 42C90 24 76 4 50 4Z" fill="#fff"/>'
)
_BENCH: Final = (
    '<path d="M8 28H92V40H8Z" fill="#fff"/><path d="M4 56H96V66H4Z" fill="#111"/>'
    '<path d="M18 40V92M82 40V92M18 78H8V92M82 78H92V92"/>'
)
_TOWER: Final = (
    '<path d="M32 96V40L50 4L68 40V96Z" fill="#fff" stroke-linejoin="round"/><path d="M28 40H72"/>'
    '<circle cx="50" cy="54" r="9"/><path d="M50 54V48M50 54H55" stroke-width="3"/>'
    '<path d="M44 96V78H56V96" fill="#111"/>'
)
PICTURES: Final = tuple(_OPEN + drawn + "</svg>" for drawn in (_FLOWER, _BICYCLE, _TREE, _BENCH, _TOWER))
