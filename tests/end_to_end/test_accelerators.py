"""Native versions of maintainer scripts' helper programs change nothing but the time that a build takes, and stand for known originals only.

Uses the real archive. Builds that are compared share downloads and imported packages, and nothing that was made of them.
"""
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import unittest

from kit import SOURCE, Archive, Case, copy_programs

sys.path.insert(0, str(SOURCE / "tests/support"))
from apt_sources import require_archive  # noqa: E402

RECIPES = ["web", "python", "db", "trixie"]
KEPT = {"downloads", "releases", "indexes", "segments"}  # areas of the store

# In the place of bootstrap-accelerator: writes down what it stands for, and leaves the work to the original.
RECORDER = """#!/bin/sh
echo "$1" >> /var/lib/accelerated
original=/run/bootstrap/original/$1
shift 2
exec "$original" "$@"
"""


class Accelerators(Case):
    def setUp(self):
        super().setUp()
        for name in ("recipes", "keys"):
            shutil.copytree(SOURCE / name, self.work / name)

    def digests(self, *arguments):
        """Image name -> digest, of all recipes, with every tree configured anew."""
        shutil.rmtree(self.images, ignore_errors=True)
        for area in self.store.iterdir() if self.store.exists() else []:
            if area.is_dir() and area.name not in KEPT:
                shutil.rmtree(area)
        recipes = [self.work / f"recipes/{name}.yml" for name in RECIPES]
        document = self.succeed("--json", "--no-test", *arguments, *recipes).json()
        return {image["name"]: image["digest"] for image in document["images"]}

    def test_every_recipe_gives_the_same_image_without_them(self):
        with_accelerators = self.digests()
        self.assertEqual(set(with_accelerators), {"base", *RECIPES})
        self.assertEqual(self.digests("--no-accelerators"), with_accelerators)

    def altered_helper(self, archive, deb):
        """Puts the package of deb-systemd-helper into the archive, with a mark in it."""
        tree = self.work / "tree"
        subprocess.run(["dpkg-deb", "-R", str(deb), str(tree)], check=True)
        helper = tree / "usr/bin/deb-systemd-helper"
        first, rest = helper.read_text().split("\n", 1)
        helper.write_text(f"{first}\nopen(my $mark, '>', '/var/lib/altered'); close($mark);\n{rest}")
        control = tree / "DEBIAN/control"
        lines = [line for line in control.read_text().splitlines() if not line.startswith("Version:")]
        control.write_text("\n".join([lines[0], "Version: 99", *lines[1:]]) + "\n")
        path = "pool/init-system-helpers_99_all.deb"
        subprocess.run(["dpkg-deb", "--root-owner-group", "-b", str(tree), str(archive.directory / path)], check=True, capture_output=True)
        content = (archive.directory / path).read_bytes()
        fields = {"Filename": path, "Size": len(content), "SHA256": hashlib.sha256(content).hexdigest()}
        stanza = control.read_text().splitlines()
        fields |= dict(line.split(": ", 1) for line in stanza if not line.startswith(" "))
        archive.packages.append(fields)
        archive.publish()

    def write_recipe(self, archive):
        archive.recipe(self.work / "recipes/made.yml", ["none"])  # for its key
        recipe = self.work / "recipes/altered.yml"
        base = (self.work / "recipes/base.yml").read_text()
        repositories = base[base.index("repositories:") : base.index("packages:")].rstrip()
        recipe.write_text(
            f"name: altered\narchitectures: [amd64]\n{repositories}\n"
            "  - {archive: made, suites: [stable], signed-by: [archive.asc]}\n"
            "packages: {variant: essential}\n"
        )
        return recipe

    def test_an_original_that_is_not_known_runs_itself(self):
        self.succeed("--no-test", self.work / "recipes/base.yml")
        lock = json.loads((self.work / "recipes/base.lock.json").read_text())
        locked = next(package for package in lock["packages"] if package["name"] == "init-system-helpers")
        archive = Archive(self.work / "archive")
        self.altered_helper(archive, self.store / "downloads" / locked["sha256"])
        recipe = self.write_recipe(archive)

        programs = copy_programs(self.work / "bin")
        (programs / "bootstrap-accelerator").write_text(RECORDER)
        target = self.work / "altered.tar"
        for arguments in (["--no-test", "--mirror", f"made=file://{archive.directory}", recipe], ["export", "altered", target]):
            argv = [programs / "bootstrap", "--store", self.store, "--images", self.images, *arguments]
            process = subprocess.run([str(a) for a in argv], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
            self.assertEqual(process.returncode, 0, process.stderr)
        with tarfile.open(target) as tar:
            files = {member.name.removeprefix("./"): member for member in tar}
            self.assertIn("var/lib/altered", files)
            accelerated = tar.extractfile(files["var/lib/accelerated"]).read().decode().split()
        self.assertIn("dpkg-maintscript-helper", accelerated)
        self.assertNotIn("deb-systemd-helper", accelerated)
        # Nothing of what served the scripts stays behind.
        self.assertFalse([name for name in files if name.startswith("run/bootstrap")])


if __name__ == "__main__":
    require_archive()
    unittest.main(verbosity=2)
