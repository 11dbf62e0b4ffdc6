"""Odd surroundings: the program says what is wrong and leaves nothing behind, or works as anywhere else."""
import fcntl
import hashlib
import json
import os
import pty
import resource
import signal
import struct
import subprocess
import termios
import time
import unittest

from kit import LIMIT, PROGRAM, Archive, Case, Server, files_below


class StrangePlaces(Case):
    def setUp(self):
        super().setUp()
        self.archive = Archive(self.work / "made")
        self.archive.add("hello", files={"/usr/share/hello": "hello\n" * 10000})
        self.archive.publish()
        self.recipe = self.archive.recipe(self.work / "recipes/greeting.yml", ["hello"])
        self.mirror = ["--mirror", f"made=file://{self.archive.directory}"]

    def digest(self, result):
        return json.loads(result.out)["images"][0]["digest"]

    def argv(self, *arguments):
        return [str(a) for a in (PROGRAM, "--store", self.store, "--images", self.images, *arguments)]

    def test_temporary_folder_with_an_odd_name(self):
        plain = self.digest(self.succeed(*self.mirror, "--json", self.recipe))
        odd = self.work / "a b'\"\n$(c)"
        odd.mkdir()
        self.store, self.images = odd / "store", odd / "images"
        self.assertEqual(self.digest(self.succeed(*self.mirror, "--json", self.recipe, env={"TMPDIR": str(odd)})), plain)
        self.assertEqual([name for name in os.listdir(odd) if name not in ("store", "images")], [], "something was left behind")

    def test_temporary_folder_that_is_none(self):
        for place in ("/nowhere", "/etc/passwd"):
            result = self.fail_with(2, *self.mirror, self.recipe, env={"TMPDIR": place}, mentions=[place, "TMPDIR"])
            self.assertEqual(result.out, "")
        self.succeed(*self.mirror, self.recipe, env={"TMPDIR": ""})

    def test_umask(self):
        plain = self.digest(self.succeed(*self.mirror, "--json", self.recipe))
        self.store, self.images = self.work / "store2", self.work / "images2"
        tight = self.succeed(*self.mirror, "--json", self.recipe, preexec_fn=lambda: os.umask(0o077))
        self.assertEqual(self.digest(tight), plain)

    def test_no_home(self):
        bare = {"PATH": os.environ["PATH"]}
        result = subprocess.run(self.argv(*self.mirror, self.recipe), env=bare, capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, 0, result.stderr)
        result = subprocess.run([PROGRAM, *self.mirror, str(self.recipe)], env=bare, capture_output=True, text=True, check=False, cwd=self.work)
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertIn("--store", result.stderr)

    def test_closed_standard_descriptors(self):
        shell = '"$@" <&- >&- 2>&-'
        result = subprocess.run(["sh", "-c", shell, "sh", *self.argv(*self.mirror, self.recipe)], check=False)
        self.assertEqual(result.returncode, 0)
        self.assertEqual(len(self.succeed("--json", "images").json()["images"]), 1)
        for place in (self.store, self.images):
            for path in files_below(place):
                self.assertNotIn(b"fetching and importing", (place / path).read_bytes(), path)

    def test_a_narrow_terminal(self):
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 5, 20, 0, 0))
        with subprocess.Popen(self.argv(*self.mirror, self.recipe), stderr=slave, stdout=subprocess.DEVNULL) as process:
            os.close(slave)
            shown = b""
            try:
                while piece := os.read(master, 4096):
                    shown += piece
            except OSError:  # how Linux tells the end of a terminal
                pass
            self.assertEqual(process.wait(), 0, shown)
        os.close(master)

    def test_images_folder_is_a_file(self):
        self.images.write_text("precious")
        self.fail_with(1, *self.mirror, self.recipe, mentions=[str(self.images)])
        self.assertEqual(self.images.read_text(), "precious")

    def test_store_is_a_file(self):
        self.store.write_text("precious")
        self.fail_with(1, *self.mirror, self.recipe, mentions=[str(self.store)])
        self.assertEqual(self.store.read_text(), "precious")

    def test_images_folder_is_a_link(self):
        (self.work / "elsewhere").mkdir()
        self.images.symlink_to("elsewhere")
        self.succeed(*self.mirror, self.recipe)
        self.assertTrue((self.work / "elsewhere/greeting/index.json").is_file())

    def test_export_to_what_exists(self):
        self.succeed(*self.mirror, self.recipe)
        target = self.work / "target"
        target.mkdir()
        (target / "precious").write_text("mine")
        result = self.bootstrap("export", "greeting", target, "--format", "dir")
        self.assertNotEqual(result.code, 0)
        self.assertIn(str(target), result.err)
        self.assertEqual(files_below(target), ["precious"])

    def test_export_over_what_is_no_file(self):
        """Root would lose a device for good, and /dev/stdout is a link."""
        self.succeed(*self.mirror, self.recipe)
        pipe, link = self.work / "pipe", self.work / "stdout"
        os.mkfifo(pipe)
        link.symlink_to("/proc/self/fd/1")
        for target in (pipe, link):
            self.fail_with(2, "export", "greeting", target, "--format", "tar", mentions=[str(target), "not a regular file"])
        self.assertTrue(pipe.is_fifo() and link.is_symlink())

    def test_a_pipe_in_the_place_of_a_file(self):
        """Nobody writes to it, so reading it would wait for ever."""
        self.succeed(*self.mirror, self.recipe)
        for place in (self.recipe.parent / "greeting.lock.json", self.images / "greeting/index.json"):
            content = place.read_bytes()
            place.unlink()
            os.mkfifo(place)
            result = self.fail_with(1, *self.mirror, self.recipe, mentions=[str(place), "not a regular file"])
            self.assertEqual(result.out, "")
            place.unlink()
            place.write_bytes(content)
        self.succeed(*self.mirror, self.recipe)

    def test_names_cannot_command_the_terminal(self):
        """Files and versions are called what packages and whoever wrote the index call them."""
        odd = "/usr/bin/\x1b]0;owned\x07\u009b2J"
        self.archive.add("odd", files={odd: ("x", 0o4755)})
        self.archive.publish()
        self.archive.recipe(self.recipe, ["hello", "odd"])
        self.succeed(*self.mirror, self.recipe)
        for verb in (["audit", "greeting"], ["why", "greeting", odd], ["test", "greeting"]):
            result = self.succeed(*verb)
            self.assertNotRegex(result.out + result.err, "[\x00-\x08\x0b-\x1f\x7f\x80-\x9f]", verb)
        self.assertIn("usr/bin/?]0;owned???2J", self.succeed("audit", "greeting").out)

    def test_command_lines_that_mean_nothing(self):
        self.succeed(*self.mirror, self.recipe)
        for words in (
            ["--nonsense"], ["test"], ["test", "greeting", "other"], ["gc", self.recipe], ["images", "--no-test"], ["history", "greeting:1"],
            ["export", "greeting", "x", "--format", "zip"], ["x" * 100_000], ["a/" * 3000],
            ["run", "-m", " -1", "greeting"], ["run", "-m", "0", "greeting"], ["run", "--cpus", "nan", "greeting"], ["run", "-p", "80/udp", "greeting"],
            ["run", "--timeout", "18446744073709551615ms", "greeting"], ["run", "--volume", "/proc/self/fd/99/x:/x", "greeting"],
        ):  # fmt: skip
            with self.subTest(words=[str(word)[:40] for word in words]):
                result = self.fail_with(2, "--json", *words)
                self.assertEqual(result.json()["error"]["kind"], "usage")
                self.assertLess(len(result.err), 3000)

    def test_files_that_may_not_grow(self):
        """As good as a full disk, where no file system can be mounted."""

        def small_files():
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
            # Else the kernel kills the process before write() can fail.
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

        result = self.bootstrap(*self.mirror, self.recipe, preexec_fn=small_files, restore_signals=False)
        self.assertEqual(result.code, 1, result)
        self.assertIn("File too large", result.err)
        self.assertEqual([path for path in files_below(self.images) if path.endswith("index.json")], [])
        self.succeed(*self.mirror, self.recipe)

    def test_more_than_the_disk_has_room_for(self):
        """Found out before anything is fetched: terabytes, by the sizes in the index."""
        names = [f"big{number}" for number in range(200)]
        self.archive.packages = [
            self.archive.packages[0] | {"Package": name, "Size": 19_000_000_000, "SHA256": hashlib.sha256(name.encode()).hexdigest()} for name in names
        ]
        self.archive.publish()
        recipe = self.archive.recipe(self.work / "recipes/big.yml", names)
        server = Server(self.archive.directory)
        self.addCleanup(server.close)
        self.fail_with(1, "--mirror", f"made={server.url}", recipe, mentions=["200 packages need 7600000 MB at least", "MB are free", "--store"])
        self.assertEqual([path for path in server.requests if path.endswith(".deb")], [])

    def test_a_clock_that_is_years_slow(self):
        """What a machine with an empty battery sees: every release lies in the future."""
        self.archive.release_fields["Date"] = "Sat, 01 Jan 2050 00:00:00 UTC"
        self.archive.publish()
        self.fail_with(3, *self.mirror, self.recipe, mentions=["ahead of this machine's clock", "check this machine's clock"])

    def test_by_way_of_a_proxy(self):
        """It alone knows the mirror's name; it is asked for nothing on loopback when no_proxy says so."""
        proxy = Server(self.archive.directory, answer=lambda handler: setattr(handler, "path", handler.path.removeprefix("http://mirror.invalid")))
        self.addCleanup(proxy.close)
        mirror = ["--mirror", "made=http://mirror.invalid"]
        here = proxy.url.removeprefix("http://")
        self.succeed(*mirror, self.recipe, env={"http_proxy": f"http://user:secret@{here}"})
        self.assertTrue(proxy.requests and all(path.startswith("http://mirror.invalid/") for path in proxy.requests), proxy.requests)
        self.store, self.images = self.work / "store2", self.work / "images2"
        broken = self.fail_with(5, *mirror, self.recipe, env={"http_proxy": "http://user:secret@127.0.0.1:9"}, mentions=["the proxy settings"])
        self.assertNotIn("secret", broken.err)
        self.succeed("--mirror", f"made={proxy.url}", self.recipe, env={"http_proxy": "http://127.0.0.1:9", "no_proxy": "127.0.0.1"})

    @unittest.skipIf(os.geteuid() != 0, "mounts")
    def test_file_systems_that_keep_little(self):
        """Neither devices nor programs nor setuid nor extended attributes; and an overlay, as in a container."""
        plain = self.digest(self.succeed(*self.mirror, "--json", self.recipe))
        place = self.work / "place"
        place.mkdir()
        layers = f"{self.work}/layers"
        overlay = f"mount -t tmpfs none {layers}; mkdir {layers}/a {layers}/b {layers}/c; mount -t overlay -o lowerdir={layers}/a,upperdir={layers}/b,workdir={layers}/c none {place}"
        os.mkdir(layers)
        self.store, self.images = place / "store", place / "images"
        for mount in (f"mount -t tmpfs -o nodev,nosuid,noexec none {place}", f"mount -t ramfs none {place}", overlay):
            script = f'{mount}; mkdir {place}/tmp; TMPDIR={place}/tmp "$@"'
            argv = ["unshare", "--mount", "sh", "-ec", script, "sh", *self.argv(*self.mirror, "--json", self.recipe)]
            result = subprocess.run(argv, capture_output=True, text=True, check=False)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(json.loads(result.stdout)["images"][0]["digest"], plain)

    @unittest.skipIf(os.geteuid() != 0, "maps all ids")
    def test_user_namespaces_switched_off(self):
        recipe = self.archive.recipe(self.work / "recipes/tested.yml", ["hello"], extra="tests:\n  - {name: there, file: /usr/share/hello}\n")
        switch_off = 'echo 0 > /proc/sys/user/max_user_namespaces; exec "$@"'
        run = subprocess.Popen(
            ["unshare", "--user", "sh", "-c", 'read go; exec "$@"', "sh", "sh", "-ec", switch_off, "sh", *self.argv(*self.mirror, recipe)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        while os.readlink(f"/proc/{run.pid}/ns/user") == os.readlink("/proc/self/ns/user"):
            time.sleep(0.01)
        for ids in ("uid_map", "gid_map"):
            with open(f"/proc/{run.pid}/{ids}", "w", encoding="ascii") as file:
                file.write("0 0 4294967295\n")
        _, err = run.communicate("go\n", timeout=LIMIT)
        self.assertEqual(run.returncode, 7, err)
        self.assertIn("sysctl -w user.max_user_namespaces", err)

    def test_output_that_cannot_be_written(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            result = subprocess.run(self.argv("--json", "images"), stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("standard output", result.stderr)

    def test_output_into_a_closed_pipe(self):
        reading, writing = os.pipe()
        os.close(reading)
        result = subprocess.run(self.argv(*self.mirror, self.recipe), stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
        os.close(writing)
        self.assertNotEqual(result.returncode, 0)
        self.assertEqual(len(self.succeed("--json", "images").json()["images"]), 1, "the image was complete before the output was")


if __name__ == "__main__":
    unittest.main(verbosity=2)
