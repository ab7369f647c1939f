"""Where things are. Everything that is made lives in `STATE`, which git ignores."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SETUP = ROOT / "setup"
ADDONS = ROOT / "addons"
STATE = ROOT / ".stack"
OUR_ADDONS = ("client_health", "coaching_leads")


def odoo_home():
    """Return the folder of an Odoo 19 checkout to use instead of Debian's, or None."""
    home = os.environ.get("ODOO_HOME")
    return Path(home).resolve() if home else None


def sources(tests=True):
    """Return the files that an installation of our addons depends on.

    :param bool tests: whether the addons' tests are among them
    """
    found = (file for addon in OUR_ADDONS for file in (ADDONS / addon).rglob("*"))
    return sorted(
        file
        for file in found
        if file.is_file()
        and file.suffix != ".pyc"
        and (tests or "tests" not in file.parts)
    )
