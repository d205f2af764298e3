# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The far end of each cable: card, readers, scanner and printer as the real libraries meet them (DESIGN.md
section 2).

Nothing here imports a driver. A fault is data that a simulator is given, with a seed where chance plays a
part.
"""
