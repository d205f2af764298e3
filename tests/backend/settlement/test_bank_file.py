# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The bank's file against its schema and the SEPA rules (LEDGER.md section 3)."""

import re
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from schwifty import IBAN

from backend.settlement import bank_file, iso20022
from backend.settlement.bank_file import MESSAGE, BatchOrder, CreditTransfer, Party
from backend.settlement.iso20022 import BankFileInvalid
from heitje.money import Cents

ORDER = BatchOrder(
    programme="nl.testburg",
    debtor=Party("Gemeente Testburg", "NL02ABNA0123456789"),
    execution=date(2026, 11, 24),
    run=1,
    created_at=1_795_500_000,
    transfers=(
        CreditTransfer("bakker-1", Party("Bakkerij De Eerste", "NL91ABNA0417164300"), Cents(1234)),
        CreditTransfer("café/é-2", Party("Café Brasserie “Ö” & Søn <2>", "NL20INGB0001234567"), Cents(5)),
    ),
)
SEPA_ID = re.compile(r"(?!/)(?!.*//)[A-Za-z0-9+?():.,' /-]{1,35}(?<!/)")


def texts(document: bytes, tag: str) -> list[str]:
    """What stands in every element of a name."""
    return re.findall(rf"<{tag}(?: [^>]*)?>([^<]*)</{tag}>", document.decode())


def test_it_is_valid_and_says_what_was_ordered() -> None:
    document = bank_file.write(ORDER)
    iso20022.validate(document, MESSAGE)
    assert f'xmlns="urn:iso:std:iso:20022:tech:xsd:{MESSAGE}"' in document.decode()
    assert texts(document, "InstdAmt") == ["12.34", "0.05"]
    assert texts(document, "CtrlSum") == ["12.39", "12.39"]
    assert texts(document, "NbOfTxs") == ["2", "2"]
    assert texts(document, "IBAN") == ["NL02ABNA0123456789", "NL91ABNA0417164300", "NL20INGB0001234567"]
    assert texts(document, "Nm")[2:] == ["Bakkerij De Eerste", "Cafe Brasserie .O. . S.n .2."]
    assert texts(document, "Dt") == ["2026-11-24"]


def test_the_same_order_gives_the_same_bytes() -> None:
    assert bank_file.write(ORDER) == bank_file.write(replace(ORDER))


@given(
    st.text(min_size=1, max_size=80),
    st.text(min_size=1, max_size=40),
    st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    st.integers(1, 99),
)
def test_any_name_makes_a_valid_file_with_ids_of_the_sepa_set(name: str, shop: str, day: date, run: int) -> None:
    transfers = (CreditTransfer(shop, Party(name, "NL91ABNA0417164300"), Cents(1)),)
    document = bank_file.write(replace(ORDER, programme=name, execution=day, run=run, transfers=transfers))
    for tag in ("MsgId", "PmtInfId", "EndToEndId"):
        for text in texts(document, tag):
            assert SEPA_ID.fullmatch(text)
    [reference] = texts(document, "Ref")
    digits = "".join(str(int(sign, 36)) for sign in reference[4:] + reference[:4])
    assert (len(reference), int(digits) % 97) == (25, 1), "ISO 11649"
    [text] = texts(document, "Nm")[2:]
    assert 1 <= len(text) <= 70


def test_ids_tell_shops_days_and_runs_apart() -> None:
    names = [("nl.a", date(2026, 1, 2), 1, "x"), ("nl.b", date(2026, 1, 2), 1, "x"), ("nl.a", date(2026, 1, 3), 1, "x")]
    names += [("nl.a", date(2026, 1, 2), 2, "x"), ("nl.a", date(2026, 1, 2), 1, "y")]
    assert len({bank_file.end_to_end_id(*name) for name in names}) == 5
    assert len({bank_file.creditor_reference(*name) for name in names}) == 5


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        (b"<Cd>SEPA</Cd>", b"<Cd>TOOLONG</Cd>"),
        (b'<InstdAmt Ccy="EUR">12.34', b'<InstdAmt Ccy="EUR">12.345678'),
        (b"NL91ABNA0417164300", b"not an iban"),
        (b"</Document>", b""),
    ],
)
def test_the_schema_is_really_asked(good: bytes, bad: bytes) -> None:
    document = bank_file.write(ORDER)
    assert good in document
    with pytest.raises(BankFileInvalid):
        iso20022.validate(document.replace(good, bad), MESSAGE)


def test_entities_from_outside_are_not_followed() -> None:
    with pytest.raises(BankFileInvalid):
        iso20022.validate(b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><x>&e;</x>', MESSAGE)


def test_the_examples_ibans_check() -> None:
    assert all(IBAN(transfer.to.iban).compact == transfer.to.iban for transfer in ORDER.transfers)
