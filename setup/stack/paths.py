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


def sources():
    """Return the files that an installation of our addons depends on."""
    found = (file for addon in OUR_ADDONS for file in (ADDONS / addon).rglob("*"))
    unused = {"tests", "__pycache__"}
    return sorted(
        file for file in found if file.is_file() and not unused & {*file.parts}
    )
