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
