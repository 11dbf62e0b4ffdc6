#!/usr/bin/env python3
"""What the program says about itself: help of every verb, a manual page with every verb and option, and the words that shells offer at TAB."""
import os
import pty
import re
import subprocess
import unittest

import kit


class Help(kit.Case):
    def setUp(self):
        super().setUp()
        self.manual = self.succeed_alone("--manual-page")
        self.verbs = re.findall(r"(?m)^  ([a-z-]+)  +\S", self.succeed("--help").out.split("Subcommands:")[1].split("Exit status")[0])

    def succeed_alone(self, *arguments):
        return subprocess.run([self.program, *arguments], capture_output=True, text=True, check=True).stdout

    def options(self, text):
        return set(re.findall(r"--([a-z-]+)", text))

    def test_there_are_verbs(self):
        self.assertIn("lock", self.verbs)
        self.assertIn("run", self.verbs)

    def test_every_verb_has_help(self):
        for verb in self.verbs:
            with self.subTest(verb):
                self.assertIn("Usage:", self.succeed(verb, "--help").out)

    def test_the_manual_page_has_every_verb_and_option(self):
        sections = dict(re.findall(r"(?ms)^\.S[sh] ([^\n]+)\n(.*?)(?=^\.S[sh] |\Z)", self.manual))
        for name in [verb for verb in self.verbs if verb != "store"] + ["store check", "OPTIONS"]:
            arguments = [] if name == "OPTIONS" else name.split()
            text = self.succeed(*arguments, "--help").out
            listed = self.options(" ".join(re.findall(r"(?m)^  +(-.*?)(?:  |$)", text)))
            with self.subTest(name):
                self.assertEqual(listed - {"help"} - set(re.findall(r"Fl Fl ([a-z-]+)", sections[name])), set())

    def test_the_manual_pages_are_well_formed(self):
        box = kit.SOURCE / "docs/man/bootstrap-box.1"
        for text in (self.manual, box.read_text()):
            for argv in (["mandoc", "-Tlint", "-Wwarning"], ["groff", "-mandoc", "-ww", "-z", "-Tutf8", "-Kutf8"]):
                checked = subprocess.run(argv, input=text, capture_output=True, text=True, check=False)
                self.assertEqual((checked.returncode, checked.stdout + checked.stderr), (0, ""), argv)

    def test_no_arguments_is_wrong_usage(self):
        self.assertEqual(self.bootstrap().code, 2)


SCRIPTS = kit.SOURCE / "completions"

# A line of input, as far as it was typed, and some of what is offered.
OFFERS = [
    ("bootstrap roll", {"rollback"}),
    ("bootstrap run --netw", {"--network"}),
    ("bootstrap run --network ", {"none", "user", "bridge"}),
    ("bootstrap run gree", {"greeting"}),
    ("bootstrap why greeting ", {"hello", "howdy"}),
    ("bootstrap rollback greeting ", {"latest", "1.0.0"}),
    ("bootstrap --images nowhere history ", set()),
]


class Completion(kit.GreetingCase):
    """In a folder with the image greeting, of the packages hello and howdy."""

    def setUp(self):
        super().setUp()
        self.archive.add("howdy")
        self.archive.publish()
        self.archive.recipe(self.recipe, ["hello", "howdy"], extra='version: "1.0"\n')
        self.succeed(*self.mirror, "--no-test", self.recipe)

    def offered(self, *words):
        """The words that the program offers in the place of the last one."""
        out = subprocess.run([self.program, "--complete", *words], cwd=self.work, capture_output=True, text=True, check=True).stdout
        return [line.split("\t")[0] for line in out.splitlines()]

    def test_verbs_and_recipes_come_first(self):
        first = self.offered("")
        self.assertLessEqual({"lock", "run", "store", ":recipes"}, set(first))
        self.assertNotIn("web", first)
        self.assertEqual(self.offered("store", ""), ["check"])
        self.assertEqual(self.offered("recipes/web.yml", ""), [":recipes"])

    def test_options_are_those_of_the_verb_and_of_all(self):
        offered = self.offered("run", "--")
        self.assertLessEqual({"--memory", "--store"}, set(offered))
        self.assertNotIn("--allow", offered)
        self.assertEqual(self.offered("run", "--mem"), ["--memory"])
        self.assertNotIn("--memory", self.offered("--"))

    def test_values(self):
        self.assertEqual(self.offered("export", "--format", "do"), ["docker-archive"])
        self.assertEqual(self.offered("export", "--format=do"), ["--format=docker-archive"])
        self.assertEqual(self.offered("--color", "n"), ["never"])
        self.assertEqual(self.offered("--store", ""), [":directories"])
        self.assertEqual(self.offered("--profile=", ), [":files"])
        self.assertEqual(self.offered("run", "--volume", "/sr"), [":files"])
        self.assertEqual(self.offered("run", "--volume", "/srv:/s"), [])
        self.assertEqual(self.offered("run", "--cap-add", "CAP_NET_B"), ["CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST"])
        self.assertEqual(self.offered("run", "--hostname", ""), [])

    def test_images_versions_and_packages(self):
        self.assertEqual(self.offered("test", ""), ["greeting"])
        self.assertEqual(self.offered("test", "greeting:"), ["greeting:1.0.0", "greeting:latest"])
        self.assertEqual(self.offered("test", "greeting:1"), ["greeting:1.0.0"])
        self.assertEqual(self.offered("why", "greeting:1.0.0", "he"), ["hello"])
        self.assertEqual(self.offered("update", str(self.recipe), "--hold", "ho"), ["howdy"])
        self.assertEqual(self.offered("diff", "gree"), [":files", "greeting"])
        self.assertEqual(self.offered("--images", str(self.images), "test", "g"), ["greeting"])
        self.assertEqual(self.offered(f"--images={self.images}", "test", "g"), ["greeting"])

    def test_options_before_are_read_as_the_parser_reads_them(self):
        self.assertEqual(self.offered("run", "-m", "64M", "-it", "gree"), ["greeting"])
        self.assertEqual(self.offered("run", "-m64M", "--rm", "gree"), ["greeting"])
        self.assertEqual(self.offered("--offline", "run", "gree"), ["greeting"])
        self.assertEqual(self.offered("run", "greeting", "--mem"), [], "what follows the image is the program's")
        self.assertEqual(self.offered("run", "greeting", "--", "--mem"), [])

    def test_what_cannot_be_read_is_completed_by_nothing(self):
        (self.images / "greeting/index.json").write_text("{")
        for words in (["test", "greeting:"], ["why", "greeting", ""], ["nonesuch", "--x", ""], ["--nonesuch=", ""], ["why", "a/b:c:d", ""], ["update", "/nonesuch", "--hold", ""]):
            with self.subTest(words):
                self.offered(*words)

    def environment(self):
        """Where `bootstrap` is the program under test."""
        return {"PATH": f"{kit.pathlib.Path(self.program).parent}:/usr/bin:/bin", "HOME": str(self.work), "TERM": "dumb", "LC_ALL": "C.UTF-8"}

    def shell(self, *argv):
        process = subprocess.run([str(a) for a in argv], cwd=self.work, env=self.environment(), capture_output=True, text=True, check=False, timeout=120)
        self.assertEqual(process.stderr, "", process)
        return set(process.stdout.split("\n")) - {""}

    def in_bash(self, line):
        """bash hands over a line taken apart at its own signs."""
        words = [word for word in re.split(r"\s+|(?<=[:=])|(?=[:=])", line)]
        text = f"""source {SCRIPTS}/bootstrap.bash
            COMP_LINE={line!r} COMP_POINT={len(line)} COMP_CWORD={len(words) - 1}
            COMP_WORDS=({' '.join(repr(word) for word in words)})
            _bootstrap; printf '%s\\n' "${{COMPREPLY[@]}}" """
        return self.shell("bash", "--norc", "-c", text)

    def in_fish(self, line):
        lines = self.shell("fish", "--no-config", "-c", f"source {SCRIPTS}/bootstrap.fish; complete --do-complete {line!r}")
        return {text.split("\t")[0] for text in lines}

    def in_zsh(self, line):
        """zsh completes only where somebody types: it gets a terminal, and notes what it would offer."""
        out = self.work / "offered"
        out.unlink(missing_ok=True)
        typed = [
            f"fpath=({SCRIPTS} $fpath); autoload -U compinit; compinit -u -d {self.work}/dump; LISTMAX=10000",
            f'compadd() {{ local -a all; builtin compadd -O all "$@"; print -rl -- $all >>{out}; builtin compadd "$@" }}',
            f"noted() {{ zle complete-word; print done >>{out}; exit }}; zle -N noted; bindkey '^T' noted",
            line + "\x14",
        ]
        ours, theirs = pty.openpty()
        with subprocess.Popen(["zsh", "-f", "-i"], cwd=self.work, env=self.environment(), stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True) as process:
            os.close(theirs)
            os.write(ours, "\n".join(typed).encode())
            try:
                while os.read(ours, 4096):
                    pass
            except OSError:
                pass  # the shell has ended
            process.wait(timeout=120)
        os.close(ours)
        lines = out.read_text().split("\n")
        self.assertIn("done", lines)
        return set(lines) - {"", "done"}

    def test_bash(self):
        for line, offers in [*OFFERS, ("bootstrap test greeting:", {"1.0.0", "latest"}), ("bootstrap run --network=us", {"user"}),
                             ("bootstrap recipes/gree", {"recipes/greeting.yml"}), ("bootstrap --store rec", {"recipes"})]:
            with self.subTest(line):
                self.assertEqual(self.in_bash(line), offers)

    def test_fish(self):
        for line, offers in [*OFFERS, ("bootstrap test greeting:", {"greeting:1.0.0", "greeting:latest"}), ("bootstrap run --network=us", {"--network=user"}),
                             ("bootstrap recipes/gree", {"recipes/greeting.yml"}), ("bootstrap --store rec", {"recipes/"})]:
            with self.subTest(line):
                self.assertEqual(self.in_fish(line), offers)

    def test_zsh(self):
        for line, offers in [*OFFERS, ("bootstrap test greeting:", {"greeting:1.0.0", "greeting:latest"}), ("bootstrap run --network=us", {"--network=user"}),
                             ("bootstrap --store rec", {"recipes"})]:
            with self.subTest(line):
                self.assertEqual(self.in_zsh(line), offers)
        self.assertIn("greeting.yml", self.in_zsh("bootstrap recipes/gree"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
