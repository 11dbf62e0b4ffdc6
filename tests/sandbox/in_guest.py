#!/usr/bin/env python3
"""Boxes on a machine with cgroup v2 alone, AppArmor and another kernel: boots Debian's cloud kernel in qemu, with the sandbox's
tests as all there is, and runs those of them that concern limits and labels. Needs no rights and no hardware support.

  in_guest.py DIRECTORY-OF-THE-TEST-PROGRAMS [TEST-SPECIFICATION]
"""
import lzma
import os
import pathlib
import re
import select
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from apt_sources import require_archive  # noqa: E402

LIMITS = "processes are bounded*,*processes were refused*,CPU time is bounded*,memory is bounded*"
TESTS = LIMITS + ",of all ways out*,when we are killed*,scripts can do to files*,programs run under the profile*"
SILENCE = 300  # seconds
PROFILE = pathlib.Path(__file__).resolve().parents[2] / "src/sandbox/bootstrap-box.apparmor"
PROGRAMS = ("sandbox_test", "sandbox_test_worker", "sandbox_test_payload")
INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin:/usr/bin
if [ ! -e /moved ]; then  # nobody can leave an initramfs by pivot_root
  mkdir /new
  mount -t tmpfs none /new
  cp -a /bin /etc /init /lib* /overlay.ko /profile /tests /usr /new
  mkdir /new/dev /new/proc /new/sys /new/tmp
  touch /new/moved
  exec switch_root /new /init
fi
mount -t devtmpfs none /dev
mkdir -p /dev/pts /dev/shm
mount -t proc none /proc
mount -t sysfs none /sys
mount -t securityfs none /sys/kernel/security
mount -t cgroup2 none /sys/fs/cgroup
mount -t tmpfs none /tmp
insmod /overlay.ko
ip link set lo up
echo "+memory +pids +cpu" > /sys/fs/cgroup/cgroup.subtree_control
mkdir /sys/fs/cgroup/tests
echo $$ > /sys/fs/cgroup/tests/cgroup.procs
apparmor_parser --replace --skip-cache /profile
export SANDBOX_TEST_CGROUPS=1 SANDBOX_TEST_APPARMOR=1
/tests/sandbox_test --use-colour no --durations yes '{tests}'
/tests/sandbox_test --use-colour no 'no cgroup is left*'  # which collects what a run that was killed has left
# As systemd delegates a group to a user: the directory and these files.
mkdir /sys/fs/cgroup/delegated
for file in . cgroup.procs cgroup.subtree_control cgroup.threads; do chown user /sys/fs/cgroup/delegated/$file; done
echo 'echo $$ > /sys/fs/cgroup/delegated/cgroup.procs && exec /usr/bin/setpriv --reuid=1000 --regid=1000 --clear-groups "$@"' > /tmp/as-user
sh /tmp/as-user /tests/sandbox_test --use-colour no '{limits}'
echo "groups left: $(ls -d /sys/fs/cgroup/delegated/bootstrap/bootstrap-* 2>/dev/null | wc -l)"
echo "groups left: $(ls -d /sys/fs/cgroup/bootstrap-* 2>/dev/null | wc -l)"
poweroff -f
"""


def run(*argv, **options):
    return subprocess.run([str(a) for a in argv], check=True, capture_output=True, text=True, **options).stdout


def kernel(directory):
    """Debian's kernel for clouds, from the archive: (image, overlay module)."""
    directory.chmod(0o755)
    package = re.search(r"Depends: (linux-image-\S+)", run("apt-cache", "depends", "linux-image-cloud-amd64"))[1]
    run("apt-get", "download", "-q", package, cwd=directory)
    run("dpkg-deb", "-x", next(directory.glob("linux-image-*.deb")), directory / "kernel")
    image = next((directory / "kernel/boot").glob("vmlinuz-*"))
    module = next((directory / "kernel").glob("**/overlay.ko*"))
    content = module.read_bytes()
    return image, lzma.decompress(content) if module.suffix == ".xz" else content


def copy_program(program, root, target):
    """And the libraries that it needs, to where it looks for them."""
    (root / target).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(program, root / target)
    ldd = subprocess.run(["ldd", str(program)], check=False, capture_output=True, text=True).stdout
    for library in re.findall(r"(/\S+)", ldd):
        copy = root / library.lstrip("/")
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(library, copy)


def initramfs(directory, programs, module, tests):
    root = directory / "root"
    for name in ("bin", "dev", "etc", "proc", "sys", "tmp"):
        (root / name).mkdir(parents=True)
    (root / "etc/passwd").write_text("root:x:0:0::/:/bin/sh\nuser:x:1000:1000::/:/bin/sh\n")
    for name in ("subuid", "subgid"):
        (root / "etc" / name).write_text("user:100000:65536\n")
    (root / "overlay.ko").write_bytes(module)
    (root / "init").write_text(INIT.replace("{tests}", tests).replace("{limits}", LIMITS))
    (root / "init").chmod(0o755)
    shutil.copy2(PROFILE, root / "profile")
    copy_program(shutil.which("busybox"), root, "bin/busybox")
    copy_program(shutil.which("apparmor_parser", path="/usr/sbin:/sbin"), root, "bin/apparmor_parser")
    copy_program(shutil.which("setpriv"), root, "usr/bin/setpriv")
    for name in ("newuidmap", "newgidmap"):
        copy_program(shutil.which(name), root, f"usr/bin/{name}")
        (root / "usr/bin" / name).chmod(0o4755)
    for name in PROGRAMS:
        copy_program(programs / name, root, f"tests/{name}")
    archive = directory / "initramfs"
    run("bsdtar", "-c", "--format=newc", "--uid", "0", "--gid", "0", "-f", archive, "-C", root, ".")
    return archive


def boot(image, archive):
    """What the guest writes to its serial line. How long it takes depends on the machine; a guest that is silent for long has died."""
    argv = ["qemu-system-x86_64", "-machine", "q35,accel=tcg,hpet=off", "-cpu", "max", "-m", "1024", "-smp", "2", "-nographic", "-no-reboot"]
    argv += ["-nodefaults", "-serial", "stdio", "-kernel", image, "-initrd", archive, "-append", "console=ttyS0 quiet panic=-1"]
    with subprocess.Popen([str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as guest:
        output = b""
        while select.select([guest.stdout], [], [], SILENCE)[0] and (data := os.read(guest.stdout.fileno(), 65536)):
            output += data
        guest.kill()
    return output.decode(errors="replace")


def main():
    require_archive()
    tests = sys.argv[2] if len(sys.argv) > 2 else TESTS
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        image, module = kernel(directory)
        output = boot(image, initramfs(directory, pathlib.Path(sys.argv[1]), module, tests))
    print(output)
    return 0 if output.count("All tests passed") == 3 and output.count("groups left: 0") == 2 else 1


if __name__ == "__main__":
    sys.exit(main())
