#!/usr/bin/env python3
"""Nights on which something is broken: what has nothing to do with it is checked, built, tested and published all the same, the rest is named with its
reason, and the exit status is that of the worst."""
import time
import unittest

from kit import Archive, Case, keyring

UNTRUSTED, USAGE, NETWORK, UNSOLVABLE = 3, 2, 5, 4


class Isolation(Case):
    def setUp(self):
        super().setUp()
        # Each recipe in a folder of its own, with mirrors of its own.
        self.archives = {}
        self.recipes = {}
        for name in ("one", "two", "three"):
            archive = Archive(self.work / f"archive-{name}")
            archive.add(f"package-{name}", files={f"/usr/share/{name}": "1"})
            archive.publish()
            self.archives[name] = archive
            self.recipes[name] = archive.recipe(self.work / name / f"{name}.yml", [f"package-{name}"], extra="tests:\n  - {name: there, file: /usr/share/%s}\n" % name)
            (self.work / name / "mirrors.yml").write_text(f"made: file://{archive.directory}\n")

    def ruin(self, name, how):
        """Ways in which a recipe, its lock or its archive can be broken, with the exit status that they give."""
        recipe = self.recipes[name]
        if how == "recipe":
            recipe.write_text(recipe.read_text() + "pakages: {}\n")
            return USAGE
        if how == "no recipe":
            recipe.unlink()
            return USAGE
        if how == "lock":
            recipe.with_suffix(".lock.json").write_text("{")
            return USAGE
        if how == "archive is gone":
            (self.archives[name].directory / "dists").rename(self.work / "away")
            return NETWORK
        if how == "server":
            (recipe.parent / "mirrors.yml").write_text("made: http://127.0.0.1:1/debian\n")
            return NETWORK
        if how == "no mirror":
            (recipe.parent / "mirrors.yml").unlink()
            return USAGE
        if how == "mirrors":
            (recipe.parent / "mirrors.yml").write_text("made: [\n")
            return USAGE
        if how == "signature":
            self.archives[name].signer = "somebody"
            self.archives[name].publish()
            return UNTRUSTED
        if how == "key":
            (recipe.parent / "archive.asc").write_bytes(keyring().key("somebody"))
            return UNTRUSTED
        if how == "package":
            recipe.write_text(recipe.read_text().replace(f"package-{name}]", "nobody-has-this]"))
            return UNSOLVABLE
        raise KeyError(how)

    def fix(self):
        """Something new in every archive."""
        time.sleep(1.1)  # HTTP and releases tell times apart by the second
        for name, archive in self.archives.items():
            archive.packages.clear()
            archive.add(f"package-{name}", "1.1", files={f"/usr/share/{name}": "2"})
            archive.publish()

    def update(self, *options):
        return self.bootstrap("--json", "update", "--allow=all", *options, *self.recipes.values())

    def states(self, result):
        return {image["name"]: image["state"] for image in result.json()["images"]}

    def prepare(self):
        self.assertEqual(self.states(self.update()), dict.fromkeys(self.recipes, "updated"))
        self.fix()

    def start_over(self):
        self.doCleanups()
        self.setUp()

    def test_one_of_three_is_broken(self):
        for number, how in enumerate(("recipe", "no recipe", "lock", "archive is gone", "server", "no mirror", "mirrors", "signature", "key", "package")):
            with self.subTest(how):
                if number > 0:
                    self.start_over()
                self.prepare()
                # The first, the last, one in the middle: it must not matter.
                broken = list(self.recipes)[number % 3]
                code = self.ruin(broken, how)
                others = [name for name in self.recipes if name != broken]

                checked = self.bootstrap("--json", "check", "--allow=all", *self.recipes.values())
                self.assertEqual(checked.code, code, checked)
                found = {recipe["name"]: recipe for recipe in checked.json()["recipes"]}
                self.assertEqual({name: found[name]["pending"] for name in others}, dict.fromkeys(others, True))
                self.assertEqual([found[name]["error"] for name in others], [None, None])
                self.assertTrue(found[broken]["error"]["message"])

                metrics = self.work / "metrics.prom"
                result = self.update("--metrics", metrics)
                self.assertEqual(result.code, code, result)
                self.assertEqual(self.states(result), {broken: "failed"} | dict.fromkeys(others, "updated"))
                text = metrics.read_text()
                self.assertIn(f'bootstrap_update_failed{{image="{broken}"}} 1', text)
                for name in others:
                    self.assertIn(f'bootstrap_update_failed{{image="{name}"}} 0', text)

    def test_builds_and_locks(self):
        broken = self.recipes["two"]
        broken.write_text(broken.read_text() + "pakages: {}\n")
        for verb in ([], ["lock"]):
            result = self.bootstrap(*verb, *self.recipes.values())
            self.assertEqual(result.code, USAGE, result)
            self.assertIn('two.yml:9:1: unknown key "pakages"', result.err)
            for name in ("one", "three"):
                self.assertTrue(self.recipes[name].with_suffix(".lock.json").exists(), verb)
                self.assertTrue((self.images / name).exists())
            for name in ("one", "three"):
                self.recipes[name].with_suffix(".lock.json").unlink()
        errors = self.bootstrap("--json", *self.recipes.values()).json()["errors"]
        self.assertEqual([error["recipe"] for error in errors], [str(broken)])

    def test_the_worst_is_told(self):
        self.prepare()
        self.ruin("one", "server")
        self.ruin("two", "signature")
        self.ruin("three", "recipe")
        result = self.update()
        self.assertEqual(result.code, UNTRUSTED, result)
        self.assertEqual(set(self.states(result).values()), {"failed"})
        self.assertEqual(self.bootstrap("check", *self.recipes.values()).code, UNTRUSTED)

    def test_mirrors_belong_to_the_recipe_that_names_them(self):
        """The archive has the same name everywhere, and is another one in each folder."""
        self.prepare()
        self.assertEqual(self.states(self.update()), dict.fromkeys(self.recipes, "updated"))
        for name in self.recipes:
            self.assertIn(f"package-{name}", self.succeed("why", name, f"/usr/share/{name}").out)

    def test_what_comes_in_the_way_of_the_whole_night_is_in_the_metrics(self):
        self.prepare()
        metrics = self.work / "metrics.prom"
        store = self.work / "a-file"
        store.write_text("")
        result = self.bootstrap("update", "--metrics", metrics, *self.recipes.values(), store=store)
        self.assertNotEqual(result.code, 0)
        for name in self.recipes:
            self.assertIn(f'bootstrap_update_failed{{image="{name}"}} 1', metrics.read_text())
            self.assertIn(name, result.err)


if __name__ == "__main__":
    unittest.main()
