"""Many runs on one store and one folder of images at the same time: each comes to what it would come to alone, none waits for ever, and nothing is damaged."""
import itertools
import json
import subprocess
import unittest

from kit import LIMIT, PROGRAM, Archive, Case

BUILDS = 16
IN_USE = "something else is using the store"


class SideBySide(Case):
    def setUp(self):
        super().setUp()
        self.archive = Archive(self.work / "made")
        for name in ("base", "one", "two", "three"):
            self.archive.add(name, files={f"/usr/share/{name}": f"{name}\n" * 2000})
        self.archive.publish()
        self.mirror = ["--mirror", f"made=file://{self.archive.directory}"]

    def recipes(self, folder):
        """A family of images, and one that stands alone."""
        recipes = self.work / folder
        self.archive.recipe(recipes / "base.yml", ["base"])
        for name, parent, include, rest in (
            ("one", "base", "one", ""),
            ("two", "base", "one, two", "layers: {compression: zstd}\n"),
            ("three", "two", "three", ""),
        ):
            (recipes / f"{name}.yml").write_text(f"name: {name}\nextends: {parent}.yml\npackages: {{include: [{include}]}}\n{rest}")
        self.archive.recipe(recipes / "alone.yml", ["one", "three"], extra="paths: {exclude: [/usr/share/three]}\n")
        return [recipes / f"{name}.yml" for name in ("one", "two", "three", "alone", "base")]

    def start(self, *arguments):
        argv = [PROGRAM, "--store", self.store, "--images", self.images, *self.mirror, "--json", *arguments]
        process = subprocess.Popen([str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.kill)
        return process

    def end(self, process):
        out, err = process.communicate(timeout=LIMIT)
        return process.returncode, out, err

    def digests(self):
        return {image["name"]: image["digest"] for image in self.succeed("--json", "images").json()["images"]}

    def test_builds_updates_and_garbage_collections(self):
        self.succeed(*self.mirror, *self.recipes("recipes"))
        alone = self.digests()
        self.assertEqual(len(alone), 5)
        self.store, self.images = self.work / "shared-store", self.work / "shared-images"
        recipes = self.recipes("shared-recipes")
        building = [self.start(recipe) for recipe in itertools.islice(itertools.cycle(recipes), BUILDS)]
        others = [self.start("update", *recipes), self.start("gc"), self.start("update", recipes[0]), self.start("gc")]
        for process in building:
            code, out, err = self.end(process)
            self.assertEqual(code, 0, err)
            for image in json.loads(out)["images"]:
                self.assertEqual(image["digest"], alone[image["name"]])
            others.append(self.start("gc"))
        for process in others:
            code, _, err = self.end(process)
            if code != 0 and IN_USE not in err:
                self.fail(f"exit {code}: {err}")
        self.assertEqual(self.digests(), alone)
        for name in alone:
            self.assertEqual(len(self.succeed("--json", "history", name).json()["versions"]), 1)
        self.succeed("store", "check")
        self.succeed("gc")
        self.succeed("test", "three")


if __name__ == "__main__":
    unittest.main(verbosity=2)
