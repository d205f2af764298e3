# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The guard of tests/conftest.py: loopback and unix sockets pass, anything else raises before a packet leaves.

192.0.2.0/24 and 2001:db8::/32 are addresses of documentation (RFC 5737, RFC 3849): nothing is there.
"""

import socket
import threading

import pytest


@pytest.mark.parametrize(
    ("family", "address"),
    [
        (socket.AF_INET, ("192.0.2.1", 443)),
        (socket.AF_INET6, ("2001:db8::1", 443, 0, 0)),
    ],
)
def test_foreign_address_is_not_reached(family: socket.AddressFamily, address: tuple[str, int]) -> None:
    with socket.socket(family, socket.SOCK_STREAM) as stream, pytest.raises(RuntimeError, match="loopback"):
        stream.connect(address)
    with socket.socket(family, socket.SOCK_DGRAM) as datagrams, pytest.raises(RuntimeError, match="loopback"):
        datagrams.sendto(b"x", address)


def test_foreign_name_is_not_looked_up() -> None:
    with pytest.raises(RuntimeError, match="loopback"):
        socket.create_connection(("heitje.example", 443))
    with pytest.raises(RuntimeError, match="loopback"):
        socket.gethostbyname("heitje.example")


def test_other_threads_are_watched_too() -> None:
    seen: list[BaseException] = []

    def reach_out() -> None:
        try:
            socket.create_connection(("192.0.2.1", 443))
        except RuntimeError as error:
            seen.append(error)

    thread = threading.Thread(target=reach_out)
    thread.start()
    thread.join()
    assert len(seen) == 1


def test_listening_for_strangers_is_refused() -> None:
    with socket.socket() as listener, pytest.raises(RuntimeError, match="loopback"):
        listener.bind(("", 0))


def test_loopback_and_unix_sockets_pass() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        socket.create_connection(("localhost", port)).close()
    left, right = socket.socketpair()
    with left, right:
        left.sendall(b"x")
        assert right.recv(1) == b"x"
