#!/usr/bin/env python3
"""`bootstrap schema` and `bootstrap show`: an editor's validator and the reader agree about every recipe of the unit tests, and what is shown is the recipe."""
import json
import os
import pathlib
import re
import subprocess
import sys
import unittest

import jsonschema
import kit
import yaml

RECIPE_TEST = os.environ.get("RECIPE_TEST", str(kit.SOURCE / "build/release/tests/recipe_test"))

# Why a reader may refuse what a schema takes: a schema sees neither quotes nor other files, and compares no two values.
UNSEEN = [
    r"expected a quoted string",
    r"expected true or false, found \"(yes|no|on|off)\"",  # booleans to older readers of YAML
    r"not a string for every YAML reader",
    r"is here twice",
    r"both included and excluded",
    r"is already that of",
    r"^(?!.*web\.yml:\d)",  # a mistake in the parent, or of a file as a whole
    r"no such (file|recipe)",
    r"not a regular file",
    r"cannot be read",
    r"not a regular expression",
    r"a pattern longer than",  # 500 bytes, not 500 characters
    r"a pin needs an archive, a suite or a version",
    r"must not be 0",
    r"what does not exist has neither",
    r"a test is of one kind",
    r"expected one or more of equals",
    r"a recipe that extends another has no variant",
    r"\"repositories\" is missing",  # a parent may have them
    r"the parent recipe .* has no",
    r"already has the user",
    r"is called \".*\" too",
    r"a loop:",
    r"more than \d+ recipes",
    r"number with a leading zero",
    r"the key \".*\" is|duplicate",
    r"not the name of a user",  # "app:group" in one number of letters
    r"the user database can hold",
    r"not a port",  # 70000 as a string
    r"not a duration|not a size|not an age|not a time",  # too long a one
    r"not the name of a signal",
]


class Loader(yaml.SafeLoader):
    """YAML as editors read it: a date is a string."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def load(text):
    """None for what is no YAML: no reader of it takes it."""
    try:
        return yaml.load(text, Loader)  # noqa: S506  # a SafeLoader
    except (yaml.YAMLError, ValueError, RecursionError):
        return None


class Schema(kit.Case):
    def setUp(self):
        super().setUp()
        result = self.bootstrap("schema")
        self.assertEqual(result.code, 0, result)
        self.schema = result.json()
        self.validator = jsonschema.Draft7Validator(self.schema)

    def errors(self, text):
        return [f"{list(error.absolute_path)}: {error.message}"[:300] for error in self.validator.iter_errors(load(text))]

    def test_it_is_a_schema(self):
        jsonschema.Draft7Validator.check_schema(self.schema)
        self.assertEqual(self.schema["properties"]["layers"]["properties"]["max"]["default"], 12)
        for name, described in self.schema["properties"].items():
            self.assertTrue(described["description"], name)

    def test_it_judges_the_recipes_of_the_tests_as_the_reader_does(self):
        seen = self.work / "seen"
        subprocess.run([RECIPE_TEST], check=True, env={**os.environ, "BOOTSTRAP_TEST_RECIPES": str(seen)}, stdout=subprocess.DEVNULL)
        recipes = [json.loads(line) for line in seen.read_text().splitlines()]
        refused = [recipe for recipe in recipes if recipe["refusal"]]
        self.assertGreater(len(refused), 100)
        self.assertGreater(len(recipes) - len(refused), 30)
        found = 0
        for recipe in recipes:
            errors = self.errors(recipe["text"])
            if not recipe["refusal"]:
                self.assertEqual(errors, [], recipe["text"])
            elif errors:
                found += 1
            else:
                self.assertTrue(any(re.search(reason, recipe["refusal"]) for reason in UNSEEN), f"only the reader refuses:\n{recipe['text']}\n{recipe['refusal']}")
        # Most mistakes are ones that an editor shows.
        self.assertGreater(found, len(refused) // 2)

    def test_it_takes_the_recipes_of_the_project(self):
        recipes = [path for path in kit.SOURCE.glob("recipes/*.yml") if path.name != "mirrors.yml"]
        recipes += kit.SOURCE.glob("tests/fixtures/recipes/*.yml")
        self.assertGreater(len(recipes), 8)
        for path in recipes:
            self.assertEqual(self.errors(path.read_text()), [], path)

    def test_a_first_recipe_turns_it_on(self):
        folder = self.work / "shop"
        folder.mkdir()
        self.assertEqual(self.bootstrap("init", "web", cwd=folder).code, 0)
        recipe = folder / "recipes/web.yml"
        schema = re.match(r"# yaml-language-server: \$schema=(\S+)\n", recipe.read_text()).group(1)
        self.assertEqual(json.loads((recipe.parent / schema).read_text()), self.schema)
        self.assertEqual(self.errors(recipe.read_text()), [])


class Show(kit.Case):
    def setUp(self):
        super().setUp()
        (self.work / "key.asc").write_text("a key\n")
        (self.work / "structure.yaml").write_text("schemaVersion: 2.0.0\ncommandTests: [{name: t, command: 'true'}]\n")
        (self.work / "base.yml").write_text(BASE)
        (self.work / "web.yml").write_text(WEB)

    def lines(self, name):
        result = self.bootstrap("show", name, cwd=self.work)
        self.assertEqual(result.code, 0, result)
        origins = {}
        for line in result.out.splitlines():
            if "  # " in line:
                origins.setdefault(line.split(":")[0].strip(" -"), line.split("#")[-1].strip())
        return result.out, origins

    def test_every_value_says_where_it_stands(self):
        text, origins = self.lines("web.yml")
        self.assertEqual(origins["name"], "web.yml:1")
        self.assertEqual(origins["archive"], "base.yml:3")
        self.assertEqual(origins["components"], "default")
        self.assertEqual(origins["LANG"], "base.yml:5")
        self.assertEqual(origins["PORT"], "web.yml:5")
        self.assertEqual(origins["entrypoint"], "web.yml:6")
        # The child's entrypoint takes the parent's arguments away.
        self.assertEqual(origins["cmd"], "default")
        self.assertEqual(origins["max"], "base.yml:8")
        self.assertEqual(origins["compression"], "default")
        self.assertIn("structure-tests:", text)

    def test_what_it_shows_is_the_recipe(self):
        """Written out and read again, a recipe is the same, wherever its values came from."""
        for source in ("web.yml", "base.yml"):
            text, _ = self.lines(source)
            whole = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("extends:"))
            (self.work / "again.yml").write_text(whole)
            again, _ = self.lines("again.yml")
            self.assertEqual(
                [line.split("  #")[0].rstrip() for line in whole.splitlines()],
                # What stands on a parent has no variant; what stands alone has one.
                [line.split("  #")[0].rstrip() for line in again.splitlines() if "variant:" not in line or source == "base.yml"],
            )

    def test_as_json(self):
        document = self.bootstrap("--json", "show", self.work / "web.yml").json()
        self.assertEqual(document["recipe"]["image"]["env"], {"LANG": "C.UTF-8", "PORT": "80", "no": "yes"})
        self.assertEqual(document["origins"]["image.env.LANG"], {"file": str(self.work / "base.yml"), "line": 5})
        self.assertEqual([pathlib.Path(file).name for file in document["files"]], ["base.yml", "web.yml"])

    def test_a_recipe_that_cannot_be_read(self):
        (self.work / "web.yml").write_text(WEB + "pakages: {}\n")
        result = self.bootstrap("show", self.work / "web.yml")
        self.assertEqual(result.code, 2)
        self.assertIn('unknown key "pakages"', result.err)


BASE = """name: base
repositories:
  - {archive: debian, suites: [sid], signed-by: [key.asc]}
image:
  env: {LANG: C.UTF-8}
  entrypoint: [init]
  cmd: [--quiet]
layers: {max: 7}
"""
WEB = """name: web
extends: base.yml
packages: {include: [nginx]}
image:
  env: {PORT: "80", "no": "yes"}
  entrypoint: [nginx, -g, "daemon off;"]
  labels: {"com.example.a b": "x: # y"}
files: [{source: key.asc, target: /etc/key, owner: "app:app", mode: "0600"}]
users: [{name: app, uid: 1000}]
tests:
  - {name: "a: b", run: [nginx, -t], stderr: {matches: ["ok$", "a b"]}}
  - {name: c, http: "http://localhost:80/", json: {/n: 3, /s: "3"}, answer-headers: {a: {equals: ""}}}
  - {name: d, no-setuid: {allow: [/bin/su]}, }
  - {name: e, read-only-rootfs: true}
  - {structure-tests: structure.yaml}
limits: {timeout: 90s, memory: 1536M}
update: {max-age: 14d}
budgets: {setuid: 0}
"""

if __name__ == "__main__":
    unittest.main()
