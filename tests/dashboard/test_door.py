"""The door: what it does to the process it opens in."""

import socket


def test_what_a_listening_socket_accepts_sends_without_delay() -> None:
    from dashboard.app import answer_at_once

    with socket.socket(socket.AF_INET) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        answer_at_once()
        with socket.create_connection(listening.getsockname()), listening.accept()[0] as accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
