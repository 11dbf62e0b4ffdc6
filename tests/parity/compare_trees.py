"""Compares two root filesystems, each a tar file: paths, types, modes, owners, link targets, hard links, xattrs, contents, device numbers.

Not compared: times, and so the days on which etc/shadow says that passwords were changed. Owners are compared by the names that each tree's own /etc/passwd and /etc/group give them, since the numbers of accounts that
packages make depend on the order in which packages were configured.
"""
import dataclasses
import fnmatch
import hashlib
import re
import tarfile

TYPES = {
    tarfile.REGTYPE: "file",
    tarfile.AREGTYPE: "file",
    tarfile.DIRTYPE: "directory",
    tarfile.SYMTYPE: "symlink",
    tarfile.CHRTYPE: "character device",
    tarfile.BLKTYPE: "block device",
    tarfile.FIFOTYPE: "fifo",
}


@dataclasses.dataclass
class Node:
    type: str
    mode: int
    uid: int
    gid: int
    target: str = ""
    device: tuple = ()
    xattrs: dict = dataclasses.field(default_factory=dict)
    digest: str = ""
    content: bytes = b""
    links: frozenset = frozenset()


class Tree:
    """A tar file as a dictionary of nodes by path ("usr/bin/sh"; the root is ".")."""

    def __init__(self, path):
        self.nodes = {}
        hard_links = {}
        with tarfile.open(path) as tar:
            for member in tar:
                name = self.normal(member.name)
                if member.islnk():
                    hard_links[name] = self.normal(member.linkname)
                    continue
                node = Node(TYPES[member.type], member.mode & 0o7777, member.uid, member.gid)
                node.xattrs = {
                    key.removeprefix("SCHILY.xattr."): value
                    for key, value in member.pax_headers.items()
                    if key.startswith("SCHILY.xattr.")
                }
                if member.issym():
                    node.target = member.linkname
                    node.mode = 0o777
                elif member.isfile():
                    node.content = self.timeless(name, tar.extractfile(member).read())
                    node.digest = hashlib.sha256(node.content).hexdigest()
                    if len(node.content) > 1 << 20:
                        node.content = b""
                elif member.ischr() or member.isblk():
                    node.device = (member.devmajor, member.devminor)
                self.nodes[name] = node
        # An archive may leave its root out; whoever unpacks it makes one with these.
        self.nodes.setdefault(".", Node("directory", 0o755, 0, 0))
        self.join_hard_links(hard_links)
        self.users = self.accounts("etc/passwd")
        self.groups = self.accounts("etc/group")

    @staticmethod
    def normal(name):
        name = re.sub(r"^(\./)+", "", name).strip("/")
        return name or "."

    @staticmethod
    def timeless(name, content):
        return re.sub(rb"(?m)^([^:]*:[^:]*):\d+:", rb"\1:DAY:", content) if name == "etc/shadow" else content

    def join_hard_links(self, hard_links):
        groups = {}
        for name, target in hard_links.items():
            while target in hard_links:
                target = hard_links[target]
            groups.setdefault(target, {target}).add(name)
        for target, names in groups.items():
            for name in names:
                self.nodes[name] = dataclasses.replace(self.nodes[target], links=frozenset(names))

    def accounts(self, path):
        names = {}
        node = self.nodes.get(path)
        for line in node.content.decode().splitlines() if node else []:
            fields = line.split(":")
            names.setdefault(int(fields[2]), fields[0])
        return names

    def owner(self, node):
        return f"{self.users.get(node.uid, node.uid)}:{self.groups.get(node.gid, node.gid)}"


def differences(ours, theirs):
    """Yields (path, kind, text)."""
    for path in sorted(ours.nodes.keys() | theirs.nodes.keys()):
        a, b = ours.nodes.get(path), theirs.nodes.get(path)
        if b is None:
            yield path, "extra", f"only in ours ({a.type})"
            continue
        if a is None:
            yield path, "missing", f"only in theirs ({b.type})"
            continue
        if a.type != b.type:
            yield path, "type", f"{a.type}, theirs {b.type}"
            continue
        if a.mode != b.mode:
            yield path, "mode", f"{a.mode:04o}, theirs {b.mode:04o}"
        if ours.owner(a) != theirs.owner(b):
            yield path, "owner", f"{ours.owner(a)}, theirs {theirs.owner(b)}"
        if a.target != b.target:
            yield path, "target", f"-> {a.target}, theirs -> {b.target}"
        if a.device != b.device:
            yield path, "device", f"{a.device}, theirs {b.device}"
        if a.xattrs != b.xattrs:
            yield path, "xattrs", f"{a.xattrs}, theirs {b.xattrs}"
        if a.digest != b.digest:
            yield path, "content", first_difference(a.content, b.content)
        if a.links != b.links:
            yield path, "links", f"{sorted(a.links)}, theirs {sorted(b.links)}"


def first_difference(a, b):
    left, right = a.splitlines(), b.splitlines()
    if sorted(left) == sorted(right):
        return "the same lines in another order"
    for number, (x, y) in enumerate(zip(left, right), 1):
        if x != y:
            return f"line {number}: {x[:120]!r}, theirs {y[:120]!r}"
    return f"{len(left)} lines, theirs {len(right)}"


class Allowed:
    """The short file of allowed differences. A line is: SET PATH KIND, all globs, and the lines of its reason above it as comments."""

    def __init__(self, path):
        self.rules = []
        self.used = set()
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                words = line.split()
                if words and not words[0].startswith("#"):
                    self.rules.append((number, *words))

    def covers(self, name, path, kind):
        for number, set_glob, path_glob, kind_glob in self.rules:
            if fnmatch.fnmatchcase(name, set_glob) and fnmatch.fnmatchcase(path, path_glob) and fnmatch.fnmatchcase(kind, kind_glob):
                self.used.add(number)
                return True
        return False
