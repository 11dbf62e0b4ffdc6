"""Mirrors on a bad day: of all answers some are cut, reset, refused, too long, too short or garbage, each in another way. The image is the right one all the same,
or the error is clear.

    test_bad_network.py --rate 1 --packages 500 --stalls      one in a hundred, and some that never end (each takes half a minute)
"""
import argparse
import collections
import os
import random
import socket
import struct
import sys
import tempfile
import threading
import time
import unittest

from kit import Archive, Case, Server

RATE = 20  # percent of all answers
PACKAGES = 40
STALLS = False


class Weather:
    """Fails a share of the answers, every kind in turn."""

    def __init__(self, root):
        self.root = root
        self.chance = random.Random(os.environ.get("SEED", "weather"))
        self.kinds = ["cut", "reset", "error", "busy", "garbage", "empty", "short", "long", "moved"] + ["stall"] * STALLS
        self.failed = {kind: 0 for kind in self.kinds}
        self.of_path = collections.Counter()
        self.lock = threading.Lock()

    def __call__(self, handler):
        path = self.root / handler.path.lstrip("/")
        if not path.is_file():
            return False
        with self.lock:
            # No file fails as often as it is asked for: luck is not what is tested.
            if self.chance.random() * 100 >= RATE or self.of_path[path] == 2:
                return False
            self.of_path[path] += 1
            kind = self.kinds[sum(self.failed.values()) % len(self.kinds)]
            self.failed[kind] += 1
        getattr(self, kind)(handler, path.read_bytes())
        handler.close_connection = True
        return True

    def send(self, handler, body, length=None, status=200, **headers):
        handler.send_response(status)
        for name, value in {"Content-Length": len(body) if length is None else length, **headers}.items():
            handler.send_header(name.replace("_", "-"), str(value))
        handler.end_headers()
        handler.wfile.write(body)
        handler.wfile.flush()

    def cut(self, handler, content):
        self.send(handler, content[: len(content) // 2], len(content))

    def reset(self, handler, content):
        self.send(handler, content[: len(content) // 3], len(content))
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.connection.close()

    def error(self, handler, content):
        self.send(handler, b"<html>Bad gateway</html>", status=502, Content_Type="text/html")

    def busy(self, handler, content):
        self.send(handler, b"", status=429, Retry_After=1)

    def garbage(self, handler, content):
        self.send(handler, self.chance.randbytes(len(content)))

    def empty(self, handler, content):
        self.send(handler, b"")

    def short(self, handler, content):
        self.send(handler, content[:-1])

    def long(self, handler, content):
        self.send(handler, content + b"\n")

    def moved(self, handler, content):
        self.send(handler, b"", status=302, Location="http://127.0.0.1:9/gone")

    def stall(self, handler, content):
        self.send(handler, content[:10], len(content))
        time.sleep(40)


class BadNetwork(Case):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.archive = Archive(folder.name)
        cls.names = [f"part{number}" for number in range(PACKAGES)]
        for name in cls.names:
            cls.archive.add(name, files={f"/usr/share/{name}": random.Random(name).randbytes(3000)})
        cls.archive.publish()

    def setUp(self):
        super().setUp()
        self.recipe = self.archive.recipe(self.work / "recipes/parts.yml", self.names)

    def mirror(self, answer=None):
        server = Server(self.archive.directory, answer)
        self.addCleanup(server.close)
        return ["--mirror", f"made={server.url}"]

    def digest(self, *mirrors):
        return self.succeed(*mirrors, "--json", self.recipe).json()["images"][0]["digest"]

    def start_over(self):
        self.store, self.images = self.work / "store2", self.work / "images2"
        (self.recipe.parent / "parts.lock.json").unlink()

    def test_two_mirrors_that_fail_now_and_then(self):
        expected = self.digest(*self.mirror())
        self.start_over()
        # What two mirrors have wrong is given up (kWrongContentLimit), so that only one of them spoils anything.
        first, second = Weather(self.archive.directory), Weather(self.archive.directory)
        second.kinds = ["cut", "reset", "error", "busy"]
        self.assertEqual(self.digest(*self.mirror(first), *self.mirror(second), *self.mirror()), expected)
        print(f"failed: {first.failed} {second.failed}", file=sys.stderr)
        self.assertGreater(sum(first.failed.values()), 0)

    def test_one_mirror_whose_connections_fail_now_and_then(self):
        """What passes is tried again at the same mirror."""
        expected = self.digest(*self.mirror())
        self.start_over()
        weather = Weather(self.archive.directory)
        weather.kinds = ["cut", "reset", "error", "busy"]
        self.assertEqual(self.digest(*self.mirror(weather)), expected)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--rate", type=float, default=RATE, help="percent of all answers that fail")
    parser.add_argument("--packages", type=int, default=PACKAGES)
    parser.add_argument("--stalls", action="store_true")
    arguments, rest = parser.parse_known_args()
    RATE, PACKAGES, STALLS = arguments.rate, arguments.packages, arguments.stalls
    unittest.main(argv=[sys.argv[0], *rest])
