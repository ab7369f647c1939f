from . import client_health_stale
from . import client_health
from . import client_health_sources
from . import client_health_statement
from . import client_health_refresh
