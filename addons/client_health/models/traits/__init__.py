from . import client_health_trait
from . import client_health_trait_rules
