from . import access_log
from . import coaching_booking
from . import coaching_form
from . import mail
from . import website_form
