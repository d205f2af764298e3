# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Runs `heitje …` again and again in one process, which starts once what each command alone would start anew.

One command a line on standard input, a JSON array of its words; each is answered with a line:
`{"code": exit code, "output": text}`. What a command says on standard error goes there.
"""

import io
import json
import sys
from contextlib import redirect_stdout

from heitje.cli import main

for line in sys.stdin:
    with redirect_stdout(io.StringIO()) as output:
        code = main(json.loads(line))
    print(json.dumps({"code": code, "output": output.getvalue()}), flush=True)
