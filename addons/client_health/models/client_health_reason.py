"""Why a flag is there, in one sentence: the facts that decided, in natural words.

Plain functions on the facts of one client, so that a list of eighty is worded without a
query. What nobody has words for here, a user's own trait or another addon's fact, is
said as *label: value*.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import SimpleNamespace

from odoo.tools import SQL, format_date, formatLang

from .rule_words import RuleWords

SMALL_AMOUNT = 10
"""Below it cents are said."""
ALL = 0.995
"""From this share on nothing is said of the rest."""


@dataclass(frozen=True)
class Told:
    """The facts of a client as one reader may be told them.

    :param env: the reader's, for language and labels
    :param words: of values, in the reader's language
    :param facts: what was counted, by name of the fact; what is missing is 0
    :param deciding: names of the facts that decided, in the order of the rule
    :param months: length of the period that is looked at
    :param currency: of the amounts: a record, or what has its symbol and position
    :param has_amounts: whether the reader may see amounts
    """

    env: object
    words: RuleWords
    facts: Mapping[str, float]
    deciding: tuple[str, ...]
    months: int
    currency: object
    has_amounts: bool

    def __getitem__(self, name: str) -> float:
        return self.facts.get(name) or 0

    def text(self, name: str) -> str:
        """Return a fact with its unit, rounded for people."""
        health = self.env["client.health"]
        return self.words.word_fact(health, health._fields[name], self[name])

    def amount(self, name: str) -> str:
        """Return an amount as it is said; nothing where the reader may not see it."""
        value = self[name]
        if not self.has_amounts or not value:
            return ""
        unit = "decimals" if abs(value) < SMALL_AMOUNT else "units"
        return formatLang(
            self.env, value, currency_obj=self.currency, rounding_unit=unit
        )


# what a sentence is made of, read with the flags or the contacts it is about


FLAG_TOLD = SQL(
    """jsonb_build_object(
        'trait_id', flag.trait_id, 'level', flag.level, 'evidence', flag.evidence,
        'typed', CASE WHEN flag.manual_level != 'none' THEN COALESCE(
            (SELECT string_agg(raised.reason, '; ' ORDER BY raised.id)
               FROM client_health_flag_history AS raised
              WHERE raised.flag_id = flag.id AND raised.event = 'manual'
                AND raised.id > COALESCE(
                    (SELECT max(over.id) FROM client_health_flag_history AS over
                      WHERE over.flag_id = flag.id
                        AND over.event = 'dismissed'), 0)),
            flag.decision_reason) END)"""
)
"""The JSON of what a sentence needs of ``client_health_flag AS flag``.

It holds amounts: nobody is shown it but through ``word_flag``."""

CLIENT_TOLD = SQL(
    """(SELECT jsonb_build_object(
            'facts', to_jsonb(health),
            'months', company.client_health_window_months,
            'currency', jsonb_build_object(
                'symbol', currency.symbol, 'position', currency.position,
                'decimal_places', currency.decimal_places))
          FROM res_company AS company
          JOIN res_currency AS currency ON currency.id = company.currency_id
         WHERE company.id = health.company_id)"""
)
"""The JSON of what a sentence needs of ``client_health AS health``."""


def find_deciding(env, flag: Mapping, client: Mapping) -> tuple[list, Mapping, bool]:
    """Return the conditions that decided, the facts, and whether that is so today.

    A level falls only some time after the facts stopped matching: until then the
    facts of the day on which it came about are what tells why.

    :param flag: see ``FLAG_TOLD``
    :param client: see ``CLIENT_TOLD``
    """
    Trait, facts = env["client.health.trait"], client["facts"]
    # sudo: a rule may speak of what the reader does not see of the client
    health = env["client.health"].sudo().browse(facts["id"])
    sources = Trait._get_sources_by_id().get(flag["trait_id"], {})
    now = sources and Trait._find_deciding(flag["level"], facts, health, sources)
    evidence = flag["evidence"]
    if now or flag["typed"] or not evidence:
        return now or [], facts, True
    then = evidence["facts"]
    return Trait._find_deciding(flag["level"], then, health, evidence), then, False


def word_flag(
    env,
    flag: Mapping,
    client: Mapping,
    has_amounts: bool,
    known_until: date | None = None,
) -> str:
    """Return why a flag is there, in the language of ``env``.

    :param flag: see ``FLAG_TOLD``
    :param client: see ``CLIENT_TOLD``
    :param has_amounts: whether the reader may see amounts
    :param known_until: how far the bank is known, to be said where payments decided
    """
    if flag["level"] == "none":
        return ""
    conditions, facts, is_so = find_deciding(env, flag, client)
    words = RuleWords(env)
    deciding = dict.fromkeys(
        condition.field_expr
        for condition in conditions
        if condition.field_expr in words.facts
    )
    told = Told(
        env,
        words,
        facts,
        tuple(deciding),
        client["months"],
        SimpleNamespace(**client["currency"]),
        has_amounts,
    )
    reason = word_reason(told)
    if reason and not is_so:
        reason = env._("Until recently: %(reason)s", reason=_lower(reason))
    reason = reason or flag["typed"] or ""
    sources = {words.facts[name].source for name in deciding}
    if reason and known_until and "payment" in sources:
        return env._(
            "%(reason)s – bank known until %(day)s",
            reason=reason,
            day=format_date(env, known_until),
        )
    return reason


def list_deciding(env, flag: Mapping, client: Mapping, has_amounts: bool) -> list[dict]:
    """Return the facts that decided, each beside its threshold, as bars are drawn.

    :return: dicts of ``name``, ``label``, ``value`` and ``threshold`` in words, and
        ``fill`` and ``mark``: how far both reach, in percent of the longer
    """
    conditions, facts, _is_so = find_deciding(env, flag, client)
    words, shown = RuleWords(env), {}
    for condition in conditions:
        if condition.field_expr in words.facts:
            shown.setdefault(condition.field_expr, condition)
    return [
        _prepare_bar(words, condition, facts, has_amounts)
        for condition in shown.values()
    ]


def _prepare_bar(words: RuleWords, condition, facts: Mapping, has_amounts: bool):
    name = condition.field_expr
    health = words.env["client.health"].browse(facts.get("id") or [])
    field, value = health._fields[name], facts.get(name) or 0
    worded = words.word_condition(health, condition)
    bar = {
        "name": name,
        "label": worded["label"],
        "threshold": f"{worded['operator']} {worded['threshold']}",
        "value": "",
    }
    if field.type == "monetary" and not has_amounts:
        return bar
    threshold = condition.value
    bar["value"] = words.word_fact(health, field, value, threshold)
    if isinstance(threshold, (int, float)) and (longest := max(value, threshold, 0)):
        bar["fill"] = round(100 * max(value, 0) / longest)
        bar["mark"] = round(100 * max(threshold, 0) / longest)
    return bar


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


# the words


def word_reason(told: Told) -> str:
    """Return the sentence; empty where nothing decided.

    Parts of one period name it once, after the last; what is so today names none.
    """
    left = dict.fromkeys(told.deciding)
    parts = []
    for factor, names, also, word in PHRASES:
        if not names.isdisjoint(left) and (text := word(told)):
            parts.append((factor, text))
            left = {name: None for name in left if name not in names | also}
    if left:
        parts.append((1, _word_others(told, left)))
    return _join(told, parts)


def _join(told: Told, parts: list[tuple[int, str]]) -> str:
    if not parts:
        return ""
    following = [factor for factor, _text in parts[1:]] + [0]
    sentence = "; ".join(
        text if factor == after else _name_period(told, factor, text)
        for (factor, text), after in zip(parts, following, strict=True)
    )
    return sentence[:1].upper() + sentence[1:]


def _name_period(told: Told, factor: int, text: str) -> str:
    if not factor:
        return text
    return told.env._(
        "%(what)s (past %(months)s months)", what=text, months=told.months * factor
    )


def _word_others(told: Told, names: Iterable[str]) -> str:
    """Return facts that have no words of their own."""
    field = told.env["client.health"]._fields
    return "; ".join(
        f"{field[name]._description_string(told.env)}: {_word_other(told, name)}"
        for name in names
    )


def _word_other(told: Told, name: str) -> str:
    if told.env["client.health"]._fields[name].type == "monetary":
        return told.amount(name) or told.env._("not shown to you")
    return told.text(name)


# payments


def _word_payment(told: Told) -> str:
    """What is open belongs to every sentence about paying late."""
    return "; ".join(filter(None, (_word_late(told), _word_overdue(told))))


def _word_late(told: Told) -> str:
    late, due = told["late_count"], told["instalment_due_count"]
    if not late or due < late:
        return ""
    text = _word_how_often(told, late, due)
    if "late_amount_share" in told.deciding and told["late_amount_share"] < ALL:
        share = told.text("late_amount_share")
        text = told.env._("%(what)s, %(share)s of the amount", what=text, share=share)
    if round(told["days_late_avg"]):
        days = told.text("days_late_avg")
        text = told.env._("%(what)s, %(days)s on average", what=text, days=days)
    return text


def _word_how_often(told: Told, late: int, due: int) -> str:
    """Return how often it was late: while something is open, not all of it was paid.

    What was due may be parts of an invoice, invoices of long before or no invoice at
    all: invoices are named where there are as many.
    """
    numbers = {"late": late, "due": due}
    invoices = told.facts.get("invoice_count", due)  # a flag keeps its rule's facts
    if due == 1:
        return told.env._("was late with the only amount that was due")
    if due > invoices:
        return told.env._("was late %(late)s of %(due)s times", **numbers)
    if told["overdue_days_max"]:
        return told.env._("was late with %(late)s of %(due)s invoices", **numbers)
    return told.env._("paid %(late)s of %(due)s invoices late", **numbers)


def _word_written_off(told: Told) -> str:
    amount, share = told.amount("written_off_amount"), told["written_off_share"]
    if amount and share:
        share = told.text("written_off_share")
        return told.env._(
            "%(amount)s was written off, %(share)s of what was due",
            amount=amount,
            share=share,
        )
    if amount:
        return told.env._("%(amount)s was written off", amount=amount)
    if share:
        share = told.text("written_off_share")
        return told.env._("%(share)s of what was due was written off", share=share)
    return told.env._("an amount was written off")


def _word_month_ends(told: Told) -> str:
    return told.env._(
        "something was overdue at %(count)s of the last 12 month ends",
        count=told["overdue_month_count"],
    )


def _word_overdue(told: Told) -> str:
    if not told["overdue_days_max"]:
        return ""
    days, amount = told.text("overdue_days_max"), told.amount("overdue_amount")
    if amount:
        return told.env._(
            "%(amount)s is open, the oldest %(days)s", amount=amount, days=days
        )
    return told.env._("the oldest open invoice is %(days)s overdue", days=days)


# promises and what colleagues noted


def _word_promises(told: Told) -> str:
    count, broken = told["promise_count"], told["promise_broken_count"]
    if count == 1 and not broken:
        return told.env._("did not keep the one promise in full")
    if not broken:
        share = told.text("promise_kept_share")
        return told.env._(
            "kept %(share)s of %(count)s promises in full", share=share, count=count
        )
    if count <= 1:
        return told.env._("did not keep the one promise that was noted")
    return told.env._(
        "did not keep %(broken)s of %(count)s promises", broken=broken, count=count
    )


def _word_integrity(told: Told) -> str:
    count = told["integrity_incident_count"]
    if count == 1:
        return told.env._("a colleague noted that an agreement was not kept")
    return told.env._(
        "colleagues noted %(count)s times that an agreement was not kept", count=count
    )


def _word_conduct(told: Told) -> str:
    count, severe = told["conduct_incident_count"], told["conduct_severe_count"]
    if count <= 1 and severe:
        return told.env._("a severe incident was noted")
    if count <= 1:
        return told.env._("an incident was noted")
    text = told.env._(
        "%(count)s incidents were noted, by %(people)s on %(days)s",
        count=count,
        people=_word_colleagues(told, told["conduct_reporter_count"]),
        days=_word_days(told, told["conduct_day_count"]),
    )
    if severe:
        text = told.env._("%(what)s, %(count)s of them severe", what=text, count=severe)
    return text


def _word_colleagues(told: Told, count: int) -> str:
    if count == 1:
        return told.env._("1 colleague")
    return told.env._("%(count)s colleagues", count=count)


def _word_days(told: Told, count: int) -> str:
    if count == 1:
        return told.env._("1 day")
    return told.env._("%(number)s days", number=count)


# time


def _word_workload(told: Told) -> str:
    return told.env._(
        "%(volume)s, for this revenue %(ratio)s times as much as the client in the "
        "middle",
        volume=_word_volume(told),
        ratio=told.words.word_number(round(told["workload_ratio"], 1)),
    )


def _word_volume(told: Told) -> str:
    tickets, messages = told["ticket_count"], told["message_count"]
    if tickets == 1:
        tickets = told.env._("1 ticket")
    else:
        tickets = told.env._("%(count)s tickets", count=tickets)
    if messages == 1:
        messages = told.env._("1 message")
    else:
        messages = told.env._("%(count)s messages", count=messages)
    return told.env._(
        "%(tickets)s and %(messages)s", tickets=tickets, messages=messages
    )


def _word_after_hours(told: Told) -> str:
    if told["message_count"] == 1:
        return told.env._("the only message came outside working hours")
    return told.env._(
        "%(share)s of %(count)s messages came outside working hours",
        share=told.text("after_hours_share"),
        count=told["message_count"],
    )


def _word_rushes(told: Told) -> str:
    count = told["rush_count"]
    if count == 1:
        return told.env._(
            "once, after two weeks of silence, three or more messages in two days"
        )
    return told.env._(
        "%(count)s times, after two weeks of silence, three or more messages in two "
        "days",
        count=count,
    )


def _word_demand(told: Told) -> str:
    count = told["demand_incident_count"]
    if count == 1:
        return told.env._("a colleague noted that too much of our time was asked")
    return told.env._(
        "colleagues noted %(count)s times that too much of our time was asked",
        count=count,
    )


# prices


def _word_discount(told: Told) -> str:
    invoices, share = told["sale_invoice_count"], told.text("discount_share")
    if invoices == 1:
        text = told.env._(
            "discount on the only invoice, %(share)s of the list price", share=share
        )
    else:
        text = told.env._(
            "discount on %(count)s of %(invoices)s invoices, %(share)s of the list "
            "price",
            count=told["discounted_invoice_count"],
            invoices=invoices,
            share=share,
        )
    if amount := told.amount("discount_amount"):
        text = told.env._("%(what)s, %(amount)s", what=text, amount=amount)
    if "months_since_last_invoice" in told.deciding:
        months = told.text("months_since_last_invoice")
        text = told.env._(
            "%(what)s, and nothing bought for %(months)s", what=text, months=months
        )
    return text


def _word_freebies(told: Told) -> str:
    count = told["freebie_incident_count"]
    if count == 1:
        return told.env._("a colleague noted that work was asked for free")
    return told.env._(
        "colleagues noted %(count)s times that work was asked for free", count=count
    )


PHRASES = (
    (
        1,
        {"late_count", "late_share", "late_amount_share", "days_late_avg"}
        | {"instalment_due_count", "overdue_amount", "overdue_days_max"},
        set(),
        _word_payment,
    ),
    (0, {"overdue_month_count"}, set(), _word_month_ends),
    (1, {"written_off_amount", "written_off_share"}, set(), _word_written_off),
    (
        1,
        {"promise_broken_count", "promise_count", "promise_kept_share"},
        set(),
        _word_promises,
    ),
    (1, {"integrity_incident_count"}, set(), _word_integrity),
    (1, {"workload_ratio"}, {"ticket_count", "message_count"}, _word_workload),
    (1, {"after_hours_share"}, {"message_count"}, _word_after_hours),
    (1, {"rush_count"}, set(), _word_rushes),
    (1, {"demand_incident_count"}, set(), _word_demand),
    (
        1,
        {"conduct_incident_count", "conduct_reporter_count"}
        | {"conduct_day_count", "conduct_severe_count"},
        set(),
        _word_conduct,
    ),
    (
        2,
        {"discount_share", "discount_amount", "discounted_invoice_count"},
        {"sale_invoice_count", "months_since_last_invoice"},
        _word_discount,
    ),
    (1, {"freebie_incident_count"}, set(), _word_freebies),
)
"""How facts are said: how many times the period it looks back (0: it is so today), the
facts that call for it, those that are said along, and its words (empty: it has none for
these numbers)."""
