"""What a program in a box of `bootstrap run` and of `bootstrap-box` must not get hold of: as root and as an ordinary user."""
import contextlib
import os
import pathlib
import select
import socket
import subprocess
import sys
import time
import unittest

from boxes import BoxCase
from kit import LIMIT, PROGRAM, SOURCE

sys.path.insert(0, str(SOURCE / "tests/support"))
from apt_sources import require_archive  # noqa: E402



def descriptors(work):
    """Name -> descriptor, of everything that a shell or another program may leave at 0, 1 or 2."""
    regular = work / "regular"
    regular.write_text("of the host\n")
    fifo = work / "fifo"
    if not fifo.exists():
        os.mkfifo(fifo)
    opened = {
        "directory": os.open("/", os.O_RDONLY),
        "path": os.open("/etc", os.O_PATH),
        "file for both": os.open(regular, os.O_RDWR),
        "fifo for both": os.open(fifo, os.O_RDWR | os.O_NONBLOCK),
        "device": os.open("/dev/zero", os.O_RDWR),
        "terminal": os.openpty()[1],
        "namespace": os.open("/proc/self/ns/mnt", os.O_RDONLY),
        "memory": os.memfd_create("memory"),
        "counter": os.eventfd(0),
        "process": os.pidfd_open(os.getpid()),
    }
    with select.epoll() as poll:
        opened["poll"] = os.dup(poll.fileno())
    for name, kind in (("stream", socket.SOCK_STREAM), ("packets", socket.SOCK_SEQPACKET), ("datagrams", socket.SOCK_DGRAM)):
        ours, theirs = socket.socketpair(socket.AF_UNIX, kind)
        opened[name] = theirs.detach()
        opened[name + " of ours"] = ours.detach()
    return opened


class Escapes(BoxCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tree = cls.work / "exported"
        cls.case.succeed("export", "box", cls.tree, "--format", "dir")

    def boxes(self, *command):
        """The command lines by which the command runs in a box."""
        yield self.argv("run", "-i", "box", "--", *command)
        yield [str(pathlib.Path(PROGRAM).with_name("bootstrap-box")), str(self.tree), *command]

    def test_standard_descriptors_are_files_open_one_way_or_pipes(self):
        show = "for i in 0 1 2; do test -p /dev/fd/$i || test -c /dev/fd/$i || exit $((60 + i)); done; ls -l /proc/self/fd/; ls -l /proc/self/fd/0/ /proc/self/fd/1/ /proc/self/fd/2/"
        for number in (0, 1, 2):
            for name, fd in descriptors(self.work).items():
                if number > 0 and name in ("counter", "process", "poll"):
                    continue  # that never take text, for which one waits for ever
                for argv in self.boxes("sh", "-c", show):
                    with self.subTest(number=number, name=name, program=argv[0]):
                        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
                        streams[("stdin", "stdout", "stderr")[number]] = fd
                        ended = subprocess.run(argv, text=True, errors="replace", check=False, timeout=LIMIT, **streams)
                        self.assertNotIn(ended.returncode, (60, 61, 62))
                        for text in (ended.stdout or "", ended.stderr or ""):
                            self.assertNotIn("socket:", text)
                            self.assertNotIn("anon_inode", text)
                            self.assertNotIn("hostname", text)
                os.close(fd)

    def test_what_is_carried_arrives(self):
        for argv in self.boxes("cat"):
            for kind in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
                with self.subTest(program=argv[0], kind=kind):
                    ours, theirs = socket.socketpair(socket.AF_UNIX, kind)
                    with ours, subprocess.Popen(argv, stdin=theirs, stdout=theirs, stderr=subprocess.PIPE) as process:
                        theirs.close()
                        ours.sendall(b"through a socket")
                        ours.shutdown(socket.SHUT_WR)
                        got = b""
                        while part := ours.recv(65536):
                            got += part
                        self.assertEqual((got, process.wait(timeout=LIMIT), process.stderr.read()), (b"through a socket", 0, b""))
            big = os.urandom(3_000_000)
            source, target = self.work / "source", self.work / "target"
            source.write_bytes(big)
            with self.subTest(program=argv[0], kind="files"), source.open("r+b") as stdin, target.open("wb") as stdout:
                self.assertEqual(subprocess.run(argv, stdin=stdin, stdout=stdout, check=False, timeout=LIMIT).returncode, 0)
                self.assertEqual(target.read_bytes(), big)

    def test_memory_is_bounded_with_and_without_cgroups(self):
        dd = "dd if=/dev/zero of={} bs=1M count=200 2>/dev/null; end=$?; sleep 0.3; (exit $end)"
        hidden = ["sh", "-c", "mount -t tmpfs none /sys/fs/cgroup; exec \"$@\"", "sh"]
        for prefix in ([], ["unshare", "--mount", *hidden]) if os.getuid() == 0 else ([],):
            for command in ("tail /dev/zero", dd.format("/tmp/x"), (dd.format("/dev/shm/x") + "; " + dd.format("/tmp/x"))):
                with self.subTest(prefix=prefix, command=command):
                    argv = [*prefix, *self.argv("run", "-m", "128M", "box", "--", "sh", "-c", command)]
                    ended = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=LIMIT)
                    self.assertEqual(ended.returncode, 137, ended)
                    self.assertIn("needed more than 128 MiB of memory", ended.stderr)

    def test_what_others_wrote_to_a_file_stays(self):
        log = self.work / "log"
        for argv in self.boxes("sh", "-c", "echo new; : > /dev/stdout; : 1<> /dev/stdout; echo newer"):
            with self.subTest(program=argv[0]):
                log.write_text("what was there\n")
                with log.open("ab") as stdout:
                    subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=stdout, check=False, timeout=LIMIT)
                self.assertEqual(log.read_text(), "what was there\nnew\nnewer\n")

    def test_output_that_cannot_be_written_is_told(self):
        for argv in self.boxes("sh", "-c", "echo x; sleep 0.2; echo x; echo x"):
            with self.subTest(program=argv[0]), open("/dev/full", "wb") as full:
                ended = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=LIMIT)
                self.assertNotEqual(ended.returncode, 0)
                self.assertIn("No space left on device", ended.stderr)

    def test_who_takes_no_output_holds_nobody_up(self):
        for argv in self.boxes("sh", "-c", "trap 'exit 9' TERM; head -c 10000000 /dev/zero >&2 & echo ready; while :; do sleep 0.05; done"):
            with self.subTest(program=argv[0]):
                ours, theirs = socket.socketpair()
                with ours, subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=theirs, text=True) as process:
                    self.addCleanup(process.kill)
                    theirs.close()
                    self.assertEqual(process.stdout.readline(), "ready\n")
                    time.sleep(0.3)
                    for _ in range(20):  # the shell, too, may be writing, and the last is for what nobody takes when it has gone
                        process.terminate()
                        with contextlib.suppress(subprocess.TimeoutExpired):
                            process.wait(timeout=0.5)
                            break
                    self.assertEqual(process.poll(), 9)


if __name__ == "__main__":
    require_archive()
    unittest.main()
