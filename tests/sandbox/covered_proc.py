#!/usr/bin/env python3
"""Runs the sandbox's tests once more, where parts of /proc and /sys are covered as in containers, so that the kernel gives no fresh ones:
covered_proc.py DIRECTORY-OF-THE-TEST-PROGRAMS [ARGUMENTS]."""
import os
import pathlib
import subprocess
import sys

COVER = """set -e
for part in bus fs irq sys; do
  mount --bind /proc/$part /proc/$part
  mount -o remount,bind,ro,nosuid,nodev,noexec /proc/$part
done
mount --bind /dev/null /proc/interrupts
mount -t tmpfs -o ro none /sys/firmware
exec "$@"
"""

if os.getuid() != 0:
    print("only root can cover them")
    sys.exit(0)
program = pathlib.Path(sys.argv[1]).resolve() / "sandbox_test"
sys.exit(subprocess.run(["unshare", "--mount", "sh", "-c", COVER, "sh", program, *sys.argv[2:]], cwd="/", check=False).returncode)
