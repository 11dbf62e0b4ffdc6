#!/usr/bin/env python3
"""The systemd units that install-timer writes: systemd accepts them, they are hardened, they name what they run, and they go away again."""
import re
import subprocess
import unittest

import kit

# Of systemd's own judgement, from 0 (safe) to 10: an update needs namespaces and mounts, and little beyond.
EXPOSED_AT_MOST = 6


class Timer(kit.Case):
    def setUp(self):
        super().setUp()
        self.recipes = self.work / "50% of $HOME \"recipes\""
        base = kit.Archive(self.work / "made").recipe(self.work / "base/base.yml", ["hello"])
        self.recipe = self.recipes / "web.yml"
        self.recipes.mkdir()
        self.recipe.write_text(f"name: web\nextends: {base}\n")
        self.config = self.work / "config"
        self.units = self.config / "systemd/user"

    def timer(self, *arguments, **options):
        return self.bootstrap("install-timer", *arguments, env={"XDG_CONFIG_HOME": str(self.config)}, **options)

    def install(self, *arguments):
        result = self.timer("--user", self.recipe, *arguments)
        self.assertEqual(result.code, 0, result)
        return result

    def machine_units(self, *arguments):
        """The units for the machine, in files named by their content's first line."""
        result = self.timer("--print", self.recipe, *arguments)
        self.assertEqual(result.code, 0, result)
        places = []
        for text in re.split(r"(?m)^# (?=/etc/systemd/system/)", result.out)[1:]:
            path, unit = text.split("\n", 1)
            places.append(self.work / path.rsplit("/", 1)[1])
            places[-1].write_text(unit)
        self.assertEqual([place.name for place in places], ["bootstrap-update.service", "bootstrap-update.timer"])
        return places

    def verify(self, *units):
        """systemd-analyze says what it does not understand, and fails for some of it only."""
        result = subprocess.run(["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True)
        complaints = [line for line in result.stderr.splitlines() if "bootstrap-update" in line]
        self.assertEqual((result.returncode, complaints), (0, []), result)

    def test_systemd_accepts_the_units_of_the_machine(self):
        self.verify(*self.machine_units("--metrics", self.work / "metrics/bootstrap.prom"))

    def test_the_service_is_hardened(self):
        service, _ = self.machine_units()
        text = service.read_text()
        for setting in ("NoNewPrivileges=yes", "ProtectSystem=strict"):
            self.assertIn(setting, text)
        result = subprocess.run(
            ["systemd-analyze", "security", "--offline=yes", f"--threshold={int(EXPOSED_AT_MOST * 10)}", service], capture_output=True, text=True
        )
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_the_update_may_write_where_it_has_to(self):
        service, _ = self.machine_units("--metrics", self.work / "metrics/bootstrap.prom")
        text = service.read_text()
        for directory in (self.images, self.store, self.work / "base", self.work / "metrics"):
            self.assertIn(f"ReadWritePaths={directory}\n", text)
        self.assertIn(f'ReadWritePaths="{self.work}/50%% of $HOME \\"recipes\\""\n', text)
        self.assertIn(f'"{self.work}/50%% of $$HOME \\"recipes\\"/web.yml"\n', text)

    def test_a_users_timer_comes_and_goes(self):
        self.assertIn("systemctl --user enable --now bootstrap-update.timer", self.install("--on-calendar=Mon..Fri 22:30").out)
        self.assertEqual(kit.files_below(self.units), ["bootstrap-update.service", "bootstrap-update.timer"])
        self.verify(*self.units.iterdir())
        self.assertIn("OnCalendar=Mon..Fri 22:30\n", (self.units / "bootstrap-update.timer").read_text())
        self.install()  # written again, with the default
        self.assertIn("OnCalendar=*-*-* 03:00\n", (self.units / "bootstrap-update.timer").read_text())
        (self.units / "timers.target.wants").mkdir()
        (self.units / "timers.target.wants/bootstrap-update.timer").symlink_to(self.units / "bootstrap-update.timer")
        result = self.timer("--user", "--remove", "--dry-run")
        self.assertEqual(len(kit.files_below(self.units)), 3, result)
        self.assertEqual(self.timer("--user", "--remove").code, 0)
        self.assertEqual(kit.files_below(self.units), [])
        self.assertEqual(self.timer("--user", "--remove").code, 0)

    def test_a_users_service_can_get_ids(self):
        """Nothing that makes systemd set no_new_privs, or start the service in a user namespace."""
        self.install()
        text = (self.units / "bootstrap-update.service").read_text()
        self.assertIsNone(re.search(r"(?m)^(NoNewPrivileges|Private|Protect|Restrict|SystemCall|ReadWritePaths)", text), text)

    def test_a_dry_run_writes_nothing(self):
        result = self.install("--dry-run")
        self.assertIn("would write", result.out)
        self.assertFalse(self.config.exists())
        self.assertFalse(self.images.exists())

    def test_somebody_elses_unit_stays(self):
        self.units.mkdir(parents=True)
        (self.units / "bootstrap-update.timer").write_text("[Timer]\n")
        for arguments in ([self.recipe], ["--remove"]):
            result = self.timer("--user", *arguments)
            self.assertEqual(result.code, 1, result)
            self.assertIn("was not written by bootstrap", result.err)
        self.assertEqual((self.units / "bootstrap-update.timer").read_text(), "[Timer]\n")

    def test_what_cannot_work_at_night_is_said_now(self):
        for arguments, mentions in (
            ([], "which recipes"),
            ([self.work / "missing.yml"], "missing.yml"),
            ([self.recipe, "--on-calendar=now and then"], "now and then"),
            ([self.recipe, "--on-calendar=daily\nUnit=other.service"], "on-calendar"),
            ([self.recipe, "--metrics=a\nExecStart=/bin/false"], "control character"),
        ):
            with self.subTest(arguments):
                result = self.timer("--user", *arguments)
                self.assertEqual(result.code, 2, result)
                self.assertIn(mentions, result.err)
                self.assertFalse(self.config.exists())


if __name__ == "__main__":
    unittest.main(verbosity=2)
