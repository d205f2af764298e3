# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The page beside the counter: buttons for what can happen, pictures of both screens and of the paper.

It listens on loopback only, and answers only a browser that opened it there: no other page can push its buttons.
"""

import hashlib
import io
import json
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import Any, Final, Self
from urllib.parse import urlsplit

from firmware_sim.shop.counter import Shop
from firmware_sim.shop.till_program import TillIsOff

HOST: Final = "127.0.0.1"
BODY_MAX: Final = 4096
_JSON: Final = "application/json"
_PNG: Final = "image/png"


class PageServer:
    """Serves one shop's page from a thread of its own; `port` 0 takes a free one."""

    def __init__(self, shop: Shop, port: int = 0) -> None:
        self._server = ThreadingHTTPServer((HOST, port), BaseHTTPRequestHandler)
        self._server.daemon_threads = True
        here = f"{HOST}:{self._server.server_address[1]}"
        self._server.RequestHandlerClass = _handler(shop, here)
        self.url = f"http://{here}/"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, name="page", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def state_of(shop: Shop) -> dict[str, Any]:
    """How everything does, with a mark for each picture that changes when the picture does."""
    marks: dict[str, str] = {"till": "", "customer": "", "paper": str(len(shop.printer.receipts) or "")}
    screen = ""
    try:
        seen = shop.till.look()
        screen = seen["screen"]
        own, customers = (json.dumps(seen[name]) for name in ("buttons", "customer"))
        marks["till"] = _mark(json.dumps(seen["texts"]) + own + screen)
        marks["customer"] = _mark(customers)
    except TillIsOff:
        pass
    return {**shop.state(), "screen": screen, "marks": marks}


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _handler(shop: Shop, here: str) -> type[BaseHTTPRequestHandler]:
    """`here`: host and port as a browser names them that opened the page."""

    class Handler(BaseHTTPRequestHandler):
        """One request."""

        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            match urlsplit(self.path).path:
                case "/":
                    page = (files("firmware_sim.shop") / "page.html").read_bytes()
                    self._send(page, "text/html; charset=utf-8")
                case "/state":
                    self._send(json.dumps(state_of(shop)).encode(), _JSON)
                case "/till.png" | "/customer.png" as path:
                    self._picture(path[1:-4])
                case "/receipt.png" if shop.printer.receipts:
                    data = io.BytesIO()
                    shop.printer.receipts[-1].image.save(data, "PNG")
                    self._send(data.getvalue(), _PNG)
                case _:
                    self._refuse(HTTPStatus.NOT_FOUND)

        def do_POST(self) -> None:
            document = self._body()
            if document is None:
                self._refuse(HTTPStatus.BAD_REQUEST)
                return
            try:
                match urlsplit(self.path).path, document:
                    case "/do", {"word": str(word)} if word in shop.actions:
                        shop.do(word)
                    case "/touch", {"x": float() | int() as x, "y": float() | int() as y}:
                        width, height = shop.till.look()["size"]
                        shop.till.ask(touch=[round(x * width), round(y * height)])
                    case "/key", {"key": str(key)}:
                        shop.till.ask(key=key)
                    case _:
                        self._refuse(HTTPStatus.NOT_FOUND)
                        return
            except TillIsOff:
                self._refuse(HTTPStatus.CONFLICT)
                return
            self._send(b"{}", _JSON)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the library's own name
            return

        def _picture(self, which: str) -> None:
            try:
                self._send(shop.till.picture(which), _PNG)
            except TillIsOff:
                self._refuse(HTTPStatus.CONFLICT)

        def _body(self) -> dict[str, Any] | None:
            """The JSON object that was sent from this page; None for anything else."""
            length = self.headers.get("Content-Length", "")
            host, origin = self.headers.get("Host", ""), self.headers.get("Origin", "")
            if host != here or (origin and urlsplit(origin).netloc != here):
                return None
            if self.headers.get("Content-Type") != _JSON or not length.isdigit() or int(length) > BODY_MAX:
                return None
            try:
                document = json.loads(self.rfile.read(int(length)))
            except ValueError:
                return None
            return document if isinstance(document, dict) else None

        def _send(self, data: bytes, kind: str) -> None:
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(data)

        def _refuse(self, status: HTTPStatus) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.send_header("Connection", "close")
            self.end_headers()

    return Handler
