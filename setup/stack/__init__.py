"""What makes a running Odoo out of a fresh machine.

Only the standard library is used: this code runs before anything is installed.
The order of the data: `system` packages, `tree` (Odoo's sources), `venv` (Python),
`cluster` (PostgreSQL), `database` (templates and copies), `server`.
"""
