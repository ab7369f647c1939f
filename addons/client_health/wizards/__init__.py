from . import base_partner_merge
from . import privacy_lookup_wizard
from . import client_health_flag_decide
from . import client_health_flag_raise
from . import client_health_settings
from . import client_health_guide
from . import client_farewell_send
from . import client_health_what_if
