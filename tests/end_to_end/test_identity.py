"""The image ID tells an image, the manifest's digest how it is compressed: what is a new version and what is not, and what older versions of the
program left behind (tests/fixtures).
"""
import json
import os
import shutil
import unittest

from kit import SOURCE, Case, GreetingCase

OTHER_ZSTD = {"LD_PRELOAD": os.environ["OTHER_ZSTD"]}
FIXTURES = SOURCE / "tests/fixtures"
FORMATS = sorted(FIXTURES.glob("format-*"))
THIS_FORMAT = 2


class SameImage(GreetingCase):
    def setUp(self):
        super().setUp()
        self.gzip = self.recipe.read_text() + 'version: "1.0"\n'
        self.zstd = self.gzip + "layers: {compression: zstd}\n"

    def build(self, text, *arguments, **options):
        self.recipe.write_text(text)
        return self.succeed("--json", *self.mirror, *arguments, self.recipe, **options).json()["images"][-1]

    def history(self, name="greeting"):
        return [(v["version"], v["reason"], v["latest"]) for v in self.succeed("--json", "history", name).json()["versions"]]

    def test_another_compression_is_the_same_image(self):
        for before, after in ((self.gzip, self.zstd), (self.zstd, self.gzip)):
            shutil.rmtree(self.images, ignore_errors=True)
            first = self.build(before)
            index = (self.images / "greeting/index.json").read_bytes()
            self.assertTrue(first["new_version"])
            for store in (self.store, self.work / "empty"):
                second = self.build(after, store=store)
                self.assertFalse(second["new_version"])
                self.assertEqual([second[key] for key in ("image_id", "digest", "version")], [first[key] for key in ("image_id", "digest", "version")])
                self.assertEqual([layer["digest"] for layer in second["layers"]], [layer["digest"] for layer in first["layers"]])
            self.assertEqual((self.images / "greeting/index.json").read_bytes(), index)
            self.assertIn("no new version: the image ID is that of 1.0.0", self.succeed(*self.mirror, self.recipe).out)
            verified = self.succeed("--json", *self.mirror, "verify", "greeting").json()
            self.assertEqual((verified["expected"], verified["layers"]), (verified["actual"], []), "the record says how it was made")

    def test_with_either_compression_alone(self):
        gzip = self.build(self.gzip)
        zstd = self.build(self.zstd, images=self.work / "others")
        self.assertEqual(gzip["image_id"], zstd["image_id"])
        self.assertNotEqual(gzip["digest"], zstd["digest"])
        config = lambda images, image: (images / "greeting/blobs/sha256" / image["image_id"].removeprefix("sha256:")).read_bytes()  # noqa: E731
        self.assertEqual(config(self.images, gzip), config(self.work / "others", zstd))

    def test_another_version_of_zstd(self):
        first = self.build(self.zstd)
        elsewhere = {"store": self.work / "elsewhere", "env": OTHER_ZSTD}
        alone = self.build(self.zstd, "--locked", images=self.work / "others", **elsewhere)
        self.assertEqual(alone["image_id"], first["image_id"])
        self.assertEqual({layer["encoder"] for layer in alone["layers"]}, {"zstd-9.9.9"})

        second = self.build(self.zstd, "--locked", **elsewhere)
        self.assertEqual((second["digest"], second["version"], second["new_version"]), (first["digest"], "1.0.0", False))
        self.assertEqual(len(second["other_bytes"]), len(first["layers"]), "not all layers that differ are named")
        self.assertEqual(second["other_bytes"][0]["actual_encoder"], "zstd-9.9.9")
        self.assertEqual(second["other_bytes"][0]["expected_encoder"], first["layers"][0]["encoder"])
        self.assertEqual(self.history(), [("1.0.0", "build", True)])

        verified = self.succeed("--json", *self.mirror, "verify", "greeting", **elsewhere).json()
        self.assertTrue(verified["same"] and verified["same_image"])
        self.assertNotEqual(verified["expected"], verified["actual"])
        self.assertEqual([layer["what"] for layer in verified["layers"]], ["compressed bytes"] * len(first["layers"]))
        text = self.succeed(*self.mirror, "verify", "greeting", **elsewhere).out
        self.assertIn(f"({first['layers'][0]['encoder']} -> zstd-9.9.9)", text)
        self.assertIn(first["image_id"], text)

        # A child is built upon the blobs that are there.
        child = self.work / "recipes/child.yml"
        child.write_text("name: child\nextends: greeting.yml\n")
        built = self.succeed("--json", *self.mirror, child, **elsewhere).json()["images"][-1]
        inherited = built["inherited_layers"]
        self.assertEqual([layer["digest"] for layer in built["layers"][:inherited]], [layer["digest"] for layer in first["layers"]])
        self.assertEqual([layer["encoder"] for layer in built["layers"]], [first["layers"][0]["encoder"]] * inherited + ["zstd-9.9.9"])
        self.assertTrue(self.succeed("--json", *self.mirror, "verify", "child", **elsewhere).json()["same"])

    def test_an_earlier_version_is_not_made_the_latest(self):
        self.build(self.gzip)
        self.build(self.gzip + "image: {workdir: /usr}\n")
        again = self.build(self.gzip)
        self.assertEqual((again["version"], again["new_version"]), ("1.0.0", False))
        self.assertEqual(self.history(), [("1.0.1", "build", True), ("1.0.0", "build", False)])
        text = self.succeed(*self.mirror, self.recipe).out
        self.assertIn("latest stays 1.0.1; `bootstrap rollback greeting 1.0.0` moves it", text)

    def test_a_damaged_version_is_made_again(self):
        first = self.build(self.zstd)
        blob = self.images / "greeting/blobs/sha256" / first["layers"][0]["digest"].removeprefix("sha256:")
        content = blob.read_bytes()
        blob.unlink()
        blob.write_bytes(content[:-1] + b"X")
        self.assertEqual(self.build(self.zstd, "--locked", store=self.work / "elsewhere", env=OTHER_ZSTD)["version"], "1.0.1")

    def test_the_image_id_is_shown(self):
        image = self.build(self.gzip)
        config = json.loads((self.images / "greeting/blobs/sha256" / image["digest"].removeprefix("sha256:")).read_bytes())["config"]
        self.assertEqual(image["image_id"], config["digest"])
        for verb in ("images", "history"):
            listed = self.succeed("--json", verb, "greeting").json()
            self.assertEqual(listed.get("images", listed.get("versions"))[0]["image_id"], image["image_id"])
            self.assertIn(image["image_id"][7:19], self.succeed(verb, "greeting").out)
        for arguments in ([self.recipe], ["verify", "greeting"], ["evidence", "greeting"]):
            self.assertIn(image["image_id"], self.succeed(*self.mirror, *arguments).out)


class Fixtures(Case):
    def setUp(self):
        super().setUp()
        self.mirror = ["--mirror", f"made=file://{FIXTURES}/archive"]

    def take(self, folder):
        """A copy to work with, with the recipes beside their locks; returns the number of its format."""
        for name in ("recipes", "images", "store"):
            shutil.rmtree(self.work / name, ignore_errors=True)
            shutil.copytree(folder / name, self.work / name)
        shutil.copytree(FIXTURES / "recipes", self.work / "recipes", dirs_exist_ok=True)
        self.recipes = sorted((self.work / "recipes").glob("*.yml"))
        self.assertEqual([recipe.stem for recipe in self.recipes], ["base", "greeting", "packed"])
        return int(folder.name.removeprefix("format-"))

    def test_all_verbs_read_what_older_versions_wrote(self):
        for folder in FORMATS:
            with self.subTest(folder.name):
                number = self.take(folder)
                for recipe in self.recipes:
                    name = recipe.stem
                    listed = self.succeed("--json", "images", name).json()["images"]
                    self.assertEqual([(image["version"], image["format"], image["latest"]) for image in listed], [("1.0.0", number, True)])
                    self.assertEqual(self.succeed("--json", "history", name).json()["versions"][0]["format"], number)
                    self.assertEqual(self.succeed("run", name).out, "hello\n")
                    self.succeed("test", name)
                    self.succeed("export", "--format", "oci-archive", name, self.work / f"{number}-{name}.tar")
                    self.succeed(*self.mirror, "evidence", name)
                    self.assertIn("made-hello", self.succeed("why", name, "/usr/bin/hello").out)
                self.assertIn("made-text", self.succeed("diff", "base", "greeting").out)
                self.succeed("diff", "greeting", self.work / f"{number}-greeting.tar")
                self.succeed("gc", "--dry-run")
                self.succeed("report", self.work / "public")

    def test_locks_still_fit(self):
        for folder in FORMATS:
            with self.subTest(folder.name):
                number = self.take(folder)
                locks = {recipe: recipe.with_suffix(".lock.json").read_bytes() for recipe in self.recipes}
                built = self.succeed("--json", *self.mirror, "--locked", *self.recipes).json()["images"]
                for recipe, lock in locks.items():
                    self.assertEqual(recipe.with_suffix(".lock.json").read_bytes(), lock)
                for image in built:
                    reasons = [version["reason"] for version in self.succeed("--json", "history", image["name"]).json()["versions"]]
                    self.assertEqual(reasons, [f"format {THIS_FORMAT}", "build"] if image["new_version"] else ["build"])
                    self.assertEqual(image["version"], f"1.0.{len(reasons) - 1}")
                    self.assertFalse(number == THIS_FORMAT and image["new_version"], "bytes have changed: raise kImageFormat (src/base/image_format.h)")
                    self.assertTrue(self.succeed("--json", *self.mirror, "verify", image["name"]).json()["same_image"])
                again = self.succeed("--json", *self.mirror, "--locked", *self.recipes).json()["images"]
                self.assertEqual([image["new_version"] for image in again], [False] * len(built))

    def test_verify_says_which_format_made_it(self):
        for folder in FORMATS:
            with self.subTest(folder.name):
                number = self.take(folder)
                for recipe in self.recipes:
                    result = self.bootstrap(*self.mirror, "verify", f"{recipe.stem}:1.0.0")
                    if number == THIS_FORMAT:
                        self.assertEqual(result.code, 0, f"bytes have changed: raise kImageFormat (src/base/image_format.h)\n{result}")
                        self.assertNotIn("made by format", result.out)
                    else:
                        self.assertIn(f"made by format {number}; this is {THIS_FORMAT}", result.out)
                        self.assertNotIn("NOT what its record says", result.out)
                        self.assertNotIn("maintainer script", result.out)

    def test_a_child_does_not_take_over_what_describes_its_parent(self):
        self.take(FORMATS[0])
        labels = lambda images: [json.loads((self.images / "greeting/blobs/sha256" / v["image_id"][7:]).read_bytes())["config"]["Labels"] for v in images]  # noqa: E731
        self.succeed(*self.mirror, *self.recipes)
        new, old = labels(self.succeed("--json", "history", "greeting").json()["versions"])
        self.assertIn("org.opencontainers.image.title", old)
        self.assertEqual(new, {"team": "made"})


if __name__ == "__main__":
    unittest.main(verbosity=2)
