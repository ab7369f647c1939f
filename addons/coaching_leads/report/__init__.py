from . import coaching_report
