# Where facts come from, a file a source; nothing else knows their tables.
from . import client_health_source
from . import client_health_evidence
from . import client_health_hours
from . import client_health_payment
from . import client_health_discount
from . import client_health_ticket
from . import client_health_effort
from . import client_health_record_mixin
from . import client_health_promise
from . import client_health_incident
