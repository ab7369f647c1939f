from . import client_health
