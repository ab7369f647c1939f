from . import client_health_trait
