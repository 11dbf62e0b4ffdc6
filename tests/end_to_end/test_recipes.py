"""Every recipe of recipes/ is built from the real archive, as the README says, and passes its own smoke tests; then the verbs that look at an image."""
import json
import pathlib
import subprocess
import sys
import unittest

from kit import SOURCE, Archive, RecipesCase, keyring

sys.path.insert(0, str(SOURCE / "tests/support"))
from apt_sources import require_archive  # noqa: E402


def registered_formats():
    """What this machine starts by way of emulators and the like."""
    folder = pathlib.Path("/proc/sys/fs/binfmt_misc")
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


class Recipes(RecipesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.build("web")

    @classmethod
    def build(cls, name):
        process = cls.bootstrap("--json", cls.work / f"recipes/{name}.yml")
        if process.returncode != 0:
            raise AssertionError(f"{name}: exit {process.returncode}\n{process.stdout}\n{process.stderr}")
        return json.loads(process.stdout)["images"][-1]

    def check(self, name):
        image = self.build(name)
        self.assertIsNotNone(image["version"])
        self.assertTrue(image["tested"])
        self.assertTrue(all(test["passed"] for test in image["tests"]["tests"]))
        return image

    def test_web(self):
        self.assertEqual(len(self.check("web")["tests"]["tests"]), 4)  # its own, and that it is repeatable

    def test_python(self):
        self.check("python")

    def test_db(self):
        self.check("db")

    def test_distroless(self):
        self.check("distroless")

    def test_trixie(self):
        self.check("trixie")

    def test_scripts_whose_interpreter_is_not_there(self):
        archive = Archive(self.work / "made")
        (self.work / "recipes/made.asc").write_bytes(keyring().key("archive"))
        for script, reason in (("preinst", "its interpreter is not in the tree"), ("postinst", "No such file or directory")):
            archive.add(f"unable-{script}", scripts={script: "#!/usr/bin/nonesuch\n"})
            archive.publish()
            recipe = self.work / f"recipes/{script}.yml"
            recipe.write_text(
                f"name: {script}\nextends: base.yml\nrepositories:\n  - {{archive: made, suites: [stable], signed-by: [made.asc]}}\npackages: {{include: [unable-{script}]}}\n"
            )
            process = self.bootstrap("--mirror", f"made=file://{archive.directory}", recipe)
            self.assertEqual(process.returncode, 1, process.stderr)
            self.assertIn(f"unable-{script}", process.stderr)
            self.assertIn(reason, process.stderr)

    def test_a_foreign_architecture_without_scripts(self):
        recipe = self.work / "recipes/arm.yml"
        recipe.write_text(
            "name: arm\narchitectures: [arm64]\n"
            "repositories:\n  - {archive: debian, suites: [bookworm], signed-by: [../keys/debian-archive-bookworm.asc]}\n"
            "packages: {variant: custom, include: [libc6, dash]}\nscripts: skip\n"
        )
        process = self.bootstrap("--json", recipe)
        self.assertEqual(process.returncode, 0, process.stderr)
        image = json.loads(process.stdout)["images"][-1]
        inspected = subprocess.run(
            ["skopeo", "inspect", "--config", f"oci:{self.work}/images/arm:latest"], capture_output=True, text=True, check=True
        )
        self.assertEqual(json.loads(inspected.stdout)["architecture"], "arm64")
        self.assertGreater(image["packages"], 2)

    def test_a_foreign_architecture_with_scripts_and_tests(self):
        """By emulation, in the sandbox alone: what this machine itself can run stays as it was."""
        recipe = self.work / "recipes/arm-shell.yml"
        recipe.write_text(
            "name: arm-shell\narchitectures: [arm64]\n"
            "repositories:\n  - {archive: debian, suites: [bookworm], signed-by: [../keys/debian-archive-bookworm.asc]}\n"
            "packages: {variant: essential}\n"
            "tests:\n  - {name: machine, run: [uname, -m], exit: 0, stdout: {contains: aarch64}}\n"
        )
        before = registered_formats()
        process = self.bootstrap("--json", recipe)
        self.assertEqual(process.returncode, 0, process.stderr)
        ran = self.bootstrap("run", "arm-shell", "--", "sh", "-c", "uname -m; exit 7")
        self.assertEqual((ran.stdout, ran.returncode), ("aarch64\n", 7), ran.stderr)
        self.assertEqual(registered_formats(), before)

    def test_images(self):
        process = self.bootstrap("--json", "images", "web")
        images = json.loads(process.stdout)["images"]
        self.assertEqual([image["latest"] for image in images], [True])

    def test_test(self):
        process = self.bootstrap("test", "web")
        self.assertEqual(process.returncode, 0, process.stderr)
        self.assertEqual(process.stdout.count("passed"), 4)

    def test_run(self):
        process = self.bootstrap("run", "--entrypoint", "sh", "web", "--", "-c", "id -u; exit 42")
        self.assertEqual((process.returncode, process.stdout), (42, "0\n"), process.stderr)

    def test_why_a_package(self):
        process = self.bootstrap("why", "web", "libssl3")
        self.assertEqual(process.returncode, 0, process.stderr)
        self.assertIn("libssl3", process.stdout)

    def test_why_a_path(self):
        process = self.bootstrap("why", "web", "/usr/sbin/nginx")
        self.assertEqual(process.returncode, 0, process.stderr)
        self.assertIn("nginx", process.stdout)
        self.assertIn("the recipe includes it", process.stdout)

    def test_a_failing_test_keeps_latest_and_says_why(self):
        before = (self.work / "images/web/index.json").read_bytes()
        recipe = self.work / "recipes/broken.yml"
        recipe.write_text(
            "name: web\nextends: base.yml\npackages: {include: [nginx, ca-certificates]}\n"
            'image: {entrypoint: [nginx, -g, "daemon off;"], labels: {broken: "yes"}}\n'
            'tests:\n  - {name: serves, http: "http://127.0.0.1:80/", status: 418}\n'
            "limits: {timeout: 2s}\n"
        )
        process = self.bootstrap(recipe)
        self.assertEqual(process.returncode, 6, process.stderr)
        self.assertIn("418", process.stdout)
        self.assertIn("200", process.stdout)
        self.assertEqual((self.work / "images/web/index.json").read_bytes(), before)


if __name__ == "__main__":
    require_archive()
    unittest.main(verbosity=2)
