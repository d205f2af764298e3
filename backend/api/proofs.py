# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Proofs of receipts, for whoever holds the receipt: its hash is in no list and cannot be guessed."""

import re
from typing import Final

from django.http import HttpRequest, JsonResponse
from ninja import Router

from backend.api.documentation import public
from backend.api.problems import Problem, ProblemRaised
from backend.assembly import configuration_in_use, public_log_of
from backend.proof.receipts import Erased, NoProof, proof_of

router: Final = Router(tags=["proof"])
_HASH: Final = re.compile(r"[0-9a-f]{64}")


@router.get(
    "/{entry}",
    openapi_extra=public("ReceiptProof", problems=(Problem.NO_PROOF, Problem.PROOF_ERASED, Problem.BUSY)),
    summary="The proof that a receipt is in the public log",
    operation_id="getReceiptProof",
)
def get_receipt_proof(request: HttpRequest, entry: str) -> JsonResponse:
    """The postings that an entry led to, what opens them, and their way to the signed root."""
    if not _HASH.fullmatch(entry):
        raise ProblemRaised(Problem.NO_PROOF)
    try:
        proof = proof_of(entry, public_log_of(configuration_in_use()))
    except NoProof as error:
        raise ProblemRaised(Problem.NO_PROOF, str(error)) from error
    except Erased as error:
        raise ProblemRaised(Problem.PROOF_ERASED) from error
    return JsonResponse(proof.to_document())
