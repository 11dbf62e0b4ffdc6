"""Our readers against those they must agree with: the order of versions against dpkg, packages against dpkg-deb, tars against GNU tar. On what the archive has,
and on what is made of it by a seeded chance.

    test_readers.py --pairs 100000 --packages 500      more than CI's share
"""
import argparse
import hashlib
import io
import json
import os
import pathlib
import random
import re
import shlex
import stat
import subprocess
import sys
import tarfile
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(SOURCE / "tests"))
from support.apt_sources import archive_url, require_archive  # noqa: E402

TOOL = os.environ.get("READERS_TOOL", str(SOURCE / "build/release/tests/integration/readers_tool"))
PAIRS = 2000
PACKAGES = 20
FORMATS = {"0": "-", "7": "-", "1": "h", "2": "l", "3": "c", "4": "b", "5": "d", "6": "p"}


def tool(*arguments, data=b""):
    return subprocess.run([TOOL, *arguments], input=data, capture_output=True, check=False)


def packages_of_this_machine():
    """Fields of the stanzas that apt knows of."""
    text = subprocess.run(["apt-cache", "dumpavail"], capture_output=True, text=True, check=True).stdout
    return [dict(re.findall(r"(?m)^(Package|Version|Filename|Architecture|Size|SHA256): (.*)$", stanza)) for stanza in text.split("\n\n") if stanza]


class Versions(unittest.TestCase):
    def mutate(self, version):
        for _ in range(self.chance.randint(0, 3)):
            at = self.chance.randrange(len(version) + 1)
            letter = self.chance.choice("0123456789abzAZ.+~~--:0")
            version = self.chance.choice([version[:at] + letter + version[at:], version[: at - 1] + version[at:], version[:at] + letter + version[at + 1 :]])
        return version or "0"

    def pairs(self):
        versions = sorted({package["Version"] for package in packages_of_this_machine() if "Version" in package})
        while True:
            a = self.chance.choice(versions)
            b = self.chance.choice([a, a, self.chance.choice(versions)])
            yield self.mutate(a), self.mutate(b)

    def test_the_order_of_dpkg(self):
        self.chance = random.Random(os.environ.get("SEED", "versions"))
        made = self.pairs()
        agreed = []
        while len(agreed) < PAIRS:
            some = [next(made) for _ in range(PAIRS)]
            answers = tool("versions", data="".join(f"{a} {b}\n" for a, b in some).encode()).stdout.decode().split()
            self.assertEqual(len(answers), len(some))
            agreed += [(a, answer, b) for (a, b), answer in zip(some, answers) if answer != "invalid"]
        commands = ("dpkg --compare-versions {0} || echo {0}\n".format(shlex.join(triple)) for triple in agreed[:PAIRS])
        disagreed = subprocess.run(["sh"], input="".join(commands), capture_output=True, text=True, check=True).stdout
        self.assertEqual(disagreed, "")
        print(f"{PAIRS} pairs of versions", file=sys.stderr)


def digest(data):
    return hashlib.sha256(data).hexdigest()


class Listing:
    """The lines of readers_tool."""

    def __init__(self, output):
        lines = [json.loads(line) for line in output.splitlines()]
        self.entries = [entry for entry in lines if "path" in entry]
        for entry in self.entries:
            entry["path"], entry["target"] = (os.fsdecode(bytes.fromhex(entry[field])) for field in ("path", "target"))
        self.control = {line["control"]: (line["mode"], line["sha256"]) for line in lines if "control" in line}


class Packages(unittest.TestCase):
    def entry(self, archive, member):
        kind = FORMATS[member.type.decode()]
        content = archive.extractfile(member).read() if kind == "-" else b""
        return {
            "path": "/" + member.name.removeprefix("./").removeprefix("."),
            "type": kind,
            "mode": member.mode & 0o7777,
            "uid": member.uid,
            "gid": member.gid,
            "mtime": int(member.mtime),
            "size": member.size if kind == "-" else 0,
            "sha256": digest(content),
        }

    def compare(self, deb):
        result = tool("deb", str(deb))
        self.assertEqual(result.returncode, 0, result.stderr)
        ours = Listing(result.stdout)
        tar = subprocess.run(["dpkg-deb", "--fsys-tarfile", deb], capture_output=True, check=True).stdout
        with tarfile.open(fileobj=io.BytesIO(tar), errors="surrogateescape") as archive:
            theirs = [(self.entry(archive, member), member) for member in archive]
        self.assertEqual(len(ours.entries), len(theirs))
        for mine, (other, member) in zip(ours.entries, theirs):
            mine_path = mine["path"].rstrip("/.") or "/"
            self.assertEqual(mine_path, other.pop("path").rstrip("/.") or "/")
            if mine["type"] != "h":  # whose metadata we take from its file
                self.assertEqual({field: mine[field] for field in other}, other, mine_path)
            if mine["type"] == "l":
                self.assertEqual(mine["target"], member.linkname)
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["dpkg-deb", "--control", deb, folder], check=True)
            control = {path.name: (stat.S_IMODE(path.stat().st_mode), digest(path.read_bytes())) for path in pathlib.Path(folder).iterdir()}
        self.assertEqual(ours.control, control)

    def test_packages_of_the_archive(self):
        require_archive()
        known = sorted((p for p in packages_of_this_machine() if p.get("Filename", "").startswith("pool/main") and int(p["Size"]) < 2_000_000), key=lambda p: p["Filename"])
        chosen = random.Random(os.environ.get("SEED", "packages")).sample(known, PACKAGES)
        with tempfile.TemporaryDirectory() as folder:
            names = [f"{package['Package']}={package['Version']}" for package in chosen]
            subprocess.run(["apt-get", "download", "--quiet", *names], cwd=folder, capture_output=True, check=True)
            debs = sorted(pathlib.Path(folder).glob("*.deb"))
            self.assertEqual(len(debs), len(set(names)))
            for deb in debs:
                with self.subTest(deb.name):
                    self.compare(deb)
        print(f"{len(debs)} packages", file=sys.stderr)


class Tars(unittest.TestCase):
    """A folder of everything, packed by GNU tar in each of its formats, and what it then extracts."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root = pathlib.Path(scratch.name) / "root"
        self.root.mkdir()
        self.copy = pathlib.Path(scratch.name) / "copy"
        self.copy.mkdir()

    def fill(self, long_names=True):
        (self.root / "plain").write_text("plain\n")
        (self.root / "empty").touch()
        (self.root / "blocks").write_bytes(bytes(range(256)) * 41)
        (self.root / "sub/deeper").mkdir(parents=True)
        (self.root / "sub/deeper/link").symlink_to("../../plain")
        (self.root / "sub/dangling").symlink_to("/nowhere/at/all")
        (self.root / "twin").hardlink_to(self.root / "plain")
        (self.root / "twin2").hardlink_to(self.root / "plain")
        os.mkfifo(self.root / "fifo")
        if os.geteuid() == 0:
            os.mknod(self.root / "null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
            os.mknod(self.root / "disk", stat.S_IFBLK | 0o600, os.makedev(259, 70000))
            os.chown(self.root / "empty", 1234, 65534)
        (self.root / "plain").chmod(0o4751)
        (self.root / "sub").chmod(0o3770)
        os.utime(self.root / "empty", (0, 0))
        os.utime(self.root / "blocks", (1, 2**31 + 5))
        (self.root / "with space\tand\\back").touch()
        (self.root / "gr\u00fc\u00df").touch()
        if long_names:
            (self.root / ("n" * 255)).write_text("long\n")
            folder = self.root / ("d" * 120) / ("e" * 120)
            folder.mkdir(parents=True)
            (folder / "target").symlink_to("x" * 300)
            (folder / "file").write_text("far\n")

    def check(self, *options):
        order = ["--sort=name", "--directory", self.root, "."]
        data = subprocess.run(["tar", "--create", "--warning=no-timestamp", *options, *order], check=True, stdout=subprocess.PIPE).stdout
        result = tool("tar", data=data)
        self.assertEqual(result.returncode, 0, result.stderr)
        subprocess.run(["tar", "--extract", "--preserve-permissions", "--numeric-owner", "--warning=no-timestamp", "--directory", self.copy], input=data, check=True)
        ours = Listing(result.stdout).entries
        # Not rglob, which asks where each link leads, and in Python 3.11 fails when that is a name too long for any file.
        theirs = [pathlib.Path(folder, name) for folder, *names in os.walk(self.copy) for name in sum(names, [])]
        self.assertEqual(sorted(e["path"].rstrip("/") for e in ours), sorted(["."] + [f"./{path.relative_to(self.copy)}" for path in theirs]))
        for entry in ours:
            self.compare(entry)

    def compare(self, entry):
        path = self.copy / entry["path"]
        status = path.lstat()
        if entry["type"] == "h":
            self.assertTrue(path.samefile(self.copy / entry["target"]), entry)
            return
        self.assertEqual(entry["type"], stat.filemode(status.st_mode)[0], entry)
        if entry["type"] == "l":
            self.assertEqual(entry["target"], os.readlink(path))
        else:
            self.assertEqual(entry["mode"], stat.S_IMODE(status.st_mode), entry)
        if os.geteuid() == 0:
            self.assertEqual((entry["uid"], entry["gid"]), (status.st_uid, status.st_gid), entry)
        self.assertEqual(entry["mtime"], int(status.st_mtime // 1), entry)
        if entry["type"] == "-":
            self.assertEqual((entry["size"], entry["sha256"]), (status.st_size, digest(path.read_bytes())), entry)
        if entry["type"] in "cb":
            self.assertEqual((entry["major"], entry["minor"]), (os.major(status.st_rdev), os.minor(status.st_rdev)), entry)

    def test_gnu(self):
        self.fill()
        self.check("--format=gnu")

    def test_pax(self):
        self.fill()
        os.utime(self.root / "plain", ns=(0, 1_700_000_000_123_456_789))
        self.check("--format=posix")

    def test_pax_with_large_numbers(self):
        self.fill()
        os.utime(self.root / "plain", (0, 2**34))
        self.check("--format=posix", "--owner=big:3000000000", "--group=big:2999999999")

    def test_gnu_with_large_numbers_and_times_before_1970(self):
        self.fill()
        os.utime(self.root / "plain", (0, -12345))
        self.check("--format=gnu", "--owner=big:3000000000", "--group=big:2999999999")

    def test_ustar(self):
        self.fill(long_names=False)
        os.utime(self.root / "blocks", (1, 1))
        self.check("--format=ustar")

    def test_v7(self):
        self.fill(long_names=False)
        for name in ("fifo", "null", "disk"):
            (self.root / name).unlink(missing_ok=True)
        self.check("--format=v7")

    def test_sparse_files_are_refused(self):
        with open(self.root / "holes", "wb") as file:
            file.truncate(1 << 20)
            file.seek(1 << 19)
            file.write(b"x" * 5000)
        for form in (["--format=gnu"], ["--format=posix", "--sparse-version=0.0"], ["--format=posix", "--sparse-version=0.1"], ["--format=posix", "--sparse-version=1.0"]):
            data = subprocess.run(["tar", "--create", "--sparse", *form, "--directory", self.root, "."], capture_output=True, check=True).stdout
            result = tool("tar", data=data)
            self.assertNotEqual(result.returncode, 0, form)
            self.assertIn(b"sparse", result.stderr)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--pairs", type=int, default=PAIRS)
    parser.add_argument("--packages", type=int, default=PACKAGES)
    arguments, rest = parser.parse_known_args()
    PAIRS, PACKAGES = arguments.pairs, arguments.packages
    unittest.main(argv=[sys.argv[0], *rest])
