"""What the end-to-end tests share: running the program, and made archives with signatures, served from a directory or over HTTP.

A made archive is small and whole: .debs built with dpkg-deb, a Packages index, a Release signed with a key made for the test. Tests then damage it in
one place and look at what the program says.
"""
import atexit
import email.utils
import functools
import gzip
import hashlib
import http.server
import json
import os
import pathlib
import re
import secrets
import shutil
import subprocess
import tempfile
import threading
import time
import unittest

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
PROGRAM = os.environ.get("BOOTSTRAP", str(SOURCE / "build/release/bootstrap"))
# Seconds after which a program that was started hangs, on the slowest machine: no statement about how long it should take.
LIMIT = 600


def copy_programs(folder):
    """All that a build needs to run from there; the folder is made."""
    folder.mkdir()
    for name in ("bootstrap", "bootstrap-worker", "bootstrap-downloader", "bootstrap-accelerator", "bootstrap-surroundings.so"):
        shutil.copy2(pathlib.Path(PROGRAM).with_name(name), folder)
    return folder


class Result:
    def __init__(self, process):
        self.code = process.returncode
        self.out = process.stdout
        self.err = process.stderr

    def json(self):
        return json.loads(self.out)

    def __repr__(self):
        return f"exit {self.code}\nstdout: {self.out}\nstderr: {self.err}"


class Case(unittest.TestCase):
    """A test with a directory of its own, a store and an images folder in it."""

    maxDiff = None
    program = PROGRAM

    def setUp(self):
        # podman makes an image name of a layout's path: no capital letters, no underscores.
        self.work = pathlib.Path(tempfile.gettempdir(), f"bootstrap-test-{secrets.token_hex(6)}")
        self.work.mkdir(mode=0o755)
        self.addCleanup(shutil.rmtree, self.work, ignore_errors=True)
        self.store = self.work / "store"
        self.images = self.work / "images"

    def bootstrap(self, *arguments, env=None, store=None, images=None, **options):
        argv = [self.program, "--store", store or self.store, "--images", images or self.images, *arguments]
        return Result(
            subprocess.run(
                [str(a) for a in argv],
                capture_output=True,
                text=True,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **(env or {})},
                check=False,
                timeout=LIMIT,
                **options,
            )
        )

    def succeed(self, *arguments, **options):
        result = self.bootstrap(*arguments, **options)
        self.assertEqual(result.code, 0, result)
        return result

    def fail_with(self, code, *arguments, mentions=(), **options):
        """The run ends with this exit code, says each of `mentions`, and leaves no image behind."""
        result = self.bootstrap(*arguments, **options)
        self.assertEqual(result.code, code, result)
        for text in mentions:
            self.assertIn(text, result.err, result)
        return result


class RecipesCase(unittest.TestCase):
    """Tests that share a directory with copies of recipes/ and keys/, a store and an images folder in it."""

    @classmethod
    def setUpClass(cls):
        cls.case = Case()
        cls.case.setUp()
        cls.addClassCleanup(cls.case.doCleanups)  # which, unlike tearDownClass, comes after a set-up that failed too
        cls.work = cls.case.work
        for name in ("recipes", "keys"):
            shutil.copytree(SOURCE / name, cls.work / name)

    @classmethod
    def bootstrap(cls, *arguments):
        argv = [PROGRAM, "--store", cls.work / "store", "--images", cls.work / "images", *arguments]
        return subprocess.run([str(a) for a in argv], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False, timeout=LIMIT)


class GreetingCase(Case):
    """An archive of one package, and a recipe for it."""

    def setUp(self):
        super().setUp()
        self.archive = Archive(self.work / "made")
        self.deb = self.archive.add("hello", files={"/usr/share/hello": "hello\n"})
        self.archive.publish()
        self.recipe = self.archive.recipe(self.work / "recipes/greeting.yml", ["hello"])
        self.mirror = ["--mirror", f"made=file://{self.archive.directory}"]


@functools.cache
def keyring():
    """One throw-away GnuPG home for all tests of a run."""
    home = tempfile.mkdtemp(prefix="bootstrap-keys-")
    atexit.register(remove_home, home)
    return Keyring(home)


def remove_home(home):
    """Making a key has started an agent, which would stay."""
    subprocess.run(["gpgconf", "--homedir", home, "--kill", "gpg-agent"], capture_output=True, check=False)
    shutil.rmtree(home, ignore_errors=True)


class Keyring:
    def __init__(self, home):
        self.home = pathlib.Path(home)
        self.home.chmod(0o700)

    def gpg(self, *arguments, data=None):
        return subprocess.run(
            ["gpg", "--homedir", str(self.home), "--batch", "--quiet", "--yes", "--passphrase", "", *arguments],
            input=data,
            capture_output=True,
            check=True,
        ).stdout

    @functools.cache
    def key(self, name):
        """The armored public key of a signer, made when first asked for."""
        self.gpg("--pinentry-mode", "loopback", "--quick-generate-key", f"{name} <{name}@example.invalid>", "ed25519", "sign", "never")
        return self.gpg("--armor", "--export", f"{name}@example.invalid")

    def clearsign(self, name, text):
        self.key(name)
        return self.gpg("--local-user", f"{name}@example.invalid", "--clear-sign", data=text)

    def detach(self, name, text):
        self.key(name)
        return self.gpg("--local-user", f"{name}@example.invalid", "--armor", "--detach-sign", data=text)


def build_deb(target, name, version="1.0", files=None, control=None, scripts=None, architecture="amd64"):
    """A .deb made by dpkg-deb. `files`: path -> text or (text, mode); `scripts`: member -> text."""
    with tempfile.TemporaryDirectory() as scratch:
        root = pathlib.Path(scratch) / "root"
        (root / "DEBIAN").mkdir(parents=True)
        root.chmod(0o755)
        fields = {"Package": name, "Version": version, "Architecture": architecture, "Maintainer": "Tests <tests@example.invalid>"}
        fields |= control or {}
        fields["Description"] = "made for a test"
        (root / "DEBIAN/control").write_text("".join(f"{key}: {value}\n" for key, value in fields.items()))
        for member, text in (scripts or {}).items():
            path = root / "DEBIAN" / member
            path.write_text(text)
            path.chmod(0o755 if member in ("preinst", "postinst", "prerm", "postrm", "config") else 0o644)
        for path, content in (files or {}).items():
            text, mode = content if isinstance(content, tuple) else (content, 0o644)
            place = root / path.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(text if isinstance(text, bytes) else text.encode())
            place.chmod(mode)
        subprocess.run(["dpkg-deb", "--root-owner-group", "--build", str(root), str(target)], check=True, capture_output=True)
    return fields


class Archive:
    """A signed archive in a directory, with one suite and one component."""

    def __init__(self, directory, suite="stable", signer="archive"):
        self.directory = pathlib.Path(directory)
        self.suite = suite
        self.signer = signer
        self.packages = []
        self.release_fields = {}
        self.listed_besides = 0  # files of other architectures, which nobody asks for
        (self.directory / "pool").mkdir(parents=True, exist_ok=True)

    @property
    def dist(self):
        return self.directory / "dists" / self.suite

    @property
    def index(self):
        return self.dist / "main/binary-amd64/Packages"

    def add(self, name, version="1.0", **options):
        path = f"pool/{name}_{version}_amd64.deb"
        fields = build_deb(self.directory / path, name, version, **options)
        content = (self.directory / path).read_bytes()
        fields |= {"Filename": path, "Size": len(content), "SHA256": hashlib.sha256(content).hexdigest()}
        self.packages.append(fields)
        return self.directory / path

    def adopt(self, deb, version=None):
        """Takes over a real .deb, with another version if asked."""
        if version is not None:
            with tempfile.TemporaryDirectory() as scratch:
                root = pathlib.Path(scratch) / "root"
                subprocess.run(["dpkg-deb", "--raw-extract", str(deb), str(root)], check=True)
                control = root / "DEBIAN/control"
                control.write_text(re.sub(r"(?m)^Version: .*$", f"Version: {version}", control.read_text()))
                deb = pathlib.Path(scratch) / "new.deb"
                subprocess.run(["dpkg-deb", "-Zgzip", "-z1", "--build", str(root), str(deb)], check=True, capture_output=True)
                return self.adopt(deb)
        fields = {}
        for line in subprocess.run(["dpkg-deb", "--field", str(deb)], check=True, capture_output=True, text=True).stdout.splitlines():
            if line[:1].isspace():
                fields[name] += "\n" + line
            else:
                name, value = line.split(":", 1)
                fields[name] = value.strip()
        content = pathlib.Path(deb).read_bytes()
        path = f"pool/{fields['Package']}_{fields['Version'].replace(':', '%3a')}_{fields['Architecture']}.deb"
        (self.directory / path).write_bytes(content)
        fields |= {"Filename": path, "Size": len(content), "SHA256": hashlib.sha256(content).hexdigest()}
        self.packages = [known for known in self.packages if known["Package"] != fields["Package"]] + [fields]
        return fields

    def write_index(self):
        self.index.parent.mkdir(parents=True, exist_ok=True)
        text = "\n".join("".join(f"{key}: {value}\n" for key, value in fields.items()) for fields in self.packages)
        self.index.write_text(text)
        pathlib.Path(f"{self.index}.gz").write_bytes(gzip.compress(text.encode(), mtime=0))

    def release_text(self):
        fields = {
            "Origin": "Tests",
            "Suite": self.suite,
            "Codename": self.suite,
            "Date": email.utils.formatdate(time.time() - 3600, usegmt=True).replace("GMT", "UTC"),
            "Architectures": "amd64",
            "Components": "main",
        } | self.release_fields
        text = "".join(f"{key}: {value}\n" for key, value in fields.items())
        text += "SHA256:\n"
        for path in (self.index, pathlib.Path(f"{self.index}.gz")):
            content = path.read_bytes()
            text += f" {hashlib.sha256(content).hexdigest()} {len(content)} {path.relative_to(self.dist)}\n"
        for number in range(self.listed_besides):
            text += f" {hashlib.sha256(str(number).encode()).hexdigest()} {number} main/binary-other{number}/Packages\n"
        return text.encode()

    def publish(self, signed=True):
        self.write_index()
        text = self.release_text()
        (self.dist / "InRelease").write_bytes(keyring().clearsign(self.signer, text) if signed else text)
        return self

    def recipe(self, path, include, key=None, extra=""):
        """Writes a recipe for this archive: no scripts, nothing but what is included."""
        path = pathlib.Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        key_file = path.parent / "archive.asc"
        key_file.write_bytes(keyring().key(key or self.signer))
        path.write_text(
            f"name: {path.stem}\n"
            "architectures: [amd64]\n"
            f"repositories:\n  - {{archive: made, suites: [{self.suite}], signed-by: [archive.asc]}}\n"
            f"packages: {{variant: custom, include: [{', '.join(include)}]}}\n"
            "scripts: skip\n" + extra
        )
        return path


class Server:
    """A directory over HTTP on loopback; `answer` may take a request over: (handler) -> True when it did."""

    def __init__(self, directory, answer=None):
        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(handler, *args):
                super().__init__(*args, directory=str(directory))

            def do_GET(handler):
                self.requests.append(handler.path)
                if answer is None or not answer(handler):
                    super().do_GET()

            def log_message(handler, *args):
                pass

        self.requests = []
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def files_below(directory):
    """Not by rglob, which in Python 3.11 fails at a link to a name that is too long for any file."""
    paths = (pathlib.Path(folder, name) for folder, _, names in os.walk(directory) for name in names)
    return sorted(str(path.relative_to(directory)) for path in paths if os.path.isfile(path))
