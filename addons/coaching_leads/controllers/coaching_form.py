"""The public page on which prospects ask for a call."""
