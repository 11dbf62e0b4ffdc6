"""An account without rights but with sub-ids, for tests that root runs a second time as somebody else."""
import pwd
import subprocess

NAME = "bootstrap-tester"


def ordinary_user():
    """Its passwd entry; made when there is none."""
    try:
        return pwd.getpwnam(NAME)
    except KeyError:
        subprocess.run(["useradd", "--create-home", "--shell", "/bin/sh", NAME], check=True)
        return pwd.getpwnam(NAME)


def as_user(user):
    """What to put in front of a command so that it runs as the user."""
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--init-groups", "env", f"HOME={user.pw_dir}"]
