from . import coaching_track
from . import coaching_post_counter
from . import coaching_quarantine
from . import crm_lead
from . import crm_lead_intake
from . import crm_lead_health
from . import ir_http
from . import website
