"""Odoo's sources: Debian's package unpacked beside its web libraries, or `ODOO_HOME`.

The archive's address is read from the machine's own apt; a private apt state keeps
the machine's package lists as they are, and the archive's signature is checked.
"""

import hashlib
import subprocess

from . import paths
from .console import Problem, digest, fresh, is_stamped, run, step

PINS = paths.SETUP / "debian.sha256"
TREE = paths.STATE / "odoo"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
PACKAGES_DIR = "usr/lib/python3/dist-packages"
# Debian leaves out the library that blurs the background of video calls.
LEFT_OUT = "selfie_segmentation"
# Debian's package holds every addon twice; these two paths are the half that is used.
ODOO_PARTS = (f"./{PACKAGES_DIR}/odoo", f"./{PACKAGES_DIR}/odoo-19.0.egg-info")


def python_path():
    """Return the folder that `import odoo` must find."""
    return paths.odoo_home() or TREE.resolve() / PACKAGES_DIR


def addon(name):
    """Return the folder of one of Odoo's own addons."""
    home = paths.odoo_home()
    folder = home / "addons" if home else python_path() / "odoo" / "addons"
    return folder / name


def key():
    """Return what identifies the sources in use."""
    home = paths.odoo_home()
    if home:
        return digest(str(home), home / "odoo" / "release.py")
    return digest(PINS, __doc__)


def ensure():
    """Have Odoo's sources on disk.

    :raises Problem: when `ODOO_HOME` is no Odoo 19 or the archive cannot be reached
    """
    home = paths.odoo_home()
    if home:
        if not (home / "odoo" / "release.py").is_file():
            raise Problem(f"ODOO_HOME={home} is not an Odoo checkout.")
        return
    if is_stamped(TREE / "stamp", key()):
        return
    with step("Fetching Odoo 19 from Debian"):
        work = fresh(paths.STATE / "odoo.new")
        for suite, pins in _read_pins().items():
            for archive in _download(suite, pins, fresh(paths.STATE / "apt")):
                _unpack(archive, work)
        _check_links(work)
        _fill_gap(work / PACKAGES_DIR / "odoo/addons/mail/static/lib" / LEFT_OUT)
        (work / "stamp").write_text(key())
        fresh(TREE).rmdir()
        work.rename(TREE)
        fresh(paths.STATE / "apt").rmdir()


def _read_pins():
    """Return `{suite: {package: (version, sha256)}}` from the pin file."""
    pins = {}
    for line in PINS.read_text().splitlines():
        if line and not line.startswith("#"):
            suite, package, version, sha256 = line.split()
            pins.setdefault(suite, {})[package] = (version, sha256)
    return pins


def _archive_address():
    said = run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)"],
        "apt-get does not answer: this needs Debian, or ODOO_HOME=<Odoo 19 checkout>",
    )
    for address in said.split():
        if address.rstrip("/").endswith("/debian"):
            return address
    raise Problem("apt knows no Debian archive; set ODOO_HOME=<Odoo 19 checkout>.")


def _download(suite, pins, work):
    for folder in ("lists/partial", "cache/archives/partial", "debs"):
        (work / folder).mkdir(parents=True)
    sources = work / "sources.list"
    sources.write_text(f"deb [signed-by={KEYRING}] {_archive_address()} {suite} main\n")
    private = [
        f"-oDir::Etc::SourceList={sources}",
        "-oDir::Etc::SourceParts=/dev/null",
        f"-oDir::State::Lists={work / 'lists'}",
        f"-oDir::Cache={work / 'cache'}",
        "-oAPT::Sandbox::User=",
        "-oAcquire::Languages=none",
    ]
    problem = f"cannot download from Debian's {suite}"
    run(["apt-get", *private, "update"], problem)
    run(["apt-get", *private, "download", *pins], problem, cwd=work / "debs")
    return [_checked(archive, pins) for archive in sorted((work / "debs").iterdir())]


def _checked(archive, pins):
    """Return `archive` if it is the pinned file.

    The archive keeps only the newest version. A newer one than pinned is used, with a
    word to the user: apt has checked its signature. The same version with other
    content is refused.
    """
    package, version, _arch = archive.name.split("_")
    pinned_version, sha256 = pins[package]
    version = version.replace("%3a", ":")
    if version != pinned_version:
        print(f"  {package}: Debian has {version}, pinned is {pinned_version}")
    elif hashlib.sha256(archive.read_bytes()).hexdigest() != sha256:
        raise Problem(f"{package} {version} is not the file that was pinned.")
    return archive


def _unpack(archive, work):
    extract = ["tar", "-x", "-C", work]
    if archive.name.startswith("odoo-19_"):
        extract += ODOO_PARTS
    source = ["dpkg-deb", "--fsys-tarfile", archive]
    with subprocess.Popen(source, stdout=subprocess.PIPE) as packed:
        run(extract, f"cannot unpack {archive.name}", stdin=packed.stdout)


def _check_links(work):
    """Odoo's web libraries are links into other packages: each must lead somewhere."""
    for link in work.rglob("*"):
        if link.is_symlink() and not link.exists() and link.name != LEFT_OUT:
            raise Problem(f"a link of Debian's Odoo leads nowhere: {link}")


def _fill_gap(folder):
    """Odoo's bundle names this file: an empty one keeps the browser's console clean."""
    folder.unlink(missing_ok=True)
    folder.mkdir()
    (folder / f"{folder.name}.js").write_text("")
