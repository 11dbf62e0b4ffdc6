"""The lock behaves as cargo's: made when there is none, kept while it fits, refreshed with as few moves as possible."""
import json
import unittest

from kit import Archive, Case


class Lock(Case):
    def setUp(self):
        super().setUp()
        self.archive = Archive(self.work / "made")
        self.archive.add("hello", files={"/usr/share/hello": "1\n"})
        self.archive.add("extra", files={"/usr/share/extra": "1\n"})
        self.archive.publish()
        self.recipe = self.archive.recipe(self.work / "recipes/greeting.yml", ["hello"])
        self.lock = self.recipe.parent / "greeting.lock.json"
        self.mirror = ["--mirror", f"made=file://{self.archive.directory}"]

    def versions(self):
        return {package["name"]: package["version"] for package in json.loads(self.lock.read_text())["packages"]}

    def new_hello(self):
        self.archive.add("hello", "2.0", files={"/usr/share/hello": "2\n"})
        self.archive.publish()

    def test_a_lock_is_made_and_then_kept(self):
        self.succeed(*self.mirror, self.recipe)
        first = self.lock.read_bytes()
        self.new_hello()
        self.succeed(*self.mirror, self.recipe)
        self.assertEqual(self.lock.read_bytes(), first)

    def test_a_changed_recipe_moves_no_other_package(self):
        self.succeed(*self.mirror, self.recipe)
        self.new_hello()
        self.archive.recipe(self.recipe, ["hello", "extra"])
        result = self.succeed(*self.mirror, self.recipe)
        self.assertEqual(self.versions(), {"hello": "1.0", "extra": "1.0"})
        self.assertIn("added extra 1.0", result.out)

    def test_update_takes_the_newest(self):
        self.succeed(*self.mirror, self.recipe)
        self.new_hello()
        result = self.succeed(*self.mirror, "lock", "--update", self.recipe)
        self.assertEqual(self.versions(), {"hello": "2.0"})
        self.assertIn("moved hello 1.0 -> 2.0", result.out)

    def test_locked_refuses_what_does_not_fit(self):
        self.fail_with(2, *self.mirror, "--locked", self.recipe, mentions=["greeting.lock.json"])
        self.assertFalse(self.lock.exists())
        self.succeed(*self.mirror, self.recipe)
        self.succeed(*self.mirror, "--locked", self.recipe)
        self.archive.recipe(self.recipe, ["hello", "extra"])
        self.fail_with(2, *self.mirror, "--locked", self.recipe, mentions=["the recipe changed"])

    def test_offline_uses_the_store_and_nothing_else(self):
        self.fail_with(5, *self.mirror, "--offline", self.recipe)
        first = self.succeed(*self.mirror, "--json", self.recipe).json()
        for path in sorted(self.archive.directory.rglob("*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()
        second = self.succeed("--mirror", "made=http://127.0.0.1:9", "--offline", "--json", self.recipe).json()
        self.assertEqual(first["images"][0]["digest"], second["images"][0]["digest"])

    def test_a_package_that_left_the_mirror_is_named(self):
        self.succeed(*self.mirror, "lock", self.recipe)
        (self.archive.directory / "pool/hello_1.0_amd64.deb").unlink()
        self.fail_with(5, *self.mirror, self.recipe, mentions=["hello 1.0", "made"])

    def test_no_set_of_packages(self):
        self.archive.add("broken", control={"Depends": "hello (>= 3)"})
        self.archive.publish()
        self.archive.recipe(self.recipe, ["broken"])
        self.fail_with(4, *self.mirror, self.recipe, mentions=["broken", "hello (>= 3)"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
