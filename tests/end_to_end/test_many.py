#!/usr/bin/env python3
"""Many recipes in one run, and what a second run does not do again. On made archives, without scripts."""
import json
import os
import unittest

import kit

TEST = 'tests: [{name: says hello, run: [/hello], stdout: {contains: hello}}]\n'


class Many(kit.Case):
    def setUp(self):
        super().setUp()
        archive = kit.Archive(self.work / "archive")
        archive.add("base-files", files={"/etc/base": "base"})
        for name in ("one", "two", "three"):
            archive.add(name, files={f"/usr/share/{name}": name})
        archive.publish()
        self.archive = archive
        self.server = kit.Server(self.work / "archive")
        self.addCleanup(self.server.close)
        self.base = archive.recipe(self.work / "recipes/base.yml", ["base-files"])
        self.recipes = [self.child(name, [name]) for name in ("one", "two", "three")]

    def child(self, name, include, extra="", parent="base"):
        path = self.work / f"recipes/{name}.yml"
        path.write_text(f"name: {name}\nextends: {parent}.yml\npackages: {{include: [{', '.join(include)}]}}\n{extra}")
        return path

    def build(self, *arguments, code=0):
        result = self.bootstrap("--json", "--mirror", f"made={self.server.url}", *arguments)
        self.assertEqual(result.code, code, result)
        return result.json()

    def test_parents_and_packages_are_made_once(self):
        built = self.build(*self.recipes)
        self.assertEqual([image["name"] for image in built["images"]], ["base", "one", "two", "three"])
        self.assertTrue(all(image["built"] and image["version"] for image in built["images"]))
        fetched = [path for path in self.server.requests if path.endswith(".deb")]
        self.assertEqual(len(fetched), len(set(fetched)), fetched)
        self.assertEqual(len([path for path in self.server.requests if path.endswith("InRelease")]), 1)

    def test_a_second_run_does_nothing(self):
        first = self.build(*self.recipes)
        before = {path: (self.images / path).stat().st_mtime_ns for path in kit.files_below(self.images)}
        del self.server.requests[:]
        second = self.build(*self.recipes)
        self.assertEqual([image["digest"] for image in second["images"]], [image["digest"] for image in first["images"]])
        self.assertFalse(any(image["built"] for image in second["images"]))
        self.assertEqual(self.server.requests, [])
        self.assertEqual({path: (self.images / path).stat().st_mtime_ns for path in kit.files_below(self.images)}, before)

    def test_together_or_one_by_one_gives_the_same_images(self):
        together = {image["name"]: image["digest"] for image in self.build(*self.recipes)["images"]}
        self.store, self.images = self.work / "store2", self.work / "images2"
        for recipe in reversed(self.recipes):
            for image in self.build(recipe)["images"]:
                self.assertEqual(image["digest"], together[image["name"]])

    def test_a_recipe_that_cannot_be_built_stops_no_other(self):
        wrong = self.child("wrong", ["nowhere"])
        result = self.build(self.recipes[0], wrong, self.recipes[1], code=4)
        self.assertEqual([image["name"] for image in result["images"]], ["base", "one", "two"])
        (error,) = result["errors"]
        self.assertEqual((error["recipe"], error["kind"]), (str(wrong), "unsolvable"))
        self.assertIn("nowhere", error["message"])

    def test_a_package_that_cannot_be_had_stops_only_its_recipe(self):
        self.build(self.base)
        next((self.work / "archive/pool").glob("two_*")).unlink()
        result = self.build(*self.recipes, code=5)
        self.assertEqual([image["name"] for image in result["images"]], ["base", "one", "three"])
        self.assertEqual([error["kind"] for error in result["errors"]], ["network"])

    def test_nothing_is_built_on_a_parent_that_fails_its_tests(self):
        self.archive.recipe(self.base, ["base-files"], extra=TEST)
        result = self.build(*self.recipes, code=6)
        self.assertEqual([(image["name"], image["version"]) for image in result["images"]], [("base", None)])
        self.assertEqual({error["kind"] for error in result["errors"]}, {"test-failed"})
        self.assertFalse((self.images / "one/index.json").exists())

    def test_two_recipes_cannot_make_one_image(self):
        twin = self.child("twin", ["one"])
        twin.write_text(twin.read_text().replace("name: twin", "name: one"))
        result = self.build(self.recipes[0], twin, code=2)
        self.assertIn("both make an image named one", result["errors"][0]["message"])

    def test_a_profile_shows_the_stages(self):
        profile = self.work / "profile.json"
        self.build("--profile", profile, *self.recipes)
        events = json.loads(profile.read_text())["traceEvents"]
        names = {event["name"] for event in events if event["ph"] == "X"}
        self.assertLessEqual({"resolve base", "unpack one", "compress one", "assemble two", "write the image of three"}, names)
        self.assertTrue(all(event["dur"] >= 0 for event in events if event["ph"] == "X"))


if __name__ == "__main__":
    os.umask(0o022)
    unittest.main(verbosity=2)
