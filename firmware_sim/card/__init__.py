# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The citizen's card: a DESFire Light profile, personalised as CARD.md section 5 says, to the byte.

    apdu in -> frames -> firmware -> commands (authentication, files, transaction, keys) -> status word out
                  session       EV2 secure messaging
                  transaction   shadow copies and the transaction MAC's input
                  files         settings and access rights
                  image         what survives the field, committed in one step

It believes nothing that the reader's side sends: every input gets a status word, never an exception.
"""
