from . import client_health_demo
from . import client_health_demo_invoices
from . import client_health_demo_tickets
from . import client_health_demo_staff
from . import client_health_demo_past
