"""Small packages which do to a tree what packages do: scripts, triggers, conffiles, diversions, alternatives, users. What a package ships and does
depends on its version, so that a trace of another version shows.
"""


def made_packages(version):
    """name -> what kit.Archive.add() takes beside name and version."""
    return {
        "made-text": {"files": {"/usr/share/made/text": f"text {version}\n", "/usr/share/made/common": "the same in all versions\n"}},
        "made-more": {"files": {f"/usr/share/made/more-{version}": "named after its version\n"}, "control": {"Depends": "made-text"}},
        "made-index": {
            "control": {"Depends": "made-text"},
            "scripts": {
                "triggers": "interest-noawait /usr/share/made\n",
                "postinst": shell("mkdir -p /var/lib/made-index", "ls /usr/share/made > /var/lib/made-index/list", f"echo {version} >> /var/lib/made-index/list"),
            }
        },
        "made-conf": {
            "files": {"/etc/made.conf": f"version = {version}\n"},
            "scripts": {"conffiles": "/etc/made.conf\n", "postinst": shell("mkdir -p /etc/made.d", "tr a-z A-Z < /etc/made.conf > /etc/made.d/generated.conf")},
        },
        "made-tool": {"files": {"/usr/bin/made-tool": program(f"tool {version}")}},
        "made-wrapper": {
            "files": {"/usr/bin/made-wrapper": program(f"wrapper {version}")},
            "control": {"Depends": "made-tool"},
            "scripts": {
                "preinst": shell("dpkg-divert --package made-wrapper --add --rename --divert /usr/bin/made-tool.real /usr/bin/made-tool"),
                "postinst": shell("ln -s made-wrapper /usr/bin/made-tool"),
            },
        },
        "made-user": {
            "files": {"/usr/lib/made-user/data": f"{version}\n"},
            "scripts": {"postinst": shell("useradd --system --no-create-home made", "chown made:made /usr/lib/made-user/data", "chmod 2750 /usr/lib/made-user")},
        },
        "made-old": alternative("old", 10, version),
        "made-new": alternative("new", 20, version),
        "made-spoiler": {
            "files": {"/usr/share/spoiled/changed": "as shipped\n", "/usr/share/spoiled/removed": "as shipped\n"},
            "scripts": {"postinst": shell(f"echo {version} > /usr/share/spoiled/changed", "rm /usr/share/spoiled/removed")},
        },
        "made-bare": {"scripts": {"preinst": "mkdir -p /var/lib/made-bare\n", "postinst": f"echo {version} > /var/lib/made-bare/version\n"}},
        "made-shell": {"files": {"/usr/bin/made-shell": program(f"shell {version}")}, "scripts": {"postinst": shell("add-shell /usr/bin/made-shell")}},
        # What a state leaves out, and what is in it without being a file of its own.
        "made-socket": {
            "scripts": {
                "postinst": shell(
                    "mkdir -p /var/lib/made-socket /run/made",
                    *(f"perl -MIO::Socket -e 'IO::Socket::UNIX->new(Local => \"{folder}/socket\", Listen => 1) or die'" for folder in ("/var/lib/made-socket", "/run/made")),
                    f"mkfifo -m 640 /var/lib/made-socket/fifo-{version}",
                )
            }
        },
        "made-linker": {
            "files": {"/usr/share/made-linker/file": f"linked {version}\n"},
            "control": {"Depends": "made-text"},
            "scripts": {
                "postinst": shell(
                    "mkdir -p /var/lib/made-linker",
                    "ln -f /usr/share/made-linker/file /usr/share/made/text /etc/debian_version /var/lib/made-linker",
                    "ln -f /var/lib/made-linker/file /var/lib/made-linker/again",
                )
            },
        },
        "made-toucher": {
            "control": {"Depends": "made-text"},
            "scripts": {"postinst": shell("mkdir -p /var/lib/made-toucher/a", "touch -d @1000 /var/lib/made-toucher/a", "touch /usr/share/made /usr/share/made/common")},
        },
        "made-backups": {
            "scripts": {"postinst": shell("mkdir -p /var/backups/a /var/backups/a-b", f"touch /var/backups/a/x /var/backups/a-b/{version} /var/backups/a.c")}
        },
        "made-names": {
            "scripts": {
                "postinst": shell(
                    "mkdir -p /var/lib/made-names && cd /var/lib/made-names",
                    f"""printf {version} > "$(printf '%0150d\\377' 1)" """,
                    f"""printf {version} > "$(printf 'line\\nbreak')" """,
                    "mkdir -p $(printf 'd/%.0s' $(seq 130))",
                )
            }
        },
        # For a file that is there, and for one that may be unpacked later.
        "made-override": {
            "control": {"Depends": "made-tool"},
            "scripts": {"postinst": shell("dpkg-statoverride --update --add root root 0700 /usr/bin/made-tool", "dpkg-statoverride --add root root 4711 /usr/bin/made-shell")},
        },
        # Shows what scripts can see of all these: a mode that several paths share, and how many they are.
        "made-watcher": {
            "control": {"Depends": "made-linker, made-socket, made-toucher"},
            "scripts": {
                "postinst": shell(
                    "mkdir -p /var/lib/watched",
                    "chmod 600 /var/lib/made-linker/text",
                    "find /usr/share/made* /var/lib/made-* /run /etc -printf '%p %y %m %n %l\\n' | sort > /var/lib/watched/seen",
                )
            },
        },
        # Changes what its parent recipe made.
        "made-issue": {"scripts": {"postinst": shell(f"echo made {version} > /etc/issue", "rm -f /etc/issue.net")}},
    }


def shell(*commands):
    return "\n".join(["#!/bin/sh", "set -e", *commands, ""])


def program(text):
    return shell(f"echo {text}"), 0o755


def alternative(name, priority, version):
    path = f"/usr/bin/made-choice-{name}"
    return {
        "files": {path: program(f"{name} {version}")},
        "scripts": {"postinst": shell(f"update-alternatives --install /usr/bin/made-choice made-choice {path} {priority}")},
    }
