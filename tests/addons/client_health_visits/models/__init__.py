from . import client_visit
from . import client_health
