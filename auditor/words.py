# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the auditor says, in Dutch, English and German. A text is a format; amounts come as euros."""

from collections.abc import Mapping
from typing import Final

from auditor.findings import Found
from heitje.proof.classes import AccountClass

LANGUAGES: Final = ("nl", "en", "de")

FINDINGS: Final[Mapping[str, Mapping[Found, str]]] = {
    "nl": {
        Found.NO_CHECKPOINT: "Het logboek heeft geen leesbaar controlepunt ({why}).",
        Found.BAD_SIGNATURE: "Het controlepunt is niet ondertekend door {log}.",
        Found.OTHER_LOG: "Het controlepunt is van een ander logboek: {origin}, niet {log}.",
        Found.NO_WITNESS: "De getuige {witness} heeft dit controlepunt (van {size} regels) niet ondertekend.",
        Found.BAD_WITNESS: "De handtekening van getuige {witness} klopt niet.",
        Found.SHRUNK: "Het logboek is teruggedraaid: eerder had het {kept} regels, nu {now}.",
        Found.FORKED: "Het logboek is herschreven: wat eerder {kept} regels waren, is nu anders.",
        Found.STALE: "Het logboek loopt achter: de laatste reserveopgave is van {day}, ouder dan {hours} uur.",
        Found.MISSING_FILE: "Een bestand ontbreekt of is onleesbaar: {path} ({why}).",
        Found.MISSING_ENTRY: "Vanaf regel {entry} ontbreken er regels: {count}.",
        Found.ALTERED_ENTRY: "Regel {entry} is veranderd na ondertekening.",
        Found.WRONG_TREE: "De hashboom klopt niet: {path}.",
        Found.MALFORMED_ENTRY: "Regel {entry} is geen regel van dit logboek ({why}).",
        Found.FROM_NOTHING: "Regel {entry}: {cents} euro ging van ‘{debit}’ naar ‘{credit}’, en dat mag niet.",
        Found.BELOW_ZERO: "‘{account}’ staat onder nul: {cents} euro.",
        Found.NO_STATEMENT: "Het logboek heeft geen reserveopgave.",
        Found.WRONG_STATEMENT: "De reserveopgave van {day} (regel {entry}) klopt niet: ‘{figure}’ is volgens de opgave "
        "{said_cents} euro, volgens de boekingen {found_cents} euro.",
        Found.NOT_BACKED: "De munt is niet gedekt ({day}): er is {cents} euro te weinig.",
        Found.BANK_UNREADABLE: "Het afschrift van de bank is onleesbaar of telt niet op ({why}).",
        Found.BANK_DIFFERS: "De bank heeft {bank_cents} euro ({day}), de reserveopgave zegt {said_cents} euro.",
        Found.BROKEN_ACT: "Handeling {number} volgt niet uit handeling {after}.",
        Found.MISSING_ACTS: "Op {day} waren er {count} handelingen; gegeven zijn er {there}.",
        Found.REWRITTEN_ACTS: "De handelingen {first} tot en met {last} zijn niet wat op {day} is vastgelegd.",
        Found.UNOPENED_ANCHOR: "Niets opent wat op {day} is vastgelegd (regel {entry}).",
        Found.NO_ANCHOR: "Van de handelingen is nog nooit iets vastgelegd.",
        Found.ACTS_STALE: "De handelingen zijn het laatst op {day} vastgelegd, langer dan {hours} uur geleden.",
    },
    "en": {
        Found.NO_CHECKPOINT: "The log has no checkpoint that can be read ({why}).",
        Found.BAD_SIGNATURE: "The checkpoint is not signed by {log}.",
        Found.OTHER_LOG: "The checkpoint is another log's: {origin}, not {log}.",
        Found.NO_WITNESS: "The witness {witness} has not signed this checkpoint (of {size} entries).",
        Found.BAD_WITNESS: "The signature of the witness {witness} is wrong.",
        Found.SHRUNK: "The log was rolled back: it had {kept} entries before, now it has {now}.",
        Found.FORKED: "The log was rewritten: what was {kept} entries before is something else now.",
        Found.STALE: "The log is behind: its last reserve statement is of {day}, older than {hours} hours.",
        Found.MISSING_FILE: "A file is missing or cannot be read: {path} ({why}).",
        Found.MISSING_ENTRY: "Entries are missing from entry {entry} on: {count}.",
        Found.ALTERED_ENTRY: "Entry {entry} was altered after it was signed.",
        Found.WRONG_TREE: "The tree of hashes is wrong: {path}.",
        Found.MALFORMED_ENTRY: "Entry {entry} is no entry of this log ({why}).",
        Found.FROM_NOTHING: "Entry {entry}: {cents} euro went from '{debit}' to '{credit}', which must not be.",
        Found.BELOW_ZERO: "'{account}' is below zero: {cents} euro.",
        Found.NO_STATEMENT: "The log has no reserve statement.",
        Found.WRONG_STATEMENT: "The reserve statement of {day} (entry {entry}) is wrong: it says {said_cents} euro "
        "'{figure}', the postings say {found_cents} euro.",
        Found.NOT_BACKED: "The coin is not backed ({day}): {cents} euro are missing.",
        Found.BANK_UNREADABLE: "The bank's statement cannot be read or does not add up ({why}).",
        Found.BANK_DIFFERS: "The bank has {bank_cents} euro ({day}), the reserve statement says {said_cents} euro.",
        Found.BROKEN_ACT: "Act {number} does not follow from act {after}.",
        Found.MISSING_ACTS: "On {day} there were {count} acts; given are {there}.",
        Found.REWRITTEN_ACTS: "The acts {first} to {last} are not what was anchored on {day}.",
        Found.UNOPENED_ANCHOR: "Nothing opens what was anchored on {day} (entry {entry}).",
        Found.NO_ANCHOR: "Nothing of the acts was ever anchored.",
        Found.ACTS_STALE: "The acts were last anchored on {day}, more than {hours} hours ago.",
    },
    "de": {
        Found.NO_CHECKPOINT: "Das Protokoll hat keinen lesbaren Kontrollpunkt ({why}).",
        Found.BAD_SIGNATURE: "Der Kontrollpunkt ist nicht von {log} unterschrieben.",
        Found.OTHER_LOG: "Der Kontrollpunkt gehört zu einem anderen Protokoll: {origin}, nicht {log}.",
        Found.NO_WITNESS: "Die Zeugin {witness} hat diesen Kontrollpunkt (von {size} Einträgen) nicht unterschrieben.",
        Found.BAD_WITNESS: "Die Unterschrift der Zeugin {witness} stimmt nicht.",
        Found.SHRUNK: "Das Protokoll wurde zurückgedreht: früher hatte es {kept} Einträge, jetzt {now}.",
        Found.FORKED: "Das Protokoll wurde umgeschrieben: was früher {kept} Einträge waren, ist jetzt anders.",
        Found.STALE: "Das Protokoll ist im Rückstand: die letzte Reserveaufstellung ist vom {day}, älter als {hours} "
        "Stunden.",
        Found.MISSING_FILE: "Eine Datei fehlt oder ist unlesbar: {path} ({why}).",
        Found.MISSING_ENTRY: "Ab Eintrag {entry} fehlen Einträge: {count}.",
        Found.ALTERED_ENTRY: "Eintrag {entry} wurde nach der Unterschrift verändert.",
        Found.WRONG_TREE: "Der Hashbaum stimmt nicht: {path}.",
        Found.MALFORMED_ENTRY: "Eintrag {entry} ist kein Eintrag dieses Protokolls ({why}).",
        Found.FROM_NOTHING: "Eintrag {entry}: {cents} Euro gingen von „{debit}“ an „{credit}“; das darf nicht sein.",
        Found.BELOW_ZERO: "„{account}“ liegt unter null: {cents} Euro.",
        Found.NO_STATEMENT: "Das Protokoll hat keine Reserveaufstellung.",
        Found.WRONG_STATEMENT: "Die Reserveaufstellung vom {day} (Eintrag {entry}) stimmt nicht: „{figure}“ ist dort "
        "{said_cents} Euro, nach den Buchungen {found_cents} Euro.",
        Found.NOT_BACKED: "Die Münze ist nicht gedeckt ({day}): es fehlen {cents} Euro.",
        Found.BANK_UNREADABLE: "Der Kontoauszug ist unlesbar oder geht nicht auf ({why}).",
        Found.BANK_DIFFERS: "Die Bank hat {bank_cents} Euro ({day}), die Reserveaufstellung sagt {said_cents} Euro.",
        Found.BROKEN_ACT: "Handlung {number} folgt nicht aus Handlung {after}.",
        Found.MISSING_ACTS: "Am {day} gab es {count} Handlungen; gegeben sind {there}.",
        Found.REWRITTEN_ACTS: "Die Handlungen {first} bis {last} sind nicht das, was am {day} festgehalten wurde.",
        Found.UNOPENED_ANCHOR: "Nichts öffnet, was am {day} festgehalten wurde (Eintrag {entry}).",
        Found.NO_ANCHOR: "Von den Handlungen wurde noch nie etwas festgehalten.",
        Found.ACTS_STALE: "Die Handlungen wurden zuletzt am {day} festgehalten, vor mehr als {hours} Stunden.",
    },
}

SAYINGS: Final[Mapping[str, Mapping[str, str]]] = {
    "nl": {
        "log": "Logboek {origin}: {size} regels, waarvan {postings} boekingen en {statements} reserveopgaven.",
        "statement": "Reserveopgave van {day}:",
        "good": "Alles klopt: het logboek is alleen gegroeid, de opgaven volgen uit de boekingen, de munt is gedekt.",
        "bad": "Niet in orde:",
        "no_bank": "Zonder afschrift van de bank is de reserve zelf niet nagekeken.",
        "not_summed": "De bedragen zijn niet nagerekend: eerst moet de hashboom kloppen.",
        "receipt": "Bon {entry}: in logboek {origin}, dat {size} regels heeft.",
        "posting": "Regel {index}, {day}: {cents} euro van ‘{debit}’ naar ‘{credit}’ ({kind}, gebeurtenis {event}).",
        "receipt_bad": "Dit bewijs klopt niet: {why}.",
        "receipt_other": "Dit bewijs is van een andere bon.",
        "cosigned": "Getuigd: {origin}, {size} regels.",
        "evidence": "Beide controlepunten zijn bewaard; ze dragen de handtekening van het logboek.",
        "acts": "Handelingen: {acts}, waarvan {anchored} vastgelegd in {origin} ({size} regels).",
        "acts_good": "Alles klopt: wat is vastgelegd, is niet veranderd en niet weggelaten.",
    },
    "en": {
        "log": "Log {origin}: {size} entries, of which {postings} postings and {statements} reserve statements.",
        "statement": "Reserve statement of {day}:",
        "good": "All of it is right: the log only grew, the statements follow from the postings, the coin is backed.",
        "bad": "Not in order:",
        "no_bank": "Without the bank's statement the reserve itself was not looked at.",
        "not_summed": "The sums were not looked at: first the tree of hashes has to be right.",
        "receipt": "Receipt {entry}: in the log {origin}, which has {size} entries.",
        "posting": "Entry {index}, {day}: {cents} euro from '{debit}' to '{credit}' ({kind}, event {event}).",
        "receipt_bad": "This proof does not hold: {why}.",
        "receipt_other": "This proof is another receipt's.",
        "cosigned": "Witnessed: {origin}, {size} entries.",
        "evidence": "Both checkpoints are kept; they bear the log's signature.",
        "acts": "Acts: {acts}, of which {anchored} are anchored in {origin} ({size} entries).",
        "acts_good": "All of it is right: what was anchored is neither changed nor left out.",
    },
    "de": {
        "log": "Protokoll {origin}: {size} Einträge, davon {postings} Buchungen und {statements} Reserveaufstellungen.",
        "statement": "Reserveaufstellung vom {day}:",
        "good": "Alles stimmt: das Protokoll ist nur gewachsen, die Aufstellungen folgen aus den Buchungen, "
        "die Münze ist gedeckt.",
        "bad": "Nicht in Ordnung:",
        "no_bank": "Ohne Kontoauszug wurde die Reserve selbst nicht geprüft.",
        "not_summed": "Die Beträge wurden nicht nachgerechnet: zuerst muss der Hashbaum stimmen.",
        "receipt": "Bon {entry}: im Protokoll {origin}, das {size} Einträge hat.",
        "posting": "Eintrag {index}, {day}: {cents} Euro von „{debit}“ an „{credit}“ ({kind}, Ereignis {event}).",
        "receipt_bad": "Dieser Nachweis stimmt nicht: {why}.",
        "receipt_other": "Dieser Nachweis gehört zu einem anderen Bon.",
        "cosigned": "Bezeugt: {origin}, {size} Einträge.",
        "evidence": "Beide Kontrollpunkte sind aufbewahrt; sie tragen die Unterschrift des Protokolls.",
        "acts": "Handlungen: {acts}, davon {anchored} in {origin} festgehalten ({size} Einträge).",
        "acts_good": "Alles stimmt: was festgehalten wurde, ist weder verändert noch weggelassen.",
    },
}

FIGURES: Final[Mapping[str, Mapping[str, str]]] = {
    "nl": {
        "minted": "gemunt",
        "redeemed": "uitgegeven bij winkels",
        "refunded": "teruggegeven door winkels",
        "expired": "verlopen of teruggenomen",
        "recovered": "teruggevorderd",
        "lost": "betaald uit het verliesfonds",
        "outstanding": "munten in omloop",
        "owed": "schuld aan winkels",
        "cover": "vrije dekking",
        "reserve": "reserve",
    },
    "en": {
        "minted": "minted",
        "redeemed": "spent at shops",
        "refunded": "given back by shops",
        "expired": "expired or taken back",
        "recovered": "recovered",
        "lost": "paid by the loss fund",
        "outstanding": "coins outstanding",
        "owed": "owed to shops",
        "cover": "cover beyond that",
        "reserve": "reserve",
    },
    "de": {
        "minted": "geprägt",
        "redeemed": "in Läden ausgegeben",
        "refunded": "von Läden zurückgegeben",
        "expired": "verfallen oder zurückgenommen",
        "recovered": "zurückgeholt",
        "lost": "aus dem Verlustfonds bezahlt",
        "outstanding": "Münzen im Umlauf",
        "owed": "Schuld an Läden",
        "cover": "Deckung darüber hinaus",
        "reserve": "Reserve",
    },
}


CLASSES: Final[Mapping[str, Mapping[AccountClass, str]]] = {
    "nl": {
        AccountClass.RESERVE: "reserve",
        AccountClass.FREE_COVER: "vrije dekking",
        AccountClass.COMMITTED: "toegezegd",
        AccountClass.LOSS_FUND: "verliesfonds",
        AccountClass.CITIZEN: "inwoner",
        AccountClass.EARMARKED: "geoormerkt tegoed",
        AccountClass.TEAM: "team",
        AccountClass.PURSE: "kaart",
        AccountClass.ALLOWANCE: "telefoon",
        AccountClass.NOTE: "briefje",
        AccountClass.LOAD_IN_FLIGHT: "onderweg naar een kaart",
        AccountClass.PAYABLE: "te betalen aan een winkel",
        AccountClass.IN_BATCH: "in een betaalbestand",
        AccountClass.RETURNED: "door de bank teruggestuurd",
        AccountClass.UNIDENTIFIED: "nog niet verklaard",
    },
    "en": {
        AccountClass.RESERVE: "reserve",
        AccountClass.FREE_COVER: "free cover",
        AccountClass.COMMITTED: "promised",
        AccountClass.LOSS_FUND: "loss fund",
        AccountClass.CITIZEN: "citizen",
        AccountClass.EARMARKED: "earmarked grant",
        AccountClass.TEAM: "team",
        AccountClass.PURSE: "card",
        AccountClass.ALLOWANCE: "phone",
        AccountClass.NOTE: "paper note",
        AccountClass.LOAD_IN_FLIGHT: "on its way to a card",
        AccountClass.PAYABLE: "owed to a shop",
        AccountClass.IN_BATCH: "in a payment file",
        AccountClass.RETURNED: "sent back by the bank",
        AccountClass.UNIDENTIFIED: "not yet explained",
    },
    "de": {
        AccountClass.RESERVE: "Reserve",
        AccountClass.FREE_COVER: "freie Deckung",
        AccountClass.COMMITTED: "zugesagt",
        AccountClass.LOSS_FUND: "Verlustfonds",
        AccountClass.CITIZEN: "Einwohner",
        AccountClass.EARMARKED: "zweckgebundenes Guthaben",
        AccountClass.TEAM: "Gruppe",
        AccountClass.PURSE: "Karte",
        AccountClass.ALLOWANCE: "Telefon",
        AccountClass.NOTE: "Schein",
        AccountClass.LOAD_IN_FLIGHT: "unterwegs auf eine Karte",
        AccountClass.PAYABLE: "an einen Laden zu zahlen",
        AccountClass.IN_BATCH: "in einer Zahlungsdatei",
        AccountClass.RETURNED: "von der Bank zurückgeschickt",
        AccountClass.UNIDENTIFIED: "noch nicht erklärt",
    },
}
_NAMES_A_CLASS: Final = frozenset({"debit", "credit", "account"})


def euros(cents: int, language: str) -> str:
    """An amount as it is written there."""
    whole, rest = divmod(abs(cents), 100)
    grouped, point = (f"{whole:,}", ".") if language == "en" else (f"{whole:,}".replace(",", "."), ",")
    return f"{'−' if cents < 0 else ''}{grouped}{point}{rest:02}"


def put(text: str, language: str, facts: Mapping[str, str | int]) -> str:
    """A text with its facts: cents as an amount, a figure or an account by its name in the language."""

    def shown(name: str, value: str | int) -> str:
        if name.endswith("cents") and isinstance(value, int):
            return euros(value, language)
        if name in _NAMES_A_CLASS:
            return CLASSES[language][AccountClass(str(value))]
        return FIGURES[language].get(str(value), str(value)) if name == "figure" else str(value)

    return text.format_map({name: shown(name, value) for name, value in facts.items()})
