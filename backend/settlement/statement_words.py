# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A statement's words in plain Dutch, English and German: headings, what happened, and why something is held."""

from typing import Final

LANGUAGES: Final = ("nl", "en", "de")
_TABLE: Final[dict[str, tuple[str, str, str]]] = {
    "title": ("Afrekening", "Statement", "Abrechnung"),
    "for": ("Voor", "For", "Für"),
    "account": ("Rekening", "Account", "Konto"),
    "date": ("Datum", "Date", "Datum"),
    "reference": ("Kenmerk", "Reference", "Kennzeichen"),
    "time": ("Tijd", "Time", "Zeit"),
    "what": ("Wat", "What", "Was"),
    "euro": ("Euro", "Euro", "Euro"),
    "cents": ("Cent", "Cents", "Cent"),
    "why": ("Waarom", "Why", "Warum"),
    "sales": ("Verkocht en teruggegeven", "Sold and given back", "Verkauft und zurückgegeben"),
    "sum": ("Samen", "Sum", "Summe"),
    "total sent": ("U krijgt op uw rekening", "Sent to your account", "Sie erhalten auf Ihr Konto"),
    "open": ("Nog niet betaald", "Not paid yet", "Noch nicht bezahlt"),
    "nothing open": ("Er staat niets open.", "Nothing is open.", "Es ist nichts offen."),
    "page": ("Bladzijde", "Page", "Seite"),
    "questions": (
        "Klopt er iets niet? Bel of mail de gemeente en noem het kenmerk.",
        "Is something wrong? Call or write to the municipality and give the reference.",
        "Stimmt etwas nicht? Rufen oder schreiben Sie der Gemeinde und nennen Sie das Kennzeichen.",
    ),
    "redeemed": ("Verkocht", "Sold", "Verkauft"),
    "redeemed later": (
        "Verkocht, betaald uit de garantie",
        "Sold, paid by the guarantee",
        "Verkauft, aus der Garantie bezahlt",
    ),
    "refunded": ("Teruggegeven", "Given back", "Zurückgegeben"),
    "rejected by the bank": (
        "Niet betaald door de bank",
        "Not paid by the bank",
        "Von der Bank nicht bezahlt",
    ),
    "paid again": ("Opnieuw betaald", "Paid again", "Erneut bezahlt"),
    "sent to the bank": ("Naar de bank gestuurd", "Sent to the bank", "An die Bank gesendet"),
    "held": ("Vastgehouden", "Held", "Zurückgehalten"),
    "waiting": ("Wacht", "Waiting", "Wartet"),
    "bad card mac": (
        "De kaart is niet echt. Wij kijken ernaar.",
        "The card is not genuine. We are looking into it.",
        "Die Karte ist nicht echt. Wir prüfen es.",
    ),
    "card chain": (
        "De betalingen van de kaart passen niet op elkaar.",
        "The card's payments do not fit together.",
        "Die Zahlungen der Karte passen nicht zusammen.",
    ),
    "card overdrawn": (
        "Er stond niet genoeg op de kaart.",
        "There was too little on the card.",
        "Auf der Karte war zu wenig.",
    ),
    "card rules": (
        "De verkoop was niet volgens de regels.",
        "The sale was not by the rules.",
        "Der Verkauf war nicht nach den Regeln.",
    ),
    "two payloads": (
        "Dezelfde code is twee keer gebruikt.",
        "The same code was used twice.",
        "Derselbe Code wurde zweimal benutzt.",
    ),
    "overspent": (
        "Er was niet genoeg geld meer.",
        "There was too little money left.",
        "Es war nicht mehr genug Geld da.",
    ),
    "mint key": (
        "De code is niet door de gemeente gemaakt.",
        "The code was not made by the municipality.",
        "Der Code stammt nicht von der Gemeinde.",
    ),
    "beyond guarantee": (
        "Meer dan de garantie van 30 dagen.",
        "More than the guarantee for 30 days.",
        "Mehr als die Garantie für 30 Tage.",
    ),
    "contradiction": (
        "Kassa en kaart zeggen iets anders.",
        "Till and card say different things.",
        "Kasse und Karte sagen Verschiedenes.",
    ),
    "fork": (
        "De kassa heeft twee verschillende lijsten gestuurd.",
        "The till sent two different lists.",
        "Die Kasse hat zwei verschiedene Listen gesendet.",
    ),
    "terminal not allowed": (
        "Deze kassa mag nu geen heitjes aannemen.",
        "This till may not take heitjes now.",
        "Diese Kasse darf zurzeit keine Heitjes annehmen.",
    ),
    "card blocked": ("De kaart was geblokkeerd.", "The card was blocked.", "Die Karte war gesperrt."),
    "card late": (
        "De verkoop kwam te laat binnen.",
        "The sale arrived too late.",
        "Der Verkauf kam zu spät an.",
    ),
    "waits for the card's next transaction": (
        "Wacht tot de kaart weer wordt gebruikt.",
        "Waits until the card is used again.",
        "Wartet, bis die Karte wieder benutzt wird.",
    ),
    "waits for the next sales": (
        "Gaat af van uw volgende verkopen.",
        "Comes out of your next sales.",
        "Wird von Ihren nächsten Verkäufen abgezogen.",
    ),
    "the card's transactions do not chain": (
        "De betalingen van de kaart passen niet op elkaar.",
        "The card's payments do not fit together.",
        "Die Zahlungen der Karte passen nicht zusammen.",
    ),
    "more than the card's purse holds": (
        "Er stond niet genoeg op de kaart.",
        "There was too little on the card.",
        "Auf der Karte war zu wenig.",
    ),
    "internal": (
        "Wij hebben dit nog niet kunnen beoordelen.",
        "We could not judge this yet.",
        "Wir konnten dies noch nicht beurteilen.",
    ),
    "the bank did not pay": (
        "De bank kon niet betalen. Controleer uw rekeningnummer",
        "The bank could not pay. Check your account number",
        "Die Bank konnte nicht zahlen. Prüfen Sie Ihre Kontonummer",
    ),
    "announced": ("Aangekondigd", "Announced", "Angekündigt"),
    "another account": (
        "Straks betalen wij op deze rekening. Niet van u? Bel of mail nu de gemeente",
        "Soon we pay to this account. Not yours? Call or write to the municipality now",
        "Bald zahlen wir auf dieses Konto. Nicht Ihres? Rufen oder schreiben Sie jetzt der Gemeinde",
    ),
}
KNOWN: Final = frozenset(_TABLE)


def say(word: str, language: str) -> str:
    """A word of the books in a shopkeeper's language; with a bank's code after a colon, where there is one."""
    known, _, code = word.partition(": ")
    texts = _TABLE.get(known)
    if texts is None:
        return word
    said = texts[LANGUAGES.index(language)]
    return f"{said} ({code})" if code else said
