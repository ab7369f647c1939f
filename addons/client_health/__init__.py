# The way of the data: docs/architecture.md says what each folder may know.
from . import protected
from . import demo
from . import models
from . import sources
from . import wizards

from .hooks import uninstall_hook
