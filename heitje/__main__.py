# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""`python -m heitje` is the command `heitje`."""

import sys

from heitje.cli import main

sys.exit(main())
