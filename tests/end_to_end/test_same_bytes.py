"""One recipe and one lock give one manifest digest, whoever builds it, wherever, whenever and however.

Uses the real archive: recipes/web.yml with maintainer scripts. The packages are downloaded once; every build that is called cold has an empty store
but for them.
"""
import json
import os
import shutil
import subprocess
import sys
import unittest

from kit import SOURCE, RecipesCase, copy_programs

sys.path.insert(0, str(SOURCE / "tests/support"))
from apt_sources import require_archive  # noqa: E402
from ordinary_user import as_user, ordinary_user  # noqa: E402


class SameBytes(RecipesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Where an ordinary user can run them, too: a checkout often lies in a home that nobody else may enter.
        cls.programs = copy_programs(cls.work / "bin")
        subprocess.run(["chmod", "-R", "a+rX", str(cls.work)], check=True)
        cls.recipe = cls.work / "recipes/web.yml"
        cls.first = cls.build("first", no_downloads=True)

    @classmethod
    def build(cls, name, *arguments, prefix=(), no_downloads=False, recipe=None, user=None, **options):
        """The digest that a cold build gives."""
        home = cls.work / name
        home.mkdir()
        if not no_downloads:
            subprocess.run(["cp", "-al", str(cls.work / "first/store/downloads"), str(home)], check=True)
            (home / "store").mkdir()
            shutil.move(str(home / "downloads"), str(home / "store/downloads"))
        if user:
            subprocess.run(["rm", "-rf", str(home / "store")], check=True)
            subprocess.run(["mkdir", str(home / "store")], check=True)
            subprocess.run(["cp", "-a", str(cls.work / "first/store/downloads"), str(home / "store")], check=True)
            subprocess.run(["chown", "-R", f"{user.pw_uid}:{user.pw_gid}", str(home)], check=True)
        return cls.build_again(name, *arguments, prefix=prefix, recipe=recipe, **options)

    @classmethod
    def build_again(cls, name, *arguments, prefix=(), recipe=None, **options):
        home = cls.work / name
        argv = [*prefix, cls.programs / "bootstrap", "--store", home / "store", "--images", home / "images", "--json", "--no-test",
                *arguments, recipe or cls.recipe]  # fmt: skip
        process = subprocess.run([str(a) for a in argv], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False, **options)
        if process.returncode != 0:
            raise AssertionError(f"{name}: exit {process.returncode}\n{process.stdout}{process.stderr}")
        return json.loads(process.stdout)["images"][-1]["digest"]

    def test_twice_with_the_same_store(self):
        self.assertEqual(self.build_again("first"), self.first)

    def test_empty_store_and_one_thread(self):
        self.assertEqual(self.build("one-thread", "--jobs", "1"), self.first)

    def test_eight_threads(self):
        self.assertEqual(self.build("eight-threads", "--jobs", "8"), self.first)

    def test_other_surroundings(self):
        """Another umask, time zone, locale, home, working directory, host name, and place of recipe and keys."""
        elsewhere = self.work / "else where"
        elsewhere.mkdir()
        for name in ("recipes", "keys"):
            shutil.copytree(self.work / name, elsewhere / name)
        prefix = ["unshare", "--uts", "sh", "-c", 'hostname elsewhere; umask 077; exec "$@"', "sh"]
        environment = {
            **os.environ,
            "TZ": "Pacific/Kiritimati",
            "LC_ALL": "tr_TR.UTF-8",
            "LANG": "tr_TR.UTF-8",
            "HOME": str(elsewhere),
            "SOURCE_DATE_EPOCH": "1",
            "DEBIAN_FRONTEND": "dialog",
        }
        digest = self.build("elsewhere", prefix=prefix, env=environment, cwd=elsewhere, recipe=elsewhere / "recipes/web.yml")
        self.assertEqual(digest, self.first)

    def test_another_day(self):
        self.assertEqual(self.build("another-day", prefix=["faketime", "-f", "+400d"], recipe=self.recipe), self.first)

    @unittest.skipIf(os.geteuid() != 0, "only root can become somebody else")
    def test_an_ordinary_user(self):
        user = ordinary_user()
        self.assertEqual(self.build("ordinary", prefix=as_user(user), user=user), self.first)


if __name__ == "__main__":
    require_archive()
    unittest.main(verbosity=2)
