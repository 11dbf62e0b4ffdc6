"""What we write, we and others read: an image of a generated tree whose names have line breaks, bytes that are not UTF-8, the greatest length, or many
levels is exported, audited, compared and verified, and is the same tree in umoci and podman.

BOOTSTRAP_NAMES_SEED chooses the tree.
"""
import os
import random
import shutil
import stat
import subprocess
import sys
import tarfile
import unittest

from kit import GreetingCase

SEED = os.environ.get("BOOTSTRAP_NAMES_SEED", "1")
NODES = 150
LETTERS = [bytes([byte]) for byte in b"ab.-+ %~=\\\"'\t\n\r\x01\x7f\x80\xff\xc3"] + ["é€".encode(), b"\xed\xa0\x80"]
PODMAN = ["podman", "--cgroup-manager=cgroupfs", "--runtime", "runc"]


class Tree:
    """Files, folders and links below a folder, by chance."""

    def __init__(self, folder):
        self.dice = random.Random(SEED)
        self.folders = [os.fsencode(folder)]
        self.deep(130)
        for _ in range(NODES):
            self.add()

    def name(self):
        length = self.dice.choice([1, 2, 5, 20, 99, 100, 101, 155, 250])
        name = b""
        while len(name) < length:
            name += self.dice.choice(LETTERS)
        return b"x" + name[:250]

    def deep(self, levels):
        place = os.path.join(self.folders[0], *[b"d"] * levels)
        os.makedirs(place)
        with open(os.path.join(place, b"bottom"), "wb") as file:
            file.write(b"deep\n")

    def add(self):
        place = os.path.join(self.dice.choice(self.folders), self.name())
        if os.path.lexists(place) or len(place) > 3000:
            return
        kind = self.dice.choice(["file", "file", "folder", "link"])
        if kind == "folder":
            os.mkdir(place)
            self.folders.append(place)
        elif kind == "link":
            os.symlink(b"".join(self.dice.choice(LETTERS) for _ in range(self.dice.choice([1, 90, 101, 300]))), place)
        else:
            with open(place, "wb") as file:
                file.write(self.dice.randbytes(self.dice.choice([0, 1, 600])))


def seen(folder):
    """path -> what is there, of all below a folder."""
    folder = os.fsencode(folder)
    nodes = {}
    for place, folders, files in os.walk(folder):
        for name in folders + files:
            path = os.path.join(place, name)
            status = os.lstat(path)
            if stat.S_ISLNK(status.st_mode):
                what = os.readlink(path)
            elif stat.S_ISREG(status.st_mode):
                with open(path, "rb") as file:
                    what = (stat.S_IMODE(status.st_mode), file.read())
            else:
                what = stat.S_IMODE(status.st_mode)
            nodes[os.path.relpath(path, folder)] = what
    return nodes


class StrangeNames(GreetingCase):
    def setUp(self):
        super().setUp()
        site = self.recipe.parent / "site"
        site.mkdir()
        Tree(site)
        with open(self.recipe, "a", encoding="utf-8") as recipe:
            recipe.write("files: [{source: site, target: /srv/site}]\n")
        self.succeed(*self.mirror, "--no-test", self.recipe)
        self.wanted = seen(site)
        self.assertGreater(len(self.wanted), 200)

    def assert_same(self, folder):
        self.assertEqual(seen(folder), self.wanted)

    def test_our_own_verbs_read_it(self):
        self.succeed("export", "greeting", self.work / "tree.tar")
        with tarfile.open(self.work / "tree.tar", errors="surrogateescape") as tar:
            names = {os.fsencode(member.name.removeprefix("./")) for member in tar}
        self.assertLessEqual({b"srv/site/" + path for path in self.wanted}, names)
        self.succeed("audit", "greeting")
        self.succeed("diff", self.images / "greeting", self.images / "greeting")
        self.succeed(*self.mirror, "verify", "greeting")

    def test_gnu_tar_makes_the_tree_of_what_we_export(self):
        self.succeed("export", "greeting", self.work / "tree.tar")
        (self.work / "tree").mkdir()
        subprocess.run(["tar", "--warning=no-unknown-keyword", "-xf", self.work / "tree.tar", "-C", self.work / "tree"], check=True)
        self.assert_same(self.work / "tree/srv/site")

    @unittest.skipIf(os.geteuid() != 0, "umoci is tried as root")
    def test_umoci_unpacks_the_same_tree(self):
        subprocess.run(["umoci", "unpack", "--image", f"{self.images}/greeting:latest", self.work / "bundle"], check=True, capture_output=True)
        self.assert_same(self.work / "bundle/rootfs/srv/site")

    @unittest.skipIf(os.geteuid() != 0, "podman is tried as root")
    def test_podman_unpacks_the_same_tree(self):
        podman = [*PODMAN, "--root", self.work / "containers", "--runroot", self.work / "run"]
        self.addCleanup(subprocess.run, [*podman, "rmi", "--all", "--force"], capture_output=True, check=False)
        limits = ["--ulimit", "nofile=1024:4096", "--ulimit", "nproc=10000:10000"]
        container = subprocess.run(
            [*podman, "create", "--quiet", *limits, f"oci:{self.images}/greeting:latest", "/none"], check=True, capture_output=True, text=True
        ).stdout.split()[-1]
        place = subprocess.run([*podman, "mount", container], check=True, capture_output=True, text=True).stdout.strip()
        try:
            self.assert_same(os.path.join(place, "srv/site"))
        finally:
            subprocess.run([*podman, "umount", container], capture_output=True, check=False)
            subprocess.run([*podman, "rm", container], capture_output=True, check=False)


if __name__ == "__main__":
    for client in ("umoci", "podman"):
        if shutil.which(client) is None:
            sys.exit(f"{client} is not installed")
    unittest.main(verbosity=2)
