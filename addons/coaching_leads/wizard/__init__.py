from . import coaching_call_plan
from . import coaching_call_slot
from . import coaching_outcome
from . import privacy_lookup_wizard
