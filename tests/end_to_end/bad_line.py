"""A line to another network namespace on which single packets come to harm, as they do between here and a far mirror.

The kernel's own way to do this (netem) is a module that few kernels of build machines have. So the two ends are TUN devices, between which this process
carries every packet by hand. The dice have a seed, but which packet they hit depends on what TCP sends when.
"""
import collections
import contextlib
import fcntl
import os
import random
import select
import struct
import subprocess
import sys
import threading

from far_side import AWAIT_THE_LINE, sh

NEAR, FAR = "203.0.113.1", "203.0.113.2"
KINDS = ("lost", "doubled", "late", "corrupted", "cut", "reset")
HELD_BACK = 3  # packets that overtake a late one
PATIENCE = 0.01  # seconds until a late one comes although nothing overtakes it
TCP = 6
RST_ACK = 0x14


def open_tun(name):
    """The other side of a new interface: a read is a packet that leaves by it, a write one that comes in. It hands checksums over complete."""
    tunsetiff, iff_tun, iff_no_pi = 0x400454CA, 0x0001, 0x1000
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
    fcntl.ioctl(tun, tunsetiff, struct.pack("16sH22x", name.encode(), iff_tun | iff_no_pi))
    return tun


def checksum(data):
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + bytes(len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def with_checksum(header, payload):
    """The TCP packet of this IPv4 header (without options) and payload, with right checksums."""
    header = header[:2] + struct.pack("!H", 20 + len(payload)) + header[4:10] + bytes(2) + header[12:20]
    header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
    payload = payload[:16] + bytes(2) + payload[18:]
    pseudo = header[12:20] + struct.pack("!HH", TCP, len(payload))
    return header + payload[:16] + struct.pack("!H", checksum(pseudo + payload)) + payload[18:]


def is_tcp(packet):
    return packet[0] == 0x45 and packet[9] == TCP


class Line(threading.Thread):
    """Carries packets between two TUN devices until one of them is gone. Of each kind of `kinds`, `rate` percent of all packets come to harm; `harmed` counts them."""

    def __init__(self, near, far, seed="line"):
        super().__init__(daemon=True)
        self.other = {near: far, far: near}
        self.held = {near: [], far: []}
        self.dice = random.Random(seed)
        self.change(())

    def change(self, kinds, rate=1.0):
        self.kinds, self.rate = kinds, rate
        self.carried, self.harmed = 0, collections.Counter()

    def run(self):
        with contextlib.suppress(OSError):
            while True:
                ready, _, _ = select.select(list(self.other), [], [], PATIENCE)
                for source in ready:
                    self.carry(source, os.read(source, 65536))
                if not ready:
                    for source in self.other:
                        self.release(source, all_of_them=True)

    def carry(self, source, packet):
        self.carried += 1
        pick = int(self.dice.random() * 100 / self.rate)
        if pick < len(self.kinds) and is_tcp(packet):
            self.harmed[self.kinds[pick]] += 1
            getattr(self, self.kinds[pick])(source, packet)
        else:
            self.send(source, packet)
        self.held[source] = [(count - 1, late) for count, late in self.held[source]]
        self.release(source, all_of_them=False)

    def release(self, source, all_of_them):
        for count, late in self.held[source]:
            if count <= 0 or all_of_them:
                self.send(source, late)
        self.held[source] = [] if all_of_them else [(count, late) for count, late in self.held[source] if count > 0]

    def send(self, source, packet):
        # The device refuses what cannot be a packet; a full queue loses it, as queues do.
        with contextlib.suppress(OSError):
            os.write(self.other[source], packet)

    def lost(self, source, packet):
        pass

    def doubled(self, source, packet):
        self.send(source, packet)
        self.send(source, packet)

    def late(self, source, packet):
        self.held[source].append((HELD_BACK, packet))

    def corrupted(self, source, packet):
        """One bit; the checksums of IP and TCP tell."""
        spoiled = bytearray(packet)
        spoiled[self.dice.randrange(len(packet))] ^= 1 << self.dice.randrange(8)
        self.send(source, bytes(spoiled))

    def cut(self, source, packet):
        self.send(source, packet[: self.dice.randrange(len(packet))])

    def reset(self, source, packet):
        """In the packet's place comes the end of the connection, for both sides."""
        ip, ports, sequence, acknowledged = packet[:20], packet[20:24], packet[24:28], packet[28:32]
        end = bytes([0x50, RST_ACK]) + bytes(6)
        self.send(source, with_checksum(ip, ports + sequence + acknowledged + end))
        back = ip[:12] + ip[16:20] + ip[12:16]
        self.send(self.other[source], with_checksum(back, ports[2:] + ports[:2] + acknowledged + sequence + end))

    def forged(self, source, packet):
        """One bit of the content is another, and no checksum tells."""
        tcp = packet[20:]
        content = (tcp[12] >> 4) * 4
        if len(tcp) > content:
            place = self.dice.randrange(content, len(tcp))
            tcp = tcp[:place] + bytes([tcp[place] ^ 1 << self.dice.randrange(8)]) + tcp[place + 1 :]
        self.send(source, with_checksum(packet[:20], tcp))


def lay_line(program, *arguments):
    """Runs a Python program in a new network namespace, where FAR is, joined to this process's own, which gets NEAR; both must be made for the test. Returns
    the line and the process."""
    near, far = open_tun("near"), open_tun("far")
    started = subprocess.Popen(
        ["unshare", "--net", sys.executable, "-c", "print(flush=True)\n" + AWAIT_THE_LINE + program, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    started.stdout.readline()
    there = f"nsenter --net=/proc/{started.pid}/ns/net"
    sh(f"ip link set lo up; ip addr add {NEAR} peer {FAR} dev near; ip link set near up; ip link set far netns {started.pid}")
    sh(f"{there} ip link set lo up; {there} ip addr add {FAR} peer {NEAR} dev far; {there} ip link set far up")
    line = Line(near, far)
    line.start()
    started.stdin.write("go\n")
    started.stdin.flush()
    started.stdout.readline()  # the program is ready
    return line, started
