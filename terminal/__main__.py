# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""`python -m terminal` is `heitje terminal`."""

import sys

from terminal.cli import main

sys.exit(main(sys.argv[1:]))
