from . import test_flag_levels
from . import test_shipped_rules
