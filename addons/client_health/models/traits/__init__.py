from . import client_health_trait
from . import client_health_trait_scope
from . import client_health_trait_rules
from . import client_health_trait_wording
from . import client_health_trait_explain
from . import client_health
