from . import client_health
from . import res_partner
