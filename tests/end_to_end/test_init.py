#!/usr/bin/env python3
"""`bootstrap init` in an empty folder: what it writes works as it is, and nothing that was there is touched. Uses the real archive."""
import sys
import unittest

import kit

sys.path.insert(0, str(kit.SOURCE / "tests/support"))
from apt_sources import require_archive  # noqa: E402


class Init(kit.Case):
    def setUp(self):
        super().setUp()
        self.folder = self.work / "shop"
        self.folder.mkdir()

    def files(self):
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}

    def init(self, *arguments):
        return self.bootstrap("init", *arguments, cwd=self.folder)

    def test_what_it_writes_builds_and_passes_its_tests(self):
        for name, options in (("web", []), ("older", ["--suite", "bookworm"])):
            result = self.init(name, *options)
            self.assertEqual(result.code, 0, result)
            built = self.bootstrap("--json", self.folder / f"recipes/{name}.yml", cwd=self.folder)
            self.assertEqual(built.code, 0, built)
            self.assertTrue(all(test["passed"] for test in built.json()["images"][0]["tests"]["tests"]))

    def test_the_folder_names_the_recipe(self):
        document = self.bootstrap("--json", "init", cwd=self.folder).json()
        self.assertEqual(document["name"], "shop")
        self.assertEqual(sorted(document["written"]), sorted(self.files()))
        self.assertEqual(document["run"], ["bootstrap recipes/shop.yml"])
        self.assertIn("/images/", self.files()[".gitignore"].decode())

    def test_a_second_recipe_shares_keys(self):
        self.init("a")
        before = self.files()
        result = self.bootstrap("--json", "init", "b", cwd=self.folder)
        self.assertEqual(result.json()["written"], ["recipes/b.yml"])
        self.assertEqual({path: content for path, content in self.files().items() if path in before}, before)

    def test_nothing_is_overwritten(self):
        (self.folder / "recipes").mkdir()
        for place, content in (("recipes/web.yml", "mine"), ("keys/debian-archive-trixie.asc", "mine"), (".gitlab-ci.yml", "mine")):
            path = self.folder / place
            path.parent.mkdir(exist_ok=True)
            path.write_text(content)
            before = self.files()
            result = self.init("web", "--ci", "gitlab")
            self.assertEqual(result.code, 2, result)
            self.assertIn(f"{place} would be overwritten", result.err)
            self.assertEqual(self.files(), before)
            path.unlink()
        for make in (lambda path: path.symlink_to("/nowhere"), lambda path: path.mkdir()):
            make(self.folder / "recipes/web.yml")
            self.assertEqual(self.init("web").code, 2)
            path = self.folder / "recipes/web.yml"
            path.unlink() if path.is_symlink() else path.rmdir()

    def test_a_gitignore_that_is_there_stays(self):
        (self.folder / ".gitignore").write_text("*.o\n")
        result = self.init("web")
        self.assertEqual((result.code, self.files()[".gitignore"]), (0, b"*.o\n"), result)
        self.assertIn("add /images/", result.out)

    def test_names_that_no_image_can_have(self):
        for name in ("Web", "../x", "a/b", "a..b", "-", "a b", "x" * 129):
            result = self.init("--", name)
            self.assertEqual((result.code, self.files()), (2, {}), (name, result))

    def test_ci_files(self):
        for service, place in (("github", ".github/workflows/update.yml"), ("gitlab", ".gitlab-ci.yml")):
            self.assertEqual(self.init(service, "--ci", service).code, 0)
            self.assertIn("bootstrap", self.files()[place].decode())


if __name__ == "__main__":
    require_archive()
    unittest.main()
