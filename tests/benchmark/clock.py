"""Processor time of a database session and of this process together.

Other work on the machine disturbs it less than time on the wall.
"""

import psutil


class Clock:
    """Measures what actions cost in one Odoo environment."""

    def __init__(self, env):
        self.env = env
        env.cr.execute("SELECT pg_backend_pid()")
        self.processes = [psutil.Process(env.cr.fetchone()[0]), psutil.Process()]

    def get_seconds(self):
        times = [process.cpu_times() for process in self.processes]
        return sum(spent.user + spent.system for spent in times)

    def time(self, action, runs=1):
        """Return the processor seconds of ``action(run)``, the mean of some runs."""
        self.env.flush_all()
        before = self.get_seconds()
        for run in range(runs):
            action(run)
        return (self.get_seconds() - before) / runs

    def count(self, action):
        """Return how many queries an action takes."""
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        action()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before
