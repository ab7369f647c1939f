from . import client_health_protected
from . import ir_attachment

# The way of the data, top to bottom: each folder reads only the ones above it.
from . import evidence
from . import facts
from . import traits
from . import flags
from . import partner
from . import farewell
from . import screens
