from . import test_after_call
from . import test_call
from . import test_call_pages
from . import test_call_race
from . import test_free_times
from . import test_slots
