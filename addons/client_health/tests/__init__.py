from . import test_flag_levels
from . import test_partner_fields
from . import test_shipped_rules
from . import test_payment_facts
from . import test_farewell_letter
