# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whoever does not want to believe the municipality: the auditor and the witness of the public log (docs/proof.md).

Programs of their own. They know the log's formats (`heitje.proof`), Python's own library and cryptography; nothing of
the backend that writes the log, so a mistake there is not made here once more. A test holds it.
"""
