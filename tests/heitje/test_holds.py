# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The form of a hold's question and answer, and that no other form is taken for one."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heitje.holds import HoldAnswer, HoldRequest
from heitje.messages import MalformedMessage
from heitje.refusals import Refusal

sales, amounts = st.binary(min_size=16, max_size=16), st.integers(1, 1_000_000)
requests = st.one_of(
    st.builds(HoldRequest, sales, amounts, token=st.binary(min_size=0, max_size=700)),
    st.builds(HoldRequest, sales, amounts, uid=st.binary(min_size=7, max_size=7), tmc=st.integers(1, 2**32 - 1)),
)
answers = st.one_of(
    st.builds(HoldAnswer, until=st.integers(0, 2**40)),
    st.builds(HoldAnswer, reason=st.sampled_from(Refusal)),
)


@given(requests)
def test_a_question_survives_the_wire(asked: HoldRequest) -> None:
    assert HoldRequest.decode(asked.encode()) == asked


@given(answers)
def test_an_answer_survives_the_wire(answer: HoldAnswer) -> None:
    assert HoldAnswer.from_document(json.loads(json.dumps(answer.to_document()))) == answer


SALE = "AAAAAAAAAAAAAAAAAAAAAA"


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"sale": SALE, "amount": 100},
        {"sale": SALE, "amount": 100, "token": "AA", "uid": "AAAAAAAAAA", "tmc": 1},
        {"sale": SALE, "amount": 100, "token": 7},
        {"sale": SALE, "amount": 100, "token": "A" * 1000},
        {"sale": SALE, "amount": 0, "token": "AA"},
        {"sale": SALE, "amount": True, "token": "AA"},
        {"sale": SALE, "amount": 1.5, "token": "AA"},
        {"sale": SALE[:-1], "amount": 100, "token": "AA"},
        {"sale": SALE + "AA", "amount": 100, "token": "AA"},
        {"sale": SALE, "amount": 100, "uid": "AAAAAAAAAA", "tmc": 0},
        {"sale": SALE, "amount": 100, "uid": "AAAAAAAAAA", "tmc": 2**32},
        {"sale": SALE, "amount": 100, "uid": "AAAAAAAAAA", "tmc": "1"},
        {"sale": SALE, "amount": 100, "uid": "AAAA", "tmc": 1},
    ],
)
def test_another_form_is_no_question(document: dict[str, object]) -> None:
    with pytest.raises(MalformedMessage):
        HoldRequest.decode(json.dumps(document).encode())


@given(st.binary(max_size=200))
def test_garbage_is_no_question(body: bytes) -> None:
    with pytest.raises(MalformedMessage):
        HoldRequest.decode(body)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"held": True},
        {"held": 1, "until": 7},
        {"held": True, "until": "7"},
        {"held": True, "until": 7, "reason": "blocked"},
        {"held": False},
        {"held": False, "reason": "because"},
        {"held": False, "reason": 7},
    ],
)
def test_another_form_is_no_answer(document: dict[str, object]) -> None:
    with pytest.raises(MalformedMessage):
        HoldAnswer.from_document(document)
