"""A mirror at the end of a line on which one packet in a hundred is lost, one doubled, one late, one corrupted, one cut short, and one replaced by the end of
its connection. The image is the right one all the same. (Nor is there any IPv6.)

    test_bad_packets.py --rate 0.1 --packages 20 --size 5000000
"""
import argparse
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest

from bad_line import FAR, KINDS, lay_line
from far_side import make_tun_device
from kit import Archive, Case

RATE = 1.0  # percent of all packets, for each kind
PACKAGES = 40
SIZE = 150_000  # bytes of each, as they go over the line
LISTED = 1000  # files that the Release lists besides, so that it is as large as a real one
PORT = 80
# As mirrors answer: connections are kept, validators given, and rests sent.
SERVER = f"""
import hashlib, http.server, pathlib, re
class Mirror(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    def do_GET(self):
        path = pathlib.Path(sys.argv[1] + self.path.removeprefix("/second"))
        content = path.read_bytes() if path.is_file() else b""
        tag = '"' + hashlib.sha256(content).hexdigest() + '"'
        rest = re.fullmatch("bytes=([0-9]+)-", self.headers.get("Range", ""))
        offset = int(rest[1]) if rest and self.headers.get("If-Range", tag) == tag else 0
        self.send_response(404 if not path.is_file() else 206 if offset else 200)
        self.send_header("ETag", tag)
        self.send_header("Content-Length", str(len(content) - offset))
        if offset:
            self.send_header("Content-Range", f"bytes {{offset}}-{{len(content) - 1}}/{{len(content)}}")
        self.end_headers()
        self.wfile.write(content[offset:])
    def log_message(self, *args): pass
class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *args): pass  # connections end in the middle
server = Server(("{FAR}", {PORT}), Mirror)
print(flush=True)
server.serve_forever()
"""


class BadPackets(Case):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.archive = Archive(folder.name)
        cls.names = [f"part{number}" for number in range(PACKAGES)]
        for name in cls.names:
            cls.archive.add(name, files={f"/usr/share/{name}": random.Random(name).randbytes(SIZE)})
        cls.archive.listed_besides = LISTED
        cls.archive.publish()
        pathlib.Path("/proc/sys/net/ipv6/conf/all/disable_ipv6").write_text("1")
        make_tun_device()
        cls.line, server = lay_line(SERVER, folder.name)
        cls.addClassCleanup(server.wait)
        cls.addClassCleanup(server.kill)
        for pipe in (server.stdin, server.stdout):
            cls.addClassCleanup(pipe.close)
        cls.expected = None

    def setUp(self):
        super().setUp()
        self.recipe = self.archive.recipe(self.work / "recipes/parts.yml", self.names)
        if self.expected is None:
            self.line.change(())
            type(self).expected = self.build().json()["images"][0]["digest"]
            self.store, self.images = self.work / "store2", self.work / "images2"
            (self.recipe.parent / "parts.lock.json").unlink()

    def build(self, *mirrors):
        urls = [f"made=http://{FAR}:{PORT}{path}" for path in mirrors or [""]]
        return self.bootstrap(*(argument for url in urls for argument in ("--mirror", url)), "--json", self.recipe)

    def told(self):
        print(f"of {self.line.carried} packets: {dict(self.line.harmed)}", file=sys.stderr)

    def test_every_kind_of_harm_that_ends_up_as_an_error_or_a_gap(self):
        self.line.change(KINDS, RATE)
        result = self.build("", "/second")  # no connection lives long; which one ends before it brings anything is luck
        self.told()
        self.assertEqual(result.code, 0, result)
        self.assertEqual(result.json()["images"][0]["digest"], self.expected)
        self.assertEqual(set(self.line.harmed), set(KINDS))

    def test_content_that_no_checksum_shows_to_be_another(self):
        """Mirrors that seem to have so much wrong may be given up, but no image is made of it."""
        self.line.change(("forged",), RATE / 20)
        result = self.build("", "/second")
        self.told()
        self.assertIn(result.code, (0, 3, 5), result)
        if result.code == 0:
            self.assertEqual(result.json()["images"][0]["digest"], self.expected)
        else:
            self.assertFalse((self.images / "parts/index.json").exists())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--rate", type=float, default=RATE, help="percent of all packets, for each kind of harm")
    parser.add_argument("--packages", type=int, default=PACKAGES)
    parser.add_argument("--size", type=int, default=SIZE, help="bytes of each package")
    arguments, rest = parser.parse_known_args()
    RATE, PACKAGES, SIZE = arguments.rate, arguments.packages, arguments.size
    if os.geteuid() != 0:
        print("making networks needs root", file=sys.stderr)
        sys.exit(77)
    if "IN_A_NETWORK_OF_ITS_OWN" not in os.environ:
        argv = ["unshare", "--net", "--mount", sys.executable, *sys.argv]
        sys.exit(subprocess.run(argv, env={**os.environ, "IN_A_NETWORK_OF_ITS_OWN": "1"}, check=False).returncode)
    unittest.main(argv=[sys.argv[0], *rest])
