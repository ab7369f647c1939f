from . import coaching_track
from . import crm_lead
