#!/usr/bin/env python3
"""The Debian package, the signed archive around it, the tool's own image, and the image that compiles the tool. That the package alone does what it should
on a machine that has nothing else is for tests/fresh to show.

Uses the real archive, and the Release build.
"""
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

from kit import LIMIT, PROGRAM, SOURCE, Keyring, RecipesCase, keyring

sys.path.insert(0, str(SOURCE / "tests/support"))
from apt_sources import require_archive  # noqa: E402


def run(*argv, **options):
    return subprocess.run([str(a) for a in argv], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False, timeout=LIMIT, **options)


def os_release(key):
    return re.search(rf'(?m)^{key}="?([^"\n]*)', pathlib.Path("/etc/os-release").read_text()).group(1)


class Package(RecipesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.suite = os_release("VERSION_CODENAME")
        cls.archive = cls.work / "build/packages"  # where recipes/tool.yml looks for its key
        cls.deb = cls.package("--output", cls.archive)

    @classmethod
    def package(cls, *arguments):
        made = run(SOURCE / "scripts/package", *arguments)
        if made.returncode != 0:
            raise AssertionError(made.stderr)
        return pathlib.Path(made.stdout.strip())

    def field(self, name):
        return run("dpkg-deb", "--field", self.deb, name).stdout.strip()

    def signer(self, archive):
        """The fingerprint of who signed, by the archive's own public key; None where that did not."""
        home = self.work / f"gnupg-{archive.name}"
        home.mkdir(exist_ok=True)
        Keyring(home).gpg("--import", str(archive / "archive.asc"))
        checked = run("gpg", "--homedir", home, "--status-fd=1", "--verify", archive / f"dists/{self.suite}/InRelease")
        found = re.search(r"VALIDSIG (\w+)", checked.stdout)
        return found and found.group(1)

    def test_it_says_what_it_needs(self):
        depends = re.split(r", *", self.field("Depends"))
        names = {text.split()[0].split(":")[0] for text in depends}
        self.assertLessEqual({"libc6", "uidmap", "gpg", "ca-certificates"}, names)
        self.assertTrue(any(name.startswith("libarchive13") for name in names), "computed from what the programs load")
        for name in ("passt", "nftables", "qemu-user-static", "git"):
            self.assertIn(name, self.field("Recommends"))
        self.assertTrue(self.field("Version").endswith(f"+deb{os_release('VERSION_ID')}"))

    def test_lintian_finds_no_error(self):
        checked = run("lintian", "--fail-on", "error", "--allow-root", self.deb)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    def test_it_is_made_again_with_the_same_bytes(self):
        again = self.package("--output", self.work / "again")
        self.assertEqual(*(hashlib.sha256(path.read_bytes()).hexdigest() for path in (self.deb, again)))

    def test_the_archive_is_signed_by_the_key_that_lies_in_it(self):
        self.assertIsNotNone(self.signer(self.archive))

    def test_a_key_of_ones_own(self):
        keyring().key("packager")
        secret = self.work / "secret.asc"
        secret.write_bytes(keyring().gpg("--pinentry-mode", "loopback", "--armor", "--export-secret-keys", "packager@example.invalid"))
        archive = self.work / "own"
        (archive / "dists/other").mkdir(parents=True)
        self.package("--key", secret, "--output", archive)
        listed = keyring().gpg("--with-colons", "--fingerprint", "packager@example.invalid").decode()
        self.assertIn(f":{self.signer(archive)}:", listed)
        self.assertTrue((archive / "dists/other").is_dir(), "other releases stay")

    def test_an_archive_of_somebody_else_is_left_alone(self):
        archive = self.work / "foreign"
        release = archive / f"dists/{self.suite}/InRelease"
        release.parent.mkdir(parents=True)
        release.write_text("Origin: somebody\n")
        refused = run(SOURCE / "scripts/package", "--output", archive)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("was not made by scripts/package", refused.stderr)
        self.assertEqual(release.read_text(), "Origin: somebody\n")

    def test_the_tools_own_image(self):
        recipe = self.work / "recipes/tool.yml"
        parent = "base" if self.suite == "bookworm" else self.suite
        recipe.write_text(recipe.read_text().replace("bookworm", self.suite).replace("base.yml", f"{parent}.yml"))
        built = self.bootstrap("--mirror", f"bootstrap=file://{self.archive}", recipe)
        self.assertEqual(built.returncode, 0, built.stdout + built.stderr)
        version = self.bootstrap("run", "tool", "bootstrap", "--version").stdout
        self.assertEqual(version, run(PROGRAM, "--version").stdout)
        why = self.bootstrap("why", "tool", "/usr/libexec/bootstrap/bootstrap-worker")
        self.assertIn("bootstrap", why.stdout)


class Builder(RecipesCase):
    def test_it_has_the_packages_that_building_needs(self):
        listed = re.findall(r"(?m)^build (\S+)$", (SOURCE / "scripts/packages.txt").read_text())
        recipe = (SOURCE / "recipes/builder.yml").read_text()
        self.assertEqual(re.findall(r"(?m)^    - (\S+)$", recipe), listed)

    def test_it_compiles_the_tool(self):
        """One program and one room; all of it with BOOTSTRAP_SWEEP=all."""
        whole = os.environ.get("BOOTSTRAP_SWEEP") == "all"
        source = self.work / "src"
        shutil.copytree(SOURCE, source, ignore=lambda folder, names: [name for name in names if name in ("build", ".git", "images", "__pycache__")])
        built = self.bootstrap(self.work / "recipes/builder.yml")
        self.assertEqual(built.returncode, 0, built.stdout + built.stderr)
        command = ["run", "--volume", f"{source}:/src", "--memory", "4G", "builder", *([] if whole else ["bootstrap-accelerator", "bootstrap_debian"])]
        argv = [PROGRAM, "--store", self.work / "store", "--images", self.work / "images", *command]
        compiled = subprocess.run([str(a) for a in argv], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        self.assertEqual(compiled.returncode, 0, compiled.stdout[-4000:] + compiled.stderr)
        made = source / "build/builder" / ("bootstrap" if whole else "bootstrap-accelerator")
        ran = run(made, "--version")
        ours = run(pathlib.Path(PROGRAM).with_name(made.name), "--version")
        self.assertEqual((ran.returncode, ran.stdout, ran.stderr), (ours.returncode, ours.stdout, ours.stderr))


if __name__ == "__main__":
    require_archive()
    unittest.main(verbosity=2)
