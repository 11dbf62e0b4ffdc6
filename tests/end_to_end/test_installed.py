#!/usr/bin/env python3
"""What `cmake --install` installs works where it is put, wherever that is; and the Debian package has the same."""
import pathlib
import shutil
import subprocess
import unittest

import kit

BUILD = pathlib.Path(kit.PROGRAM).parent

INSTALLED = {
    "bin/bootstrap",
    "bin/bootstrap-box",
    "libexec/bootstrap/bootstrap-accelerator",
    "libexec/bootstrap/bootstrap-downloader",
    "libexec/bootstrap/bootstrap-surroundings.so",
    "libexec/bootstrap/bootstrap-worker",
    "share/bash-completion/completions/bootstrap",
    "share/bootstrap/bootstrap-box.apparmor",
    "share/doc/bootstrap/LICENSE",
    "share/doc/bootstrap/README.md",
    "share/doc/bootstrap/docs/recipe.md",
    "share/doc/bootstrap/examples/keys/debian-archive-bookworm.asc",
    "share/doc/bootstrap/examples/recipes/web.yml",
    "share/fish/vendor_completions.d/bootstrap.fish",
    "share/man/man1/bootstrap-box.1",
    "share/man/man1/bootstrap.1",
    "share/zsh/vendor-completions/_bootstrap",
}


class Installed(kit.GreetingCase):
    def install(self, prefix, **environment):
        subprocess.run(["cmake", "--install", str(BUILD), "--prefix", prefix], env={**kit.os.environ, **environment}, check=True, capture_output=True)

    def test_it_works_where_it_was_moved_to(self):
        self.install("/opt/tool", DESTDIR=str(self.work / "stage"))
        self.assertFalse(pathlib.Path("/opt/tool").exists())
        files = kit.files_below(self.work / "stage/opt/tool")
        self.assertEqual(INSTALLED - set(files), set())
        self.assertEqual([file for file in files if file.endswith(".lock.json")], [])
        self.assertEqual([file for file in files if file.startswith(("bin/", "libexec/")) and file not in INSTALLED], [])
        place = self.work / "somewhere else"
        shutil.move(self.work / "stage/opt/tool", place)
        self.program = str(place / "bin/bootstrap")
        self.succeed(*self.mirror, self.recipe)  # through the downloader
        self.succeed("why", "greeting", "hello")
        self.assertEqual(self.succeed("--json", "sandbox-info").code, 0)  # through the worker
        ended = subprocess.run([place / "bin/bootstrap-box", self.work, "/nonesuch"], capture_output=True, text=True, check=False)
        self.assertEqual(ended.returncode, 127, ended)

    def test_a_missing_helper_is_named_with_where_it_was_looked_for(self):
        self.install(str(self.work / "tool"))
        (self.work / "tool/libexec/bootstrap/bootstrap-worker").unlink()
        self.program = str(self.work / "tool/bin/bootstrap")
        self.fail_with(1, "sandbox-info", mentions=["bootstrap-worker", str(self.work / "tool/libexec/bootstrap")])

    def test_the_manual_page_is_of_the_program_that_is_installed(self):
        self.install(str(self.work / "tool"))
        page = subprocess.run([self.program, "--manual-page"], capture_output=True, text=True, check=True).stdout
        self.assertEqual((self.work / "tool/share/man/man1/bootstrap.1").read_text(), page)


if __name__ == "__main__":
    unittest.main(verbosity=2)
