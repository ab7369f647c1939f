from . import base_partner_merge
from . import client_health
from . import privacy_lookup_wizard
from . import res_partner
from . import res_partner_search
from . import res_partner_lifecycle
