from . import client_health_flag
from . import client_health_incident
from . import client_health_promise
