from . import client_health_demo
