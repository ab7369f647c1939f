"""The letter in plain Python: nothing here knows a model or the database.

``text`` says what a text may hold, ``words`` finds what does not belong in it,
``address`` who writes to whom, ``pdf`` finishes the page.
"""
