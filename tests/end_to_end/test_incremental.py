"""A build that reuses what earlier builds left in the store gives the manifest digest of a build that has nothing: along a random walk of recipes.

Each step moves a package up or down, adds or removes packages, or changes an option of the parent recipe; the parent is a real Debian, so that the
scripts of the made packages run as packages' scripts do. BOOTSTRAP_WALK_STEPS sets the walk's length and BOOTSTRAP_WALK_SEED chooses it.
"""
import os
import random
import shutil
import subprocess
import sys
import unittest

from kit import SOURCE, Archive, Case, keyring
from made_packages import made_packages

sys.path.insert(0, str(SOURCE / "tests/support"))
from apt_sources import require_archive  # noqa: E402

STEPS = int(os.environ.get("BOOTSTRAP_WALK_STEPS", "4"))
SEED = os.environ.get("BOOTSTRAP_WALK_SEED", "1")
VERSIONS = ["1.0", "2.0", "3.0"]
NAMES = sorted(made_packages("1.0"))
# What a state must tell apart or leave out; every walk starts with them.
HARD = {"made-watcher", "made-backups", "made-names", "made-override"}
BASE_OPTIONS = ["paths: {exclude: [/usr/share/locale/*]}", "paths: {exclude: [/usr/share/bash-completion/*]}", "debconf: [tzdata tzdata/Areas select Etc]", ""]

PARENT = """\
name: parent
architectures: [amd64]
repositories:
  - {{archive: debian, suites: [bookworm], components: [main], signed-by: [{keys}/debian-archive-bookworm.asc]}}
packages: {{variant: essential, include: [passwd]}}
{option}
"""
CHILD = """\
name: walk
extends: parent.yml
repositories:
  - {{archive: made, suites: [stable], signed-by: [archive.asc]}}
packages: {{include: [{include}]}}
"""


class Place:
    """Where the walk is: the version that the archive offers of each package, the packages asked for, and the parent's option."""

    def __init__(self, dice):
        self.dice = dice
        self.versions = {name: dice.choice(VERSIONS) for name in NAMES}
        self.include = HARD | set(dice.sample(NAMES, 6))
        self.option = BASE_OPTIONS[0]
        self.coming = []

    def move(self):
        """Goes one step and says which. Every kind of step occurs before one occurs again."""
        if not self.coming:
            self.coming = [self.another_version, self.add, self.remove, self.another_option]
            self.dice.shuffle(self.coming)
        return self.coming.pop()()

    def another_version(self):
        for name in self.dice.sample(sorted(self.include), min(len(self.include), self.dice.randint(1, 3))):
            self.versions[name] = self.dice.choice([version for version in VERSIONS if version != self.versions[name]])
        return "other versions"

    def add(self):
        missing = sorted(set(NAMES) - self.include)
        self.include |= set(self.dice.sample(missing, min(len(missing), self.dice.randint(1, 2))))
        return "packages added"

    def remove(self):
        self.include -= set(self.dice.sample(sorted(self.include), min(len(self.include) - 1, self.dice.randint(1, 2))))
        return "packages removed"

    def another_option(self):
        self.option = self.dice.choice([option for option in BASE_OPTIONS if option != self.option])
        return "the parent's option"

    def __str__(self):
        return " ".join(f"{name}={self.versions[name]}" for name in sorted(self.include)) + f" parent: {self.option or 'plain'}"


class Incremental(Case):
    def setUp(self):
        super().setUp()
        self.archive = Archive(self.work / "made")
        self.offers = {}
        self.recipe = self.work / "recipes/walk.yml"
        self.recipe.parent.mkdir()
        (self.recipe.parent / "archive.asc").write_bytes(keyring().key("archive"))
        self.mirror = ["--mirror", f"made=file://{self.archive.directory}"]

    def offer(self, name, version):
        """The fields of a package in the index; its .deb is made when first offered."""
        if (name, version) not in self.offers:
            self.archive.add(name, version, **made_packages(version)[name])
            self.offers[name, version] = self.archive.packages[-1]
        return self.offers[name, version]

    def write(self, place):
        self.archive.packages = [self.offer(name, version) for name, version in place.versions.items()]
        self.archive.publish()
        (self.recipe.parent / "parent.yml").write_text(PARENT.format(keys=SOURCE / "keys", option=place.option))
        self.recipe.write_text(CHILD.format(include=", ".join(sorted(place.include))))

    def digest(self, store, images):
        result = self.succeed(*self.mirror, "--json", "--no-test", "--locked", self.recipe, store=store, images=images)
        return result.json()["images"][-1]["digest"]

    def clean_digest(self, kept):
        """Of a build in a store that has only these parts of an older one."""
        clean = self.work / "clean"
        clean.mkdir()
        for part in kept:
            subprocess.run(["cp", "-a", part, clean], check=True)
        digest = self.digest(clean, self.work / "clean-images")
        shutil.rmtree(clean)
        shutil.rmtree(self.work / "clean-images")
        return digest

    def test_a_walk(self):
        dice = random.Random(SEED)
        place = Place(dice)
        print(f"seed {SEED}, {STEPS} steps", flush=True)
        self.write(place)
        self.succeed(*self.mirror, "lock", self.recipe.parent / "parent.yml")
        self.succeed(*self.mirror, "--json", "--no-test", self.recipe.parent / "parent.yml")
        subprocess.run(["cp", "-a", self.store, self.work / "parent-store"], check=True)
        for step in range(1, STEPS + 1):
            said = place.move()
            self.write(place)
            self.succeed(*self.mirror, "lock", "--update", self.recipe)
            digest = self.digest(self.store, self.images)
            # Downloads only; or all that the parent's build left, whose options may have changed since.
            kept = [self.store / "downloads"] if step % 2 else list((self.work / "parent-store").iterdir())
            with self.subTest(seed=SEED, step=step, said=said, place=str(place)):
                self.assertEqual(self.clean_digest(kept), digest)


if __name__ == "__main__":
    require_archive()
    unittest.main(verbosity=2)
