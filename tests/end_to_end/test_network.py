"""`bootstrap run --network`, between network namespaces made for the test: this machine's own network is never touched.

    box  --(bridge, pasta or slirp4netns)--  host  --(veth)--  outside

The test itself runs in `host`, the servers run in `outside`, which has a public address, a private one, and that of the clouds' metadata service.
"""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import time
import unittest
import unittest.mock

from far_side import AWAIT_THE_LINE, make_tun_device, sh
from kit import LIMIT, PROGRAM, SOURCE, Case, copy_programs

sys.path.insert(0, str(SOURCE / "tests/support"))
from apt_sources import require_archive  # noqa: E402
from ordinary_user import as_user, ordinary_user  # noqa: E402

HOST, PUBLIC, PRIVATE, METADATA = "203.0.113.1", "203.0.113.2", "192.168.77.2", "169.254.169.254"
PORT = 8000
APPLETS = "sh wget timeout cat sleep ip nslookup httpd".split()
SERVER = f"""
import http.server, socket, threading
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"outside\\n")
    def log_message(self, *args): pass
def answer():  # a nameserver that knows one name
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); server.bind(("{PRIVATE}", 53))
    while True:
        query, client = server.recvfrom(512)
        end = query.index(b"\\0", 12) + 5
        found = query[end - 4:end - 2] == b"\\0\\1"
        record = b"\\xc0\\x0c\\0\\1\\0\\1\\0\\0\\0\\x3c\\0\\4" + socket.inet_aton("{PUBLIC}") if found else b""
        server.sendto(query[:2] + b"\\x81\\x80\\0\\1\\0" + bytes([found]) + b"\\0\\0\\0\\0" + query[12:end] + record, client)
threading.Thread(target=answer, daemon=True).start()
http.server.ThreadingHTTPServer(("0.0.0.0", {PORT}), Page).serve_forever()
"""


def make_machine(cleanup):
    """In a new network and mount namespace, which are `host` from here on; `cleanup` is given what ends the process that serves in `outside`."""
    sh(f"echo 0 > /proc/sys/net/ipv4/ip_forward; ip link set lo up; ip link add near type veth peer name far; ip addr add {HOST}/24 dev near; ip link set near up")
    outside = subprocess.Popen(["unshare", "--net", sys.executable, "-c", AWAIT_THE_LINE + SERVER], stdin=subprocess.PIPE)
    cleanup(outside.wait)
    cleanup(outside.kill)
    cleanup(outside.stdin.close)
    inside = f"nsenter --net=/proc/{outside.pid}/ns/net"
    while os.readlink(f"/proc/{outside.pid}/ns/net") == os.readlink("/proc/self/ns/net"):
        time.sleep(0.01)
    sh(f"ip link set far netns {outside.pid}; {inside} ip link set lo up; {inside} ip link set far up; {inside} ip addr add {PUBLIC}/24 dev far")
    sh(f"{inside} ip addr add {PRIVATE}/24 dev far; {inside} ip addr add {METADATA}/16 dev far; ip route add default via {PUBLIC}")
    outside.stdin.write(b"go\n")
    outside.stdin.flush()
    for _ in range(500):
        with socket.socket() as client:
            if client.connect_ex((PUBLIC, PORT)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError("the server outside does not come up")


class Network(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.case = Case()
        cls.case.setUp()
        cls.addClassCleanup(cls.case.doCleanups)
        cls.work = cls.case.work
        # Where an ordinary user finds them too: the clone may be in a home that nobody else can enter.
        cls.program = copy_programs(cls.work / "programs") / "bootstrap"
        shutil.copytree(os.environ["IMAGES"], cls.work / "images")
        make_machine(cls.addClassCleanup)
        resolver = cls.work / "resolv.conf"
        resolver.write_text(f"nameserver {PRIVATE}\n")
        subprocess.run(["mount", "--bind", resolver, pathlib.Path("/etc/resolv.conf").resolve()], check=True)
        make_tun_device()
        cls.host_server = socket.create_server(("0.0.0.0", 0))
        cls.addClassCleanup(cls.host_server.close)
        cls.host_server.setblocking(False)
        cls.host_port = cls.host_server.getsockname()[1]

    def argv(self, *arguments, user=None):
        store = self.work / ("store-user" if user else "store")
        if user:
            store.mkdir(exist_ok=True)
            os.chown(store, user.pw_uid, user.pw_gid)
        prefix = as_user(user) if user else []
        return [*prefix, str(self.program), "--store", str(store), "--images", str(self.work / "images"), "run", *arguments]

    def run_box(self, *arguments, user=None):
        return subprocess.run(self.argv(*arguments, user=user), capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=LIMIT)

    def start(self, *arguments):
        process = subprocess.Popen(self.argv(*arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def reaches(self, network, address, port=PORT, *options, user=None):
        told = self.run_box("--network", network, *options, "box", "--", "timeout", "3", "wget", "-q", "-O", "-", f"http://{address}:{port}/", user=user)
        return told.stdout == "outside\n", told.stderr

    def reached(self, network, address, *, user=None):
        """Whether a connection comes to the machine's own server."""
        self.reaches(network, address, self.host_port, user=user)
        try:
            self.host_server.accept()[0].close()
            return True
        except BlockingIOError:
            return False

    def leavings(self):
        links = subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True).stdout
        tables = subprocess.run(["nft", "list", "tables"], capture_output=True, text=True, check=True).stdout
        carriers = subprocess.run(["pgrep", "-f", "^[^ ]*(pasta --foreground|slirp4netns --disable)"], capture_output=True, text=True, check=False).stdout
        return re.findall(r"bootstrap0|b[sp]-\d+", links), tables, carriers, "".join(sorted(set(self.forwarding().values())))

    @staticmethod
    def forwarding():
        """Of each interface, and "all" and "default"."""
        return {path.parent.name: path.read_text() for path in pathlib.Path("/proc/sys/net/ipv4/conf").glob("*/forwarding")}

    def check_network(self, network, *, user=None):
        reached, complaint = self.reaches(network, PUBLIC, user=user)
        self.assertTrue(reached, complaint)
        for address in (PRIVATE, METADATA):
            self.assertFalse(self.reaches(network, address, user=user)[0], address)
        self.assertTrue(self.reaches(network, PRIVATE, PORT, "--reach", "192.168.77.0/24", user=user)[0])
        named = self.reaches(network, "outside.example", user=user)
        self.assertTrue(named[0], named[1])
        for address in ("127.0.0.1", HOST):  # the machine itself
            self.assertFalse(self.reached(network, address, user=user), address)
        changed = self.run_box("--network", network, "box", "--", "ip", "route", "del", "prohibit", "169.254.0.0/16", user=user)
        self.assertNotEqual(changed.returncode, 0)

    def check_ports(self, network):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        process = self.start("--network", network, "-p", f"{port}:80", "box", "--", "httpd", "-f", "-p", "80", "-h", "/usr/share/common-licenses")
        told = None
        for _ in range(300):
            told = subprocess.run(["busybox", "wget", "-q", "-O", "-", f"http://127.0.0.1:{port}/Artistic"], capture_output=True, check=False).stdout
            if told:
                break
            time.sleep(0.05)
        self.assertIn(b"Artistic License", told)
        process.terminate()
        process.wait(timeout=LIMIT)

    def test_none(self):
        self.assertFalse(self.reaches("none", PUBLIC)[0])
        self.assertEqual(self.run_box("--reach", "10.0.0.0/8", "box").returncode, 2)

    def test_bridge(self):
        self.check_network("bridge")
        self.check_ports("bridge")
        self.assertFalse(self.reached("bridge", "10.89.0.1"))
        self.assertEqual(self.leavings(), ([], "", "", "0\n"))

    def test_what_can_be_had_is_told(self):
        told = subprocess.run([PROGRAM, "sandbox-info"], capture_output=True, text=True, check=True).stdout
        self.assertRegex(told, r"yes network user +through \S+/pasta")
        self.assertRegex(told, "yes network bridge")

    def test_bridge_is_for_root(self):
        told = self.run_box("--network", "bridge", "box", user=ordinary_user())
        self.assertEqual(told.returncode, 7)
        self.assertIn("--network user", told.stderr)

    def test_the_bridge_has_no_address_that_the_rules_do_not_know(self):
        process = self.start("--network", "bridge", "box", "--", "sh", "-c", "ip link show eth0; sleep 60")
        self.assertIn("eth0", process.stdout.readline())
        self.assertEqual(subprocess.run(["ip", "-6", "-o", "addr", "show", "dev", "bootstrap0"], capture_output=True, text=True, check=True).stdout, "")
        process.terminate()
        process.wait(timeout=LIMIT)

    def test_boxes_on_the_bridge_reach_each_other_and_the_last_one_clears_up(self):
        first = self.start("--network", "bridge", "box", "--", "sh", "-c", "ip -4 -o addr show eth0; exec httpd -f -p 80 -h /usr/share/common-licenses")
        address = re.search(r"inet ([0-9.]+)/", first.stdout.readline())[1]
        told = self.run_box("--network", "bridge", "box", "--", "sh", "-c", f"for i in 1 2 3 4 5 6 7 8 9; do wget -q -O - http://{address}/Artistic && exit; sleep 0.3; done")
        self.assertIn("Artistic License", told.stdout, told.stderr)
        self.assertTrue(self.leavings()[0])
        first.terminate()
        first.wait(timeout=LIMIT)
        self.assertEqual(self.leavings(), ([], "", "", "0\n"))

    def test_forwarding_stays_on_for_others_who_have_come_to_need_it(self):
        conf = pathlib.Path("/proc/sys/net/ipv4/conf")

        def put_off():
            for path in conf.glob("*/forwarding"):
                path.write_text("0")

        def end(process):
            process.terminate()
            process.wait(timeout=LIMIT)

        def be_killed(process):
            process.kill()
            process.wait()
            process.stdout.read()
            self.run_box("box", "--", "sh", "-c", ":")

        self.addCleanup(put_off)
        for before, during in ((), ("all",)), ((), ("near",)), (("near",), ()), (("default",), ()), (("all",), ()), ((), ("lo", "default")):
            for finish in end, be_killed:
                with self.subTest(before=before, during=during, finish=finish.__name__):
                    put_off()
                    for name in before:
                        (conf / name / "forwarding").write_text("1")
                    expected = self.forwarding()
                    process = self.start("--network", "bridge", "box", "--", "sh", "-c", "echo up; sleep 60")
                    self.assertEqual(process.stdout.readline(), "up\n")
                    self.assertTrue(self.reaches("bridge", PUBLIC)[0])
                    for name in during:
                        (conf / name / "forwarding").write_text("1")
                        expected.update(dict.fromkeys(expected if name == "all" else [name], "1\n"))
                    finish(process)
                    self.assertEqual(self.forwarding(), expected)

    def test_the_machine_passes_nothing_on_for_the_bridge_but_to_it(self):
        process = self.start("--network", "bridge", "box", "--", "sh", "-c", "echo up; sleep 60")
        self.assertEqual(process.stdout.readline(), "up\n")
        rules = subprocess.run(["nft", "list", "table", "ip", "bootstrap"], capture_output=True, text=True, check=True).stdout
        for name in "lo", "near":
            self.assertIn(f'iifname "{name}" oifname != "bootstrap0" drop', rules)
        pathlib.Path("/proc/sys/net/ipv4/conf/near/forwarding").write_text("1")
        self.run_box("--network", "bridge", "box", "--", "sh", "-c", ":")  # whoever comes or goes writes them anew
        rules = subprocess.run(["nft", "list", "table", "ip", "bootstrap"], capture_output=True, text=True, check=True).stdout
        self.assertNotIn('iifname "near"', rules)
        process.terminate()
        process.wait(timeout=LIMIT)
        pathlib.Path("/proc/sys/net/ipv4/conf/near/forwarding").write_text("0")

    def test_what_a_killed_run_leaves_the_next_one_removes(self):
        process = self.start("--network", "bridge", "box", "--", "sh", "-c", "echo up; sleep 60")
        self.assertEqual(process.stdout.readline(), "up\n")
        process.kill()
        process.wait()
        self.assertEqual(process.stdout.read(), "")
        self.assertTrue(self.leavings()[0])
        self.assertEqual(self.run_box("box", "--", "sh", "-c", ":").returncode, 0)
        self.assertEqual(self.leavings(), ([], "", "", "0\n"))

    def check_user_network(self, program):
        """With this one alone in PATH."""
        tools = self.work / program
        tools.mkdir()
        for name in (program, "newuidmap", "newgidmap", "setpriv", "env", "ip", "nft", "pgrep"):
            (tools / name).symlink_to(shutil.which(name))
        with unittest.mock.patch.dict(os.environ, PATH=str(tools)):
            for user in (None, ordinary_user()):
                self.check_network("user", user=user)
                self.assertFalse(self.reached("user", "10.0.2.2", user=user))
        self.assertEqual(self.leavings(), ([], "", "", "0\n"))

    def test_user_network_by_pasta(self):
        self.check_user_network("pasta")
        self.check_ports("user")

    def test_user_network_by_slirp4netns(self):
        self.check_user_network("slirp4netns")

    def test_user_network_needs_one_of_them(self):
        told = subprocess.run(self.argv("--network", "user", "box"), capture_output=True, text=True, check=False, env={**os.environ, "PATH": "/nonesuch"})
        self.assertEqual(told.returncode, 7)
        self.assertIn("apt install passt", told.stderr)

    def test_a_killed_run_takes_its_carrier_along(self):
        process = self.start("--network", "user", "box", "--", "sh", "-c", "echo up; sleep 60")
        self.assertEqual(process.stdout.readline(), "up\n")
        self.assertTrue(self.leavings()[2])
        process.kill()
        process.wait()
        self.assertEqual(process.stdout.read(), "")
        for _ in range(200):
            if not self.leavings()[2]:
                break
            time.sleep(0.05)
        self.assertEqual(self.leavings()[2], "")


def build_images(work):
    """With this machine's network, which is where the archive is."""
    shutil.copytree(SOURCE / "keys", work / "keys")
    links = work / "recipes/links"
    links.mkdir(parents=True)
    for applet in APPLETS:
        (links / applet).symlink_to("busybox")
    (work / "recipes/box.yml").write_text(
        "name: box\narchitectures: [amd64]\n"
        "repositories:\n  - {archive: debian, suites: [bookworm], signed-by: [../keys/debian-archive-bookworm.asc]}\n"
        "packages: {variant: custom, include: [busybox, base-files, base-passwd]}\nscripts: skip\n"
        "files:\n  - {source: links/, target: /usr/bin}\n"
    )
    subprocess.run([PROGRAM, "--store", str(work / "store"), "--images", str(work / "images"), "--quiet", str(work / "recipes/box.yml")], check=True)


if __name__ == "__main__":
    if "IMAGES" not in os.environ:
        require_archive()
        if os.geteuid() != 0:
            print("making networks needs root", file=sys.stderr)
            sys.exit(77)
        case = Case()
        case.setUp()
        try:
            build_images(case.work)
            argv = ["unshare", "--net", "--mount", sys.executable, *sys.argv]
            sys.exit(subprocess.run(argv, env={**os.environ, "IMAGES": str(case.work / "images")}, check=False).returncode)
        finally:
            case.doCleanups()
    unittest.main()
