"""The oracle on other books than that of every day.

`setup/test tests/test_oracle_seeds.py`, or one book of your choice:
`CLIENT_HEALTH_BOOK=7 setup/test addons/client_health/tests/test_facts_oracle.py`.
"""

import os
import subprocess

import pytest
from stack import testing

ORACLE = "addons/client_health/tests/test_facts_oracle.py"
SEEDS = (1, 2, 4)  # the third book shows no rush and says less


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_every_fact_of_another_book_is_what_slow_python_says(seed):
    run = testing.get_inside(os.environ["ODOO_TEST_DATABASE"], [ORACLE, "-q"])
    run["env"]["CLIENT_HEALTH_BOOK"] = str(seed)
    done = subprocess.run(**run, check=False, capture_output=True, text=True)
    assert not done.returncode, done.stdout[-5000:]
