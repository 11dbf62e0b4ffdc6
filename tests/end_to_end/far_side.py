"""For tests that lay a line from a network namespace made for them to another one, where a program serves."""
import subprocess

# What such a program begins with: it waits until the line is laid, and ends with the test, however that ends. One that stayed would hold ctest, which reads
# its output.
AWAIT_THE_LINE = """
import os, sys, threading
def end_with_the_test():
    sys.stdin.read()
    os._exit(0)
if sys.stdin.readline() != "go\\n":
    sys.exit("no line was laid")
threading.Thread(target=end_with_the_test, daemon=True).start()
"""


def sh(text):
    subprocess.run(["sh", "-e", "-c", text], check=True)


def make_tun_device():
    """/dev/net/tun, in the test's own mount namespace: the machine may have none, or one for root alone."""
    sh("mkdir -p /dev/net; mount -t tmpfs none /dev/net; mknod -m 666 /dev/net/tun c 10 200")
