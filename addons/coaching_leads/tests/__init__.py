from . import test_call
from . import test_free_times
from . import test_slots
