# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Serves the API with gunicorn: a master that watches a few worker processes, each with threads."""

import gc
import logging
import select
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from django.core.wsgi import get_wsgi_application
from django.db import connections
from gunicorn.app.base import BaseApplication
from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine, ParseException
from gunicorn.workers.gthread import ThreadWorker

from backend.api.middleware import OF_EVERY_RESPONSE
from backend.api.problems import Problem, problem_response
from backend.api.rates import METER
from backend.api.uploads import Uploads
from backend.assembly import configuration_in_use

LOG: Final = logging.getLogger(__name__)
THREADS: Final = 4
_TIMEOUT_S: Final = 30
_STAYS_MS: Final = 5
"""No longer: a connection that is opened meanwhile waits for a thread."""
_COLLECT_AFTER: Final = 100_000


def serve(directory: Path, host: str, port: int, workers: int, publish_every_s: int) -> None:
    """Serve until SIGTERM or SIGINT; prints `ready http://host:port` once the socket listens. Port 0: a free one.

    With `publish_every_s` a process beside it publishes the trust; it ends with this one, however this one ends.
    """
    connections.close_all()  # a connection must not be shared across the workers' fork
    METER.reset()  # and its memory must be, so it is there before
    server = _Server(host, port, workers)
    if not publish_every_s:
        server.run()
        return
    words = ("backend", "publish", "--dir", str(directory), "--every-s", str(publish_every_s))
    with subprocess.Popen(
        [sys.executable, "-m", "heitje", *words], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    ) as publisher:
        try:
            server.run()
        finally:
            if publisher.stdin is not None:
                publisher.stdin.close()


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    def __init__(self, host: str, port: int, workers: int) -> None:
        self._settings: dict[str, object] = {
            "bind": f"{host}:{port}",
            "workers": workers,
            "worker_class": _Worker,
            "threads": THREADS,
            "timeout": _TIMEOUT_S,
            "when_ready": _announce,
            "post_worker_init": _settle_memory,
            "forwarded_allow_ips": "*" if configuration_in_use().limits.trusted_proxies else "127.0.0.1,::1",
            "loglevel": "warning",
            "control_socket_disable": True,
        }
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._settings.items():
            self.cfg.set(name, value)

    def load(self) -> Callable[..., Any]:
        return Uploads(get_wsgi_application())


class _Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Answers what is no request as a problem, where the library has a page of its own for it.

    While no more connections are open than there are threads, a thread stays a moment with the one that it has
    answered: behind a proxy, or from a till with a backlog, the next request is on its way. The library hands a
    connection back to its one listening thread after each answer, which costs as much as reading the request does.
    """

    def handle(self, conn: Any) -> Any:
        """Answer a connection's requests as long as they come one upon the other."""
        kept = super().handle(conn)
        while kept is True and self.alive and self.nr_conns <= self.cfg.threads and _speaks(conn):
            kept = super().handle(conn)
        return kept

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        if isinstance(exc, LimitRequestLine):
            problem = Problem.URI_TOO_LONG
        elif isinstance(exc, LimitRequestHeaders):
            problem = Problem.HEADERS_TOO_LARGE
        elif isinstance(exc, ParseException):
            problem = Problem.BAD_REQUEST
        else:
            LOG.error("a request could not be answered", exc_info=exc)
            problem = Problem.INTERNAL
        response = problem_response(problem)
        headers = {**response.headers, **OF_EVERY_RESPONSE, "Connection": "close"}
        lines = [f"HTTP/1.1 {response.status_code} {response.reason_phrase}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines += [f"Content-Length: {len(response.content)}", "", ""]
        with suppress(OSError):  # it may have gone
            client.sendall("\r\n".join(lines).encode("latin-1") + response.content)


def _speaks(conn: Any) -> bool:
    """Whether something comes on this connection in a moment; what was read too far is the library's to find."""
    if conn.parser.unreader.buf.getvalue():
        return False
    ear = select.poll()
    ear.register(conn.sock, select.POLLIN)
    return bool(ear.poll(_STAYS_MS))


def _settle_memory(_worker: Any) -> None:
    """What a worker was started with stays; a batch makes thousands of values, and none of them in a circle."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 50, 100)


def _announce(arbiter: Any) -> None:
    host, port = arbiter.LISTENERS[0].sock.getsockname()[:2]
    print(f"ready http://{host}:{port}", flush=True)
