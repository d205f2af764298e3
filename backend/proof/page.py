# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The page that the public reads: the last reserve statement in plain language, as a file beside the log.

Three languages, no script, no colour that carries meaning; a table that a screen reader reads as one.
"""

from collections.abc import Mapping
from dataclasses import asdict
from html import escape
from string import Template
from typing import Final

from heitje.proof.checkpoint import Checkpoint
from heitje.proof.leaf import Statement
from heitje.proof.note import NoteKey

LANGUAGES: Final = ("nl", "en", "de")
_HOME: Final = "nl"

_PAGE: Final = Template("""\
<!DOCTYPE html>
<html lang="$language">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
body { font: 1.125rem/1.6 system-ui, sans-serif; max-width: 42rem; margin: 0 auto; padding: 1rem; color: #1b1b1b;
  background: #fff; }
h1 { line-height: 1.2; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
caption { text-align: left; font-weight: bold; padding: .5rem 0; }
th, td { padding: .5rem; border-bottom: 1px solid #767676; text-align: left; font-weight: normal; }
td { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
tr.sum th, tr.sum td { font-weight: bold; }
a { color: #0b4f8a; }
code { overflow-wrap: anywhere; }
nav a { margin-right: 1rem; }
</style>
</head>
<body>
<nav aria-label="$languages">$links</nav>
<main>
<h1>$title</h1>
<p>$lead</p>
<p><strong>$verdict</strong></p>
<table>
<caption>$caption</caption>
<tbody>
$rows
</tbody>
</table>
<h2>$how_title</h2>
<p>$how</p>
<p>$key_text <code>$key</code></p>
<p>$tree</p>
</main>
</body>
</html>
""")

_TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "nl": {
        "name": "Nederlands",
        "languages": "Taal",
        "title": "Is elke heitje gedekt?",
        "lead": "Elke heitje is een euro die de gemeente apart heeft gezet. Elke boeking staat, zonder namen, in een "
        "openbaar logboek dat niet ongemerkt veranderd kan worden. Dit is de laatste opgave daaruit.",
        "covered": "Ja: in de reserve zit genoeg voor alle munten en voor alles wat winkels nog krijgen.",
        "short": "Nee: in de reserve zit te weinig.",
        "caption": "Stand op {day}, in euro",
        "outstanding": "Munten bij mensen, op kaarten, telefoons en papier",
        "owed": "Nog te betalen aan winkels",
        "cover": "Vrij, toegezegd of achter de hand",
        "reserve": "Samen: de reserve bij de bank",
        "minted": "Ooit gemunt voor gedaan werk",
        "redeemed": "Ooit uitgegeven bij winkels",
        "refunded": "Daarvan door winkels teruggegeven",
        "expired": "Verlopen of teruggenomen",
        "lost": "Uit het verliesfonds aan winkels betaald",
        "how_title": "Zelf nakijken",
        "how": "Wie dit niet op ons woord wil geloven, kijkt het na met het programma <code>heitje audit</code> en een "
        "afschrift van de bank. Met de kleine QR-code op een bon is te zien dat die bon in het logboek staat.",
        "key_text": "De sleutel van het logboek:",
        "tree": "Het logboek heeft {size} regels. Hash van alles samen: <code>{root}</code>",
    },
    "en": {
        "name": "English",
        "languages": "Language",
        "title": "Is every heitje backed?",
        "lead": "Each heitje is a euro that the municipality has put aside. Every posting stands, without names, in a "
        "public log that nobody can change unnoticed. This is its last statement.",
        "covered": "Yes: the reserve holds enough for all coins and for all that shops are still owed.",
        "short": "No: the reserve holds too little.",
        "caption": "As of {day}, in euro",
        "outstanding": "Coins with people, on cards, phones and paper",
        "owed": "Still to be paid to shops",
        "cover": "Free, promised, or set aside",
        "reserve": "Together: the reserve at the bank",
        "minted": "Ever minted for work done",
        "redeemed": "Ever spent at shops",
        "refunded": "Of that given back by shops",
        "expired": "Expired or taken back",
        "lost": "Paid to shops by the loss fund",
        "how_title": "Look for yourself",
        "how": "Whoever does not want to take our word checks it with the program <code>heitje audit</code> and a "
        "statement of the bank. The small QR code on a receipt shows that this receipt is in the log.",
        "key_text": "The log's key:",
        "tree": "The log has {size} entries. Hash over all of them: <code>{root}</code>",
    },
    "de": {
        "name": "Deutsch",
        "languages": "Sprache",
        "title": "Ist jeder Heitje gedeckt?",
        "lead": "Jeder Heitje ist ein Euro, den die Gemeinde zurückgelegt hat. Jede Buchung steht, ohne Namen, in "
        "einem öffentlichen Protokoll, das niemand unbemerkt ändern kann. Dies ist die letzte Aufstellung daraus.",
        "covered": "Ja: die Reserve reicht für alle Münzen und für alles, was Läden noch bekommen.",
        "short": "Nein: in der Reserve ist zu wenig.",
        "caption": "Stand vom {day}, in Euro",
        "outstanding": "Münzen bei Menschen, auf Karten, Telefonen und Papier",
        "owed": "Noch an Läden zu zahlen",
        "cover": "Frei, zugesagt oder zurückgelegt",
        "reserve": "Zusammen: die Reserve bei der Bank",
        "minted": "Je für getane Arbeit geprägt",
        "redeemed": "Je in Läden ausgegeben",
        "refunded": "Davon von Läden zurückgegeben",
        "expired": "Verfallen oder zurückgenommen",
        "lost": "Aus dem Verlustfonds an Läden bezahlt",
        "how_title": "Selbst nachsehen",
        "how": "Wer uns das nicht glauben will, prüft es mit dem Programm <code>heitje audit</code> und einem "
        "Kontoauszug. Mit dem kleinen QR-Code auf einem Bon lässt sich zeigen, dass der Bon im Protokoll steht.",
        "key_text": "Der Schlüssel des Protokolls:",
        "tree": "Das Protokoll hat {size} Einträge. Hash über alle: <code>{root}</code>",
    },
}
_NOW: Final = ("outstanding", "owed", "cover", "reserve")
_EVER: Final = ("minted", "redeemed", "refunded", "expired", "lost")


def pages(statement: Statement, checkpoint: Checkpoint, key: NoteKey) -> dict[str, bytes]:
    """The page in each language, by the file's name; `index.html` is Dutch."""
    return {_file(language): _page(language, statement, checkpoint, key).encode() for language in LANGUAGES}


def _page(language: str, statement: Statement, checkpoint: Checkpoint, key: NoteKey) -> str:
    say, amounts = _TEXTS[language], asdict(statement.figures)
    figures = statement.figures
    covered = figures.reserve >= figures.outstanding + figures.owed
    rows = [_row(say[name], amounts[name], language, name == "reserve") for name in _NOW]
    rows += [_row(say[name], amounts[name], language, summed=False) for name in _EVER]
    return _PAGE.substitute(
        {name: say[name] for name in ("title", "languages", "lead", "how_title", "how", "key_text")},
        language=language,
        links=" ".join(_link(other, language) for other in LANGUAGES),
        verdict=say["covered" if covered else "short"],
        caption=say["caption"].format(day=statement.day.isoformat()),
        rows="\n".join(rows),
        key=escape(str(key)),
        tree=say["tree"].format(size=checkpoint.size, root=checkpoint.root.hex()),
    )


def _link(language: str, shown: str) -> str:
    current = ' aria-current="page"' if language == shown else ""
    return (
        f'<a href="{_file(language)}" hreflang="{language}" lang="{language}"{current}>{_TEXTS[language]["name"]}</a>'
    )


def _row(text: str, cents: int, language: str, summed: bool) -> str:
    whole, rest = divmod(cents, 100)
    grouped, point = (f"{whole:,}", ".") if language == "en" else (f"{whole:,}".replace(",", "."), ",")
    mark = ' class="sum"' if summed else ""
    return f'<tr{mark}><th scope="row">{text}</th><td>{grouped}{point}{rest:02}</td></tr>'


def _file(language: str) -> str:
    return "index.html" if language == _HOME else f"{language}.html"
