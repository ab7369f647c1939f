"""The facts: which there are, what they come from, and how they are rounded."""

PAYMENT_FACTS = (
    "instalment_due_count",
    "late_count",
    "late_share",
    "days_late_avg",
    "overdue_amount",
    "overdue_days_max",
    "overdue_month_count",
    "written_off_amount",
)
SALE_FACTS = (
    "invoice_count",
    "revenue_amount",
    "sale_invoice_count",
    "list_amount",
    "discount_amount",
    "discount_share",
    "discounted_invoice_count",
    "credit_note_share",
    "months_since_last_invoice",
)
TICKET_FACTS = (
    "ticket_count",
    "message_count",
    "messages_per_ticket",
    "reopen_count",
    "after_hours_share",
    "rush_count",
    "rating_count",
    "rating_avg",
    "rating_low_share",
)
PROMISE_FACTS = ("promise_count", "promise_broken_count", "promise_kept_share")
INCIDENT_FACTS = (
    "integrity_incident_count",
    "demand_incident_count",
    "freebie_incident_count",
    "conduct_incident_count",
    "conduct_reporter_count",
    "conduct_day_count",
    "conduct_severe_count",
)
RELATIVE_FACTS = ("workload_ratio",)
"""Facts that compare a client with the others, computed from the facts above."""

FACTS = (
    *PAYMENT_FACTS,
    *SALE_FACTS,
    *TICKET_FACTS,
    *PROMISE_FACTS,
    *INCIDENT_FACTS,
    *RELATIVE_FACTS,
)
DIGITS = 6
"""Shares, averages and ratios are rounded to this many digits: thresholds are
coarser by far, and the same evidence then always gives the same number."""
