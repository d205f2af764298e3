# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Proof for everyone (LEDGER.md section 4): the public log's formats, for whoever writes or checks it.

Leaves, Merkle hashes, tiles, signed checkpoints and the proof of a receipt. Nothing here computes a sum or decides
whether a log is right: the writer and the auditor each do that by themselves (docs/proof.md).
"""
