"""Answers GET / with a greeting. Needs no more of the library than python3-minimal has."""

import signal
import socket
import sys


def response(request: bytes) -> bytes:
    words = request.split(b"\r\n", 1)[0].split(b" ")
    if len(words) != 3 or not words[2].startswith(b"HTTP/"):
        status, body = b"400 Bad Request", b"Bad request\n"
    elif words[0] != b"GET":
        status, body = b"405 Method Not Allowed", b"Only GET is answered\n"
    elif words[1] != b"/":
        status, body = b"404 Not Found", b"Not found\n"
    else:
        status, body = b"200 OK", b"Hello from Python\n"
    return (
        b"HTTP/1.1 %b\r\nContent-Type: text/plain; charset=utf-8\r\n"
        b"Content-Length: %d\r\nConnection: close\r\n\r\n%b" % (status, len(body), body)
    )


def read_head(connection: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head and len(head) < 16384:
        more = connection.recv(4096)
        if not more:
            break
        head += more
    return head


def serve(port: int) -> None:
    with socket.create_server(("", port)) as server:
        print(f"listening on port {port}")
        while True:
            connection, _ = server.accept()
            with connection:
                connection.settimeout(5)
                try:
                    connection.sendall(response(read_head(connection)))
                except OSError as error:
                    print(f"connection lost: {error}", file=sys.stderr)


# The first process of a container ignores SIGTERM unless it says otherwise.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
serve(8080)
