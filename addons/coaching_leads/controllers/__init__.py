from . import coaching_form
