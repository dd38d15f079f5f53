"""What every child may touch besides its own temporary directory and the folders of the workers: the one list of it.

Granted one by one, so that what is not here (the project's root with its ``.env``, the data directory, HOME, /tmp, the
rest of /etc) is out of reach. Ordinary Python breaks without each of these; ``tests/python/sandbox`` holds the proof.
"""

import os
import sys
import sysconfig
from collections.abc import Callable, Iterable, Sequence

from heady.runtime.landlock import DEVICE, READ, WRITE, Rule

Source = str | Callable[[], Iterable[str]]


def common(*private: str) -> list[Rule]:
    """The rules of every child, for a :class:`~heady.runtime.landlock.Ruleset`.

    Args:
        private: folders that no grant may hold, such as the project's root and the data directory. A source that names
            one of them or a folder above it is left out (``sys.path`` with the project's root on it); one beneath them
            stays (``.venv``).
    """
    kept = [os.path.realpath(path) for path in (*_PRIVATE, os.path.expanduser("~"), *private)]
    rights: dict[str, int] = {}
    for source, right, _ in GRANTS:
        for path in (source,) if isinstance(source, str) else source():
            if os.path.isabs(path) and not _holds(os.path.realpath(path), kept):
                rights[path] = rights.get(path, 0) | right
    return [Rule(path, right) for path, right in rights.items()]


def own(directory: str, *, reads: Sequence[str] = (), shm: bool = False) -> list[Rule]:
    """What a function has to itself: its temporary directory, and what it declared.

    Args:
        directory: its temporary directory.
        reads: folders and files that it may read.
        shm: shared memory, which semaphores and pools of ``multiprocessing`` need; one folder for all that have it.
    """
    rules = [Rule(directory, WRITE), *(Rule(path, READ) for path in reads)]
    return [*rules, Rule("/dev/shm", WRITE)] if shm else rules


def _import_path() -> list[str]:
    return [os.path.abspath(entry) for entry in sys.path if entry]


def _interpreter() -> list[str]:
    return [os.path.dirname(os.path.realpath(sys.executable)), os.path.dirname(sys.executable)]


def _standard_library() -> list[str]:
    return [sysconfig.get_path(name) for name in ("stdlib", "platstdlib")]


def _resolver_target() -> list[str]:
    return [os.path.dirname(os.path.realpath("/etc/resolv.conf"))]  # its folder, as the file is replaced by renaming


def _listed(*variables: str) -> Callable[[], list[str]]:
    return lambda: [path for name in variables for path in os.environ.get(name, "").split(os.pathsep)]


#: Nothing that holds one of these is ever granted.
_PRIVATE = ("/", "/etc", "/tmp", "/var", "/run", "/home", "/root")

#: Where from, which rights, why. A path that does not exist is skipped; of a symbolic link, what it leads to is meant.
GRANTS: tuple[tuple[Source, int, str], ...] = (
    (lambda: (sys.prefix, sys.base_prefix), READ, "the virtual environment and the installation it was made from"),
    (_interpreter, READ, "the interpreter, for subprocess and multiprocessing's spawn"),
    (_standard_library, READ, "modules that are imported in the call"),
    (_import_path, READ, "packages, PYTHONPATH and editable installs included"),
    ("/lib", READ, "shared libraries and their loader"),
    ("/lib32", READ, "the same"),
    ("/lib64", READ, "the same"),
    ("/usr/lib", READ, "the same"),
    ("/usr/lib32", READ, "the same"),
    ("/usr/lib64", READ, "the same"),
    ("/usr/libexec", READ, "programs that other programs start"),
    ("/usr/local/lib", READ, "shared libraries"),
    ("/usr/local/lib64", READ, "the same"),
    ("/nix/store", READ, "all of these on NixOS"),
    (_listed("LD_LIBRARY_PATH"), READ, "shared libraries"),
    ("/etc/ld.so.cache", READ, "where shared libraries are: loader and ctypes.util.find_library"),
    ("/usr/share", READ, "time zones, fonts, certificates, locales"),
    ("/usr/local/share", READ, "the same"),
    ("/bin", READ, "programs, for subprocess"),
    ("/sbin", READ, "the same: ctypes.util.find_library runs ldconfig"),
    ("/usr/bin", READ, "the same"),
    ("/usr/sbin", READ, "the same"),
    ("/usr/local/bin", READ, "the same"),
    ("/etc/alternatives", READ, "the same: links from /usr/bin that scripts read"),
    ("/dev/null", DEVICE, "subprocess.DEVNULL"),
    ("/dev/zero", DEVICE, "programs that read it"),
    ("/dev/full", DEVICE, "the same"),
    ("/dev/random", DEVICE, "random numbers of libraries that do not call getrandom"),
    ("/dev/urandom", DEVICE, "the same"),
    ("/etc/resolv.conf", READ, "host-name lookup"),
    (_resolver_target, READ, "the same: what a link at /etc/resolv.conf leads to"),
    ("/run/systemd/resolve", READ, "the same"),
    ("/etc/hosts", READ, "the same"),
    ("/etc/host.conf", READ, "the same"),
    ("/etc/nsswitch.conf", READ, "the same"),
    ("/etc/gai.conf", READ, "the same"),
    ("/etc/hostname", READ, "the same"),
    ("/etc/services", READ, "socket.getservbyname"),
    ("/etc/protocols", READ, "socket.getprotobyname"),
    ("/etc/ssl/certs", READ, "TLS: certificates; not /etc/ssl/private beside them"),
    ("/etc/ssl/cert.pem", READ, "the same on Alpine"),
    ("/etc/ssl/openssl.cnf", READ, "which `import ssl` reads"),
    ("/etc/pki/tls/certs", READ, "the same on Red Hat"),
    ("/etc/pki/tls/openssl.cnf", READ, "the same on Red Hat"),
    ("/etc/pki/ca-trust", READ, "the same on Red Hat"),
    ("/etc/crypto-policies", READ, "the same"),
    ("/etc/ca-certificates", READ, "the same on Arch"),
    ("/var/lib/ca-certificates", READ, "the same on SUSE"),
    (_listed("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"), READ, "the same where named"),
    ("/etc/localtime", READ, "the local time zone"),
    ("/etc/timezone", READ, "the same"),
    ("/etc/mime.types", READ, "mimetypes"),
    ("/etc/os-release", READ, "platform.freedesktop_os_release"),
    ("/etc/passwd", READ, "the name and home of a user: getpass, pathlib's expanduser, git"),
    ("/etc/group", READ, "the same of groups"),
    ("/etc/fonts", READ, "fontconfig"),
    ("/var/cache/fontconfig", READ, "the same"),
    ("/etc/locale.alias", READ, "setlocale"),
    ("/proc", READ, "oneself, processors, memory; others' environment, memory and descriptors are denied all the same"),
    ("/sys/devices/system/cpu", READ, "how many processors: glibc, OpenBLAS, joblib"),
    ("/sys/fs/cgroup", READ, "how much of them this service may use"),
)


def _holds(path: str, kept: Sequence[str]) -> bool:
    return any(inner == path or inner.startswith(f"{path.rstrip('/')}/") for inner in kept)
