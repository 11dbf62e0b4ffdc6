#!/usr/bin/env python3
"""Help texts and the manual page say the same: every verb has help, and every verb and option is in docs/man/bootstrap.1."""
import re
import unittest

import kit


class Help(kit.Case):
    def setUp(self):
        super().setUp()
        text = (kit.SOURCE / "docs/man/bootstrap.1").read_text()
        self.manual = {word for line in text.splitlines() for word in re.findall(r"(?:Fl Fl|Cm) ([a-z-]+)", line)}
        self.verbs = re.findall(r"(?m)^  ([a-z-]+)  +\S", self.succeed("--help").out.split("Subcommands:")[1].split("Exit status")[0])

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
        missing = {verb for verb in self.verbs if verb not in self.manual}
        for arguments in ([], *[[verb] for verb in self.verbs]):
            text = self.succeed(*arguments, "--help").out
            listed = "\n".join(line for line in text.splitlines() if re.match(r"  +-", line))
            missing |= {f"{' '.join(arguments)} --{option}" for option in self.options(listed) - self.manual}
        self.assertEqual(missing, set())

    def test_no_arguments_is_wrong_usage(self):
        self.assertEqual(self.bootstrap().code, 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
