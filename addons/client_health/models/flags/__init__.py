from . import client_health
from . import client_health_record_mixin
from . import client_health_flag
from . import client_health_flag_levels
from . import client_health_flag_history
from . import client_health_incident
from . import client_health_promise
from . import client_health_promise_states
