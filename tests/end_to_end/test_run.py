"""`bootstrap run` as a person or a script uses it: terminals, signals, volumes, ports, ends, and nothing left behind."""
import concurrent.futures
import ctypes
import json
import os
import pathlib
import re
import select
import signal
import socket
import subprocess
import sys
import termios
import threading
import time
import unittest
import urllib.request

from boxes import BoxCase
from kit import LIMIT, PROGRAM, SOURCE

sys.path.insert(0, str(SOURCE / "tests/support"))
from apt_sources import require_archive  # noqa: E402
from ordinary_user import as_user, ordinary_user  # noqa: E402

# How often the leak test runs the image: side by side, one after the other. `test_run.py --leaks 64 1000` does the full numbers.
LEAKS = (4, 6)


class Terminal:
    """A program on a terminal of its own, as in a terminal emulator."""

    def __init__(self, argv, rows=24, columns=80):
        # With a size from the start: a program that looks before we have said it would see none.
        master, slave = os.openpty()
        termios.tcsetwinsize(slave, (rows, columns))
        self.fd = master
        self.pid = os.fork()
        if self.pid == 0:
            os.close(master)
            os.login_tty(slave)
            os.execv(str(argv[0]), [str(a) for a in argv])
        os.close(slave)
        self.seen = ""

    def resize(self, rows, columns):
        termios.tcsetwinsize(self.fd, (rows, columns))

    def type(self, text):
        os.write(self.fd, text.encode())

    def expect(self, pattern, seconds=LIMIT):
        """Reads until the pattern comes; what came before and with it is taken away."""
        deadline = time.monotonic() + seconds
        while not (match := re.search(pattern, self.seen)):
            ready, _, _ = select.select([self.fd], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                raise AssertionError(f"no {pattern!r} in {self.seen!r}")
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                data = b""
            if not data:
                raise AssertionError(f"it ended without {pattern!r}: {self.seen!r}")
            self.seen += data.decode(errors="replace")
        self.seen = self.seen[match.end():]
        return match

    def end(self, seconds=LIMIT):
        """Waits for its end; returns its exit code."""
        deadline = time.monotonic() + seconds
        try:
            while select.select([self.fd], [], [], max(0, deadline - time.monotonic()))[0]:
                data = os.read(self.fd, 65536)
                self.seen += data.decode(errors="replace")
            raise AssertionError(f"it does not end: {self.seen!r}")
        except OSError:  # how a terminal says that nobody has it open any more
            pass
        status = os.waitpid(self.pid, 0)[1]
        self.pid = None
        return os.waitstatus_to_exitcode(status)

    def close(self):
        if self.pid is not None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)


class Run(BoxCase):
    def terminal(self, *arguments, **size):
        terminal = Terminal(*arguments, **size)
        self.addCleanup(terminal.close)
        return terminal

    # Ends.

    def test_exit_codes_are_passed_through(self):
        for code, command in ((0, "true"), (42, "exit 42"), (139, "kill -SEGV $$"), (127, "exec nonesuch")):
            self.assertEqual(self.run_box("box", "--", "sh", "-c", command).returncode, code, command)
        self.assertEqual(self.run_box("box", "--", "nonesuch").returncode, 127)

    def test_what_ended_a_run_is_told(self):
        self.assertEqual(self.json_of("box", "--", "sh", "-c", "echo out; echo err >&2; exit 3") | {"wall_us": 0, "degraded": []},
                         {"end": "exited", "exit_code": 3, "problem": "", "stdout": "out\n", "stderr": "err\n", "wall_us": 0, "degraded": []})
        slow = self.json_of("--timeout", "300ms", "box", "--", "sleep", "60")
        self.assertEqual((slow["end"], slow["exit_code"]), ("timeout", 124))
        hungry = self.json_of("--memory", "64M", "box", "--", "tail", "/dev/zero")
        self.assertEqual((hungry["end"], hungry["exit_code"]), ("out of memory", 137))
        told = self.run_box("--memory", "64M", "box", "--", "tail", "/dev/zero")
        self.assertIn("needed more than 64 MiB of memory", told.stderr)
        self.assertIn("--memory", told.stderr)
        self.assertEqual(self.json_of("box", "--", "sh", "-c", "kill -9 $$")["end"], "signalled")
        crowded = self.json_of("--pids", "20", "--cpus", "1.5", "box", "--", "sh", "-c", "for i in $(seq 40); do sleep 1 & done; wait; exit 1")
        self.assertEqual((crowded["end"], crowded["exit_code"]), ("out of processes", 2), crowded)

    def test_signals_reach_the_program(self):
        process = self.start("box", "--", "sh", "-c", "trap 'exit 9' TERM; echo ready; while :; do sleep 0.05; done")
        self.assertEqual(process.stdout.readline(), "ready\n")
        process.terminate()
        self.assertEqual(process.wait(timeout=LIMIT), 9)

    def test_a_killed_run_leaves_nothing(self):
        process = self.start("box", "--", "sh", "-c", "trap '' TERM HUP INT; echo ready; while :; do sleep 0.05; done")
        self.assertEqual(process.stdout.readline(), "ready\n")
        process.kill()
        process.wait()
        self.assertEqual(process.stdout.read(), "")  # all that had it open are gone
        for _ in range(20):  # the next run collects the cgroup, once the kernel has buried all that were in it
            self.assertEqual(self.run_box("box", "--", "true").returncode, 0)
            if not self.leavings():
                break
        self.assertEqual(self.leavings(), [])

    # Input and terminals.

    def test_standard_input_is_given_only_when_asked_for(self):
        self.assertEqual(self.run_box("box", "--", "cat", input="hello", stdin=subprocess.PIPE).stdout, "")
        self.assertEqual(self.run_box("-i", "box", "--", "cat", input="hello", stdin=subprocess.PIPE).stdout, "hello")
        big = "x" * 3_000_000
        self.assertEqual(self.run_box("-i", "box", "--", "cat", input=big, stdin=subprocess.PIPE).stdout, big)

    def test_a_terminal(self):
        terminal = self.terminal(self.argv("run", "-it", "box", "--", "sh"), rows=33, columns=99)
        terminal.type("echo $((40+2))-$TERM; tty; stty size\n")
        terminal.expect("42-xterm")
        terminal.expect("/dev/pts/0")
        terminal.expect("33 99")
        terminal.resize(40, 120)
        terminal.type("until stty size | grep -q '^40 120$'; do sleep 0.05; done; echo resized-$((1+1))\n")
        terminal.expect("resized-2")
        # That the job has spoken says that Ctrl-C and Ctrl-Z are for it by now, and not for the shell's line editor.
        terminal.type("sh -c 'echo first-$((1+1)); sleep 1000'\n")
        terminal.expect("first-2")
        terminal.type("\x03")
        terminal.type("echo alive-$((1+1))\n")
        terminal.expect("alive-2")
        terminal.type("sh -c 'echo second-$((1+1)); sleep 1000'\n")
        terminal.expect("second-2")
        terminal.type("\x1a")
        terminal.expect("Stopped")
        terminal.type("exit 7\n")
        terminal.expect("stopped jobs")  # as every shell says the first time
        terminal.type("exit 7\n")
        self.assertEqual(terminal.end(), 7)

    def test_our_terminal_is_as_it_was(self):
        script = f"stty -a > {self.work}/before; {' '.join(self.argv('run', '-it', 'box', '--', 'true'))}; stty -a > {self.work}/after; echo done-$((1+1))"
        terminal = self.terminal(["/bin/sh", "-c", script])
        terminal.expect("done-2")
        self.assertEqual(terminal.end(), 0)
        self.assertEqual((self.work / "before").read_text(), (self.work / "after").read_text())

    def test_a_terminal_is_never_handed_over(self):
        terminal = self.terminal(self.argv("run", "-i", "box", "--", "sh", "-c", "tty; tty <&1; tty <&2; read line; echo got-$line"))
        for _ in range(3):
            terminal.expect("not a tty")
        terminal.type("words\n")
        terminal.expect("got-words")
        self.assertEqual(terminal.end(), 0)

    # Files.

    def test_changes_vanish_or_are_kept(self):
        self.assertEqual(self.run_box("box", "--", "sh", "-c", "echo x > /etc/new; rm -r /srv; cat /etc/new").stdout, "x\n")
        self.assertEqual(self.run_box("box", "--", "sh", "-c", "ls /srv; test ! -e /etc/new").stdout, "index.html\n")
        self.assertNotEqual(self.run_box("--read-only", "box", "--", "touch", "/etc/new").returncode, 0)
        kept = self.run_box("--keep", "kept", "box", "--", "sh", "-c", "echo x > /etc/new; rm -r /srv; mkdir /srv; chmod 700 /etc/new")
        self.assertEqual(kept.returncode, 0, kept.stderr)
        self.assertEqual(self.run_box("kept", "--", "sh", "-c", "ls -A /srv; cat /etc/new; ls -l /etc/new").stdout[:12], "x\n-rwx------")

    def test_what_was_made_to_mount_on_is_not_kept(self):
        shared = self.work / "mounted"
        shared.mkdir()
        (shared / "file").write_text("ours")
        volumes = ["--volume", f"{shared}:/new/directory", "--volume", f"{shared}/file:/other/file", "--volume", f"{shared}:/srv/theirs"]
        self.assertEqual(self.run_box("--keep", "mounted", *volumes, "box", "--", "sh", "-c", "echo x > /etc/new; echo x > /new/beside; test -e /etc/hosts").returncode, 0)
        tree = self.work / "mounted-tree"
        self.case.succeed("export", "mounted", tree, "--format", "dir")
        self.assertEqual(sorted(p.name for p in (tree / "new").iterdir()), ["beside"])
        before = self.work / "unmounted-tree"
        self.case.succeed("export", "box", before, "--format", "dir")
        for path in ("etc/hosts", "other", "srv/theirs", "proc", "sys", "dev"):
            self.assertEqual((tree / path).exists(), (before / path).exists(), path)
        self.assertEqual((tree / "etc/new").read_text(), "x\n")

    def test_what_cannot_be_kept_is_said_before_the_start(self):
        marker = self.work / "started"
        marker.mkdir()
        marker.chmod(0o777)
        for name in ("../escaped", str(self.work / "absolute"), "a/b", "UPPER", "x y", "Bad_Name!", "-x", "a:1", "line\nbreak", "box"):
            told = self.run_box(f"--keep={name}", "--volume", f"{marker}:/mnt", "box", "--", "touch", "/mnt/x")
            self.assertEqual(told.returncode, 2, (name, told.stderr))
            self.assertEqual(list(marker.iterdir()), [], name)
        self.assertFalse((self.work / "escaped").exists() or (self.work / "absolute").exists())
        self.assertEqual(len(json.loads(subprocess.run(self.argv("--json", "history", "box"), capture_output=True, text=True, check=True).stdout)["versions"]), 1)
        for _ in range(2):  # an image that was kept may be kept again
            self.assertEqual(self.run_box("--keep", "again", "box", "--", "touch", "/etc/x").returncode, 0)

    def test_volumes(self):
        shared = self.work / "shared"
        shared.mkdir()
        shared.chmod(0o777)
        (shared / "ours").write_text("ours\n")
        result = self.run_box("--volume", f"{shared}:/mnt/shared", "box", "--", "sh", "-c", "cat /mnt/shared/ours; echo theirs > /mnt/shared/theirs")
        self.assertEqual((result.stdout, result.returncode), ("ours\n", 0), result.stderr)
        self.assertEqual((shared / "theirs").read_text(), "theirs\n")
        if os.getuid() == 0:
            self.assertEqual((shared / "theirs").stat().st_uid, 0)
        self.assertNotEqual(self.run_box("--volume", f"{shared}:/mnt:ro", "box", "--", "touch", "/mnt/x").returncode, 0)
        self.assertEqual(self.run_box("--volume", f"{shared}/ours:/etc/ours:ro", "box", "--", "cat", "/etc/ours").stdout, "ours\n")
        for nowhere in ("/nonesuch:/mnt", f"{shared}:/proc", f"{shared}:/../proc/1"):
            self.assertEqual(self.run_box("--volume", nowhere, "box", "--", "true").returncode, 2, nowhere)
        large = self.run_box("--volume", f"{shared}:/mnt", "box", "--", "dd", "if=/dev/zero", "of=/mnt/large", "bs=1", "count=1", "seek=1000000000")
        self.assertEqual(large.returncode, 0, large.stderr)

    def test_who_and_where_a_program_is(self):
        result = self.run_box("--user", "33", "-w", "/srv", "-e", "COLOUR=blue", "--hostname", "name", "box", "--", "sh", "-c", "id -u; echo $PWD $COLOUR; hostname")
        self.assertEqual(result.stdout, "33\n/srv blue\nname\n")
        odd = self.run_box("-e", b"COLOUR=\xff", "box", "--", "true")
        self.assertEqual((odd.returncode, "not UTF-8" in odd.stderr), (2, True), odd.stderr)
        status = self.run_box("--cap-drop", "ALL", "--cap-add", "KILL", "box", "--", "sh", "-c", "cat /proc/self/status").stdout
        self.assertIn("CapEff:\t0000000000000020", status)
        self.assertEqual(self.run_box("--cap-add", "NONESUCH", "box").returncode, 2)

    def test_what_the_sandbox_can_do_is_told(self):
        info = json.loads(subprocess.run(self.argv("--json", "sandbox-info"), capture_output=True, text=True, check=True).stdout)
        self.assertTrue(info["possible"])
        facts = {fact["name"]: fact for fact in info["facts"]}
        for name in ("spare ids", "namespaces", "own /proc", "own terminals", "overlay", "seccomp"):
            self.assertTrue(facts[name]["good"], facts[name])

    def test_what_this_machine_lacks_is_told_with_the_remedy(self):
        def said(*prefix, code=7):
            process = subprocess.run([*prefix, *self.argv("run", "box", "--", "true")], capture_output=True, text=True, check=False, cwd=self.work)
            self.assertEqual(process.returncode, code, process.stderr)
            return process.stderr

        self.assertIn("has less than 65536 ids", said("unshare", "--user", "--map-root-user"))
        if os.getuid() == 0:
            user = as_user(ordinary_user())
            self.assertIn("apt-get install uidmap", said(*user, "PATH=/nonesuch"))
            self.assertIn("ulimit -u", said(*user, "prlimit", "--nproc=1"))
            covered = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /proc/bus; exec "$@"', "sh"]
            self.assertIn("shows the processes there", said(*covered, code=0))
            info = subprocess.run([*covered, *self.argv("sandbox-info")], capture_output=True, text=True, check=False).stdout
            self.assertIn("systempaths=unconfined", info)

    def test_a_directory_instead_of_an_image(self):
        tree = self.work / "exported"
        self.case.succeed("export", "box", tree, "--format", "dir")
        box = [str(pathlib.Path(PROGRAM).with_name("bootstrap-box")), str(tree)]
        told = subprocess.run([*box, "sh", "-c", "echo x > /etc/new; cat /etc/new /srv/index.html; exit 7"], capture_output=True, text=True, check=False)
        self.assertEqual((told.returncode, told.stdout, told.stderr), (7, "x\nthe page\n", ""))
        self.assertFalse((tree / "etc/new").exists())
        self.assertEqual(subprocess.run([*box, "nonesuch"], capture_output=True, check=False).returncode, 127)
        self.assertEqual(subprocess.run(box[:1], capture_output=True, check=False).returncode, 2)

    def test_a_mount_point_that_is_swapped_meanwhile_leads_nowhere(self):
        tree, outside = self.work / "swapped", self.work / "outside"
        self.case.succeed("export", "box", tree, "--format", "dir")
        outside.mkdir()
        (outside / "secret").write_text("secret")
        for name in ("proc", "dev", "sys", "etc"):
            (tree / name).mkdir(exist_ok=True)
            (tree / f"other-{name}").symlink_to(outside)
        libc, at_cwd, exchange = ctypes.CDLL(None), -100, 2
        stopped = threading.Event()

        def swap():
            while not stopped.is_set():
                for name in ("proc", "dev", "sys", "etc"):
                    libc.renameat2(at_cwd, str(tree / name).encode(), at_cwd, str(tree / f"other-{name}").encode(), exchange)

        swapper = threading.Thread(target=swap)
        swapper.start()
        box = [str(pathlib.Path(PROGRAM).with_name("bootstrap-box")), str(tree)]
        try:
            ends = [subprocess.run([*box, "ls", "/dev", "/sys"], capture_output=True, text=True, check=False, timeout=LIMIT) for _ in range(20)]
        finally:
            stopped.set()
            swapper.join()
        for end in ends:
            self.assertIn(end.returncode, (0, 1), end.stderr)
            self.assertNotIn("secret", end.stdout)
        self.assertEqual([path.name for path in outside.iterdir()], ["secret"])
        self.assertEqual((outside / "secret").read_text(), "secret")

    # Ports.

    @staticmethod
    def free_port():
        with socket.create_server(("127.0.0.1", 0)) as server:
            return server.getsockname()[1]

    def fetch(self, port, seconds=LIMIT):
        deadline = time.monotonic() + seconds
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
                    return answer.read().decode()
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def test_a_port_leads_to_a_service_without_a_network(self):
        port = self.free_port()
        with socket.create_server(("127.0.0.1", port)):
            busy = self.run_box("-p", f"{port}:80", "box", "--", "true")
        self.assertEqual(busy.returncode, 1)
        self.assertIn(f"cannot listen on 127.0.0.1:{port}", busy.stderr)
        process = self.start("-p", f"{port}:80", "box", "--", "httpd", "-f", "-p", "80", "-h", "/srv")
        self.assertEqual(self.fetch(port), "the page\n")
        process.terminate()
        process.wait(timeout=LIMIT)
        with self.assertRaises(OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5)

    def test_what_a_service_sent_arrives_after_its_end(self):
        port, size = self.free_port(), 5_000_000
        process = self.start("-p", f"{port}:80", "box", "--", "sh", "-c", f"nc -l -p 80 -e head -c {size} /dev/zero & until grep -q :0050 /proc/net/tcp6; do sleep 0.01; done; echo ready; wait")
        self.assertEqual(process.stdout.readline(), "ready\n")
        with socket.create_connection(("127.0.0.1", port)) as client:
            received = 0
            while data := client.recv(65536):
                received += len(data)
                time.sleep(0.02)  # so that much is still on its way when it ends
        self.assertEqual(received, size)
        self.assertEqual(process.wait(timeout=LIMIT), 0)

    def test_there_is_loopback_only(self):
        for arguments in ([], ["-p", f"{self.free_port()}:80"]):
            devices = self.run_box(*arguments, "box", "--", "cat", "/proc/net/dev").stdout
            self.assertEqual(re.findall(r"(?m)^ *(\w+):", devices), ["lo"], arguments)

    # Nothing left behind.

    def test_many_runs_leave_nothing(self):
        side_by_side, in_turn = LEAKS
        with concurrent.futures.ThreadPoolExecutor(side_by_side) as pool:
            codes = list(pool.map(lambda _: self.run_box("box", "--", "sh", "-c", "sleep 0.2 & exit 5").returncode, range(side_by_side)))
        self.assertEqual(codes, [5] * side_by_side)
        for _ in range(in_turn):
            self.assertEqual(self.run_box("box", "--", "true").returncode, 0)
        self.assertEqual(self.leavings(), [])


if __name__ == "__main__":
    require_archive()
    if "--leaks" in sys.argv:
        at = sys.argv.index("--leaks")
        LEAKS = (int(sys.argv[at + 1]), int(sys.argv[at + 2]))
        sys.argv[at:] = ["Run.test_many_runs_leave_nothing"]
    unittest.main()
