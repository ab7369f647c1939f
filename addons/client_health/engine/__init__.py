"""The engine: plain Python that needs no record, readable and testable alone.

``period`` says which days count, ``fact`` what a number about a client is,
``statement`` how facts are computed and written where they differ.
"""
