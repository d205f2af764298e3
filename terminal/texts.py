# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the till says, in plain words, in Dutch, English and German: why it refuses and what to do; receipts."""

from typing import Final

from heitje.journal import Instrument
from heitje.refusals import Refusal

Texts = dict[str, str]

REFUSALS: Final[dict[Refusal, Texts]] = {
    Refusal.MALFORMED: {
        "nl": "Dit is geen geldige code. Scan hem nog eens.",
        "en": "This is no valid code. Scan it again.",
        "de": "Das ist kein gültiger Code. Bitte noch einmal scannen.",
    },
    Refusal.UNKNOWN_PROGRAMME: {
        "nl": "Deze heitjes zijn van een andere gemeente. Vraag om een ander betaalmiddel.",
        "en": "These heitjes are from another town. Ask for another way to pay.",
        "de": "Diese Heitjes sind von einer anderen Stadt. Bitte anders bezahlen.",
    },
    Refusal.BAD_SIGNATURE: {
        "nl": "De echtheid is niet te controleren. Neem het niet aan.",
        "en": "It cannot be shown to be genuine. Do not accept it.",
        "de": "Die Echtheit lässt sich nicht prüfen. Bitte nicht annehmen.",
    },
    Refusal.NOT_YET_VALID: {
        "nl": "Dit is nog niet geldig. Vraag om een ander betaalmiddel.",
        "en": "This is not valid yet. Ask for another way to pay.",
        "de": "Das ist noch nicht gültig. Bitte anders bezahlen.",
    },
    Refusal.EXPIRED: {
        "nl": "Dit is verlopen. Het geld is niet weg: de gemeente kan helpen.",
        "en": "This has expired. The money is not lost: the municipality can help.",
        "de": "Das ist abgelaufen. Das Geld ist nicht verloren: die Stadt hilft.",
    },
    Refusal.NOT_VALID_HERE: {
        "nl": "Dit kan hier niet worden besteed. Vraag om een ander betaalmiddel.",
        "en": "This cannot be spent here. Ask for another way to pay.",
        "de": "Das kann hier nicht ausgegeben werden. Bitte anders bezahlen.",
    },
    Refusal.BLOCKED: {
        "nl": "Dit is geblokkeerd. De eigenaar kan de gemeente bellen.",
        "en": "This is blocked. Its owner can call the municipality.",
        "de": "Das ist gesperrt. Bitte an die Stadt wenden.",
    },
    Refusal.ALREADY_USED: {
        "nl": "Dit is al een keer gebruikt. Vraag om een nieuwe code of een ander betaalmiddel.",
        "en": "This has been used already. Ask for a new code or another way to pay.",
        "de": "Das wurde schon benutzt. Bitte einen neuen Code zeigen oder anders bezahlen.",
    },
    Refusal.CODE_TOO_OLD: {
        "nl": "De code is te oud. Laat de klant een nieuwe maken.",
        "en": "The code is too old. Ask the customer to make a new one.",
        "de": "Der Code ist zu alt. Bitte einen neuen Code erstellen.",
    },
    Refusal.MORE_THAN_THE_SALE: {
        "nl": "Dit is meer dan er te betalen is, en er is geen wisselgeld. Vraag om een ander betaalmiddel.",
        "en": "This is more than the sale, and there is no change. Ask for another way to pay.",
        "de": "Das ist mehr als der Betrag, und es gibt kein Wechselgeld. Bitte anders bezahlen.",
    },
    Refusal.TOO_LITTLE_LEFT: {
        "nl": "Er staat te weinig op. Betaal een kleiner deel of op een andere manier.",
        "en": "There is too little left. Pay a smaller part, or in another way.",
        "de": "Das Guthaben reicht nicht. Bitte einen kleineren Teil oder anders bezahlen.",
    },
    Refusal.NEEDS_A_CONNECTION: {
        "nl": "Dit kan nu alleen met verbinding. Vraag om een ander betaalmiddel of probeer het later.",
        "en": "This needs a connection now. Ask for another way to pay, or try later.",
        "de": "Das geht jetzt nur mit Verbindung. Bitte anders bezahlen oder später versuchen.",
    },
    Refusal.CARD_REMOVED: {
        "nl": "De kaart was te kort bij de lezer. Houd hem er nog eens tegenaan.",
        "en": "The card left too soon. Hold it to the reader again.",
        "de": "Die Karte war zu kurz am Leser. Bitte noch einmal anhalten.",
    },
    Refusal.CARD_ERROR: {
        "nl": "De kaart geeft een fout. Houd hem er nog eens tegenaan of betaal anders.",
        "en": "The card reports an error. Hold it again, or pay in another way.",
        "de": "Die Karte meldet einen Fehler. Bitte noch einmal anhalten oder anders bezahlen.",
    },
    Refusal.ANOTHER_CARD: {
        "nl": "Dit is een andere kaart. Houd dezelfde kaart als daarnet bij de lezer.",
        "en": "This is another card. Hold the same card as before.",
        "de": "Das ist eine andere Karte. Bitte dieselbe Karte wie vorhin anhalten.",
    },
    Refusal.SEVERAL_CARDS: {
        "nl": "Er liggen meer kaarten bij de lezer. Houd er één tegenaan.",
        "en": "There is more than one card at the reader. Hold only one.",
        "de": "Am Leser liegen mehrere Karten. Bitte nur eine anhalten.",
    },
    Refusal.NOT_A_HEITJE_CARD: {
        "nl": "Dit is geen heitjeskaart. Er is niets afgeschreven.",
        "en": "This is not a heitje card. Nothing was taken from it.",
        "de": "Das ist keine Heitje-Karte. Es wurde nichts abgebucht.",
    },
    Refusal.NOTHING_PRESENTED: {
        "nl": "Er is geen kaart, code of biljet aangeboden.",
        "en": "No card, code or note was presented.",
        "de": "Es wurde keine Karte, kein Code und kein Schein vorgelegt.",
    },
    Refusal.DEVICE_NOT_READY: {
        "nl": "Kaartlezer, scanner of opslag van de kassa werkt niet. Controleer de kabels en probeer opnieuw.",
        "en": "The till's card reader, scanner or storage does not work. Check the cables and try again.",
        "de": "Kartenleser, Scanner oder Speicher der Kasse geht nicht. Bitte Kabel prüfen und erneut versuchen.",
    },
    Refusal.CANCELLED: {
        "nl": "De verkoop is afgebroken. Er is niets afgeschreven.",
        "en": "The sale was cancelled. Nothing was taken.",
        "de": "Der Verkauf wurde abgebrochen. Es wurde nichts abgebucht.",
    },
}

INSTRUMENTS: Final[dict[Instrument, Texts]] = {
    Instrument.CARD: {"nl": "Kaart", "en": "Card", "de": "Karte"},
    Instrument.PHONE: {"nl": "Telefoon", "en": "Phone", "de": "Telefon"},
    Instrument.PAPER: {"nl": "Biljet", "en": "Note", "de": "Schein"},
}

RECEIPT: Final[dict[str, Texts]] = {
    "cash": {"nl": "Contant", "en": "Cash", "de": "Bar"},
    "total": {"nl": "Totaal", "en": "Total", "de": "Summe"},
    "paid": {"nl": "BETAALD", "en": "PAID", "de": "BEZAHLT"},
    "unresolved": {"nl": "NOG NIET ZEKER", "en": "NOT YET CERTAIN", "de": "NOCH NICHT SICHER"},
    "unresolved why": {
        "nl": "De kaart gaf geen antwoord. Houd dezelfde kaart nog eens bij de lezer. Er wordt nooit dubbel betaald.",
        "en": "The card did not answer. Hold the same card again: nothing is ever taken twice.",
        "de": "Die Karte hat nicht geantwortet. Bitte dieselbe Karte noch einmal anhalten. Nie wird doppelt abgebucht.",
    },
    "given": {"nl": "Goederen meegegeven", "en": "Goods were given", "de": "Ware wurde ausgegeben"},
    "not given": {
        "nl": "Goederen niet meegegeven",
        "en": "Goods were not given",
        "de": "Ware wurde nicht ausgegeben",
    },
    "given why": {
        "nl": "Als de kaart heeft betaald, krijgt de winkel het geld. Anders blijft het van de klant.",
        "en": "If the card has paid, the shop is paid. If not, the money stays with the customer.",
        "de": "Hat die Karte bezahlt, erhält der Laden das Geld. Sonst behält es der Kunde.",
    },
    "not given why": {
        "nl": "Als de kaart toch heeft betaald, krijgt de klant het geld terug.",
        "en": "If the card has paid all the same, the customer gets the money back.",
        "de": "Hat die Karte doch bezahlt, bekommt der Kunde das Geld zurück.",
    },
    "balance": {"nl": "Nieuw saldo kaart", "en": "New balance of the card", "de": "Neues Kartenguthaben"},
    "offline": {
        "nl": "Zonder verbinding gecontroleerd",
        "en": "Checked without a connection",
        "de": "Ohne Verbindung geprüft",
    },
    "till": {"nl": "Kassa", "en": "Till", "de": "Kasse"},
    "number": {"nl": "Bon", "en": "Receipt", "de": "Beleg"},
    "proof": {"nl": "Bewijs van deze betaling", "en": "Proof of this payment", "de": "Nachweis dieser Zahlung"},
    "coin": {
        "nl": "1 heitje = 1 euro, verdiend in de stad",
        "en": "1 heitje = 1 euro, earned in the city",
        "de": "1 Heitje = 1 Euro, verdient in der Stadt",
    },
}


def refusal_text(refusal: Refusal, language: str) -> str:
    """Why it was refused and what to do, for a person."""
    return REFUSALS[refusal][language]


def receipt_text(name: str, language: str) -> str:
    """A word or sentence of a receipt."""
    return RECEIPT[name][language]
