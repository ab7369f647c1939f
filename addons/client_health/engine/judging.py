"""Judging: from who matches a trait's rules to the level of each flag.

One statement judges every trait, updates and inserts only what differs, and writes
the history of what it did: nothing is read into memory, and a run with nothing to do
locks no row and takes no number from a sequence.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from odoo.tools import SQL

RANK = {"none": 0, "watch": 1, "flag": 2}
"""The levels of a flag, the lowest first."""


def get_higher(*levels: str) -> str:
    """Return the highest of some levels.

    >>> get_higher("watch", "none"), get_higher("watch", "flag")
    ('watch', 'flag')
    """
    return max(levels, key=RANK.__getitem__)


@dataclass(frozen=True)
class Judged:
    """One trait as the statement needs it.

    :param trait_id: its id
    :param matches: the query of who matches: ``health_id``, ``company_id``,
        ``trait_id`` and ``at_flag``; who is not at the flag level is at watch
    :param evidence: the JSON of rules and facts, on the table ``client_health``
    """

    trait_id: int
    matches: SQL
    evidence: SQL


def get_evidence_sql(rules: Mapping[str, str], fact_names: Iterable[str]) -> SQL:
    """Return the JSON of a trait's rules and facts, on the table ``client_health``.

    :param rules: what was typed, by the name of the rule
    :param fact_names: the facts that the rules read
    """
    facts = SQL(", ").join(
        SQL("%s::text, %s", name, SQL.identifier("client_health", name))
        for name in fact_names
    )
    texts = SQL(", ").join(
        SQL("%s::text, %s::text", rule, source) for rule, source in rules.items()
    )
    return SQL("jsonb_build_object(%s, 'facts', jsonb_build_object(%s))", texts, facts)


def choose_evidence_sql(evidence: Mapping[int, SQL], trait_id: SQL) -> SQL:
    """Return the evidence of the trait whose id a column holds.

    :param evidence: the JSON of each trait, by its id
    """
    cases = SQL(" ").join(
        SQL("WHEN %s THEN %s", key, value) for key, value in evidence.items()
    )
    return SQL("CASE %s %s END", trait_id, cases)


def get_judge_sql(
    traits: list[Judged],
    *,
    health_ids: list[int] | None,
    today: SQL,
    now: datetime,
    uid: int,
) -> SQL:
    """Return the statement that brings all flags in line with the facts.

    A level rises at once and falls only after the facts stopped matching for the
    trait's days. Decisions are never touched. The level of an archived client never
    rises.

    :param traits: what to judge by; at least one
    :param health_ids: ids of ``client.health``; all of them when ``None``
    :param today: the date in the company of ``judged`` or ``flag``
    :param now: when, in UTC
    :param uid: the user that what is made belongs to
    """
    return SQL(
        _JUDGE,
        matches=SQL(" UNION ALL ").join(trait.matches for trait in traits),
        asked=SQL("TRUE")
        if health_ids is None
        else SQL("health_id = ANY(%s)", health_ids),
        traits=[trait.trait_id for trait in traits],
        today=today,
        now=SQL("%s::timestamp", now),
        uid=uid,
        evidence=choose_evidence_sql(
            {trait.trait_id: trait.evidence for trait in traits},
            SQL("wanted.trait_id"),
        ),
    )


_JUDGE = """
WITH judged AS (
    SELECT * FROM (%(matches)s) AS matching WHERE %(asked)s
), flag AS (
    SELECT * FROM client_health_flag WHERE %(asked)s
), latched AS (
    SELECT COALESCE(judged.health_id, flag.health_id) AS health_id,
           %(today)s AS today,
           trait.id AS trait_id, trait.clear_after_days AS days,
           flag.id AS flag_id, flag.manual_level,
           judged.health_id IS NOT NULL AS at_watch,
           COALESCE(judged.at_flag, FALSE) AS at_flag,
           COALESCE(flag.level, 'none') AS old_level,
           CASE WHEN judged.at_flag IS NOT TRUE AND flag.level = 'flag'
                THEN COALESCE(flag.flag_unmet_since, %(today)s)
            END AS flag_unmet,
           CASE WHEN judged.health_id IS NULL AND flag.level <> 'none'
                THEN COALESCE(flag.watch_unmet_since, %(today)s)
            END AS watch_unmet
      FROM judged
      FULL JOIN flag
        ON flag.health_id = judged.health_id AND flag.trait_id = judged.trait_id
      JOIN client_health_trait AS trait
        ON trait.id = COALESCE(judged.trait_id, flag.trait_id)
     WHERE trait.id = ANY(%(traits)s)
       AND (judged.health_id IS NOT NULL
            OR flag.level <> 'none' OR flag.manual_level <> 'none')
), levelled AS (
    SELECT latched.*,
           CASE WHEN at_flag OR manual_level = 'flag'
                  OR flag_unmet + days > today THEN 'flag'
                WHEN at_watch OR manual_level = 'watch'
                  OR watch_unmet + days > today THEN 'watch'
                ELSE 'none'
            END AS new_level
      FROM latched
), wanted AS (
    SELECT levelled.*,
           CASE WHEN new_level = 'flag' THEN flag_unmet END AS new_flag_unmet,
           CASE WHEN new_level <> 'none' THEN watch_unmet END AS new_watch_unmet
      FROM levelled
), changed AS (
    UPDATE client_health_flag AS flag
       SET level = wanted.new_level,
           flag_unmet_since = wanted.new_flag_unmet,
           watch_unmet_since = wanted.new_watch_unmet,
           level_date = CASE WHEN flag.level = wanted.new_level
                             THEN flag.level_date ELSE wanted.today END,
           evidence = CASE WHEN flag.level = wanted.new_level
                           THEN flag.evidence ELSE %(evidence)s END,
           write_uid = %(uid)s,
           write_date = %(now)s
      FROM wanted
      JOIN client_health ON client_health.id = wanted.health_id
      JOIN res_partner AS client ON client.id = client_health.partner_id
     WHERE flag.id = wanted.flag_id
       AND (client.active
            OR wanted.new_level IN ('none', wanted.old_level)
            OR wanted.old_level = 'flag')
       AND (flag.level, flag.flag_unmet_since, flag.watch_unmet_since)
           IS DISTINCT FROM
           (wanted.new_level, wanted.new_flag_unmet, wanted.new_watch_unmet)
 RETURNING flag.id, wanted.old_level, flag.level, flag.evidence
), raised AS (
    INSERT INTO client_health_flag (
           health_id, partner_id, company_id, trait_id, level, level_date,
           manual_level, origin, decision, evidence,
           create_uid, create_date, write_uid, write_date)
    SELECT wanted.health_id, client_health.partner_id, client_health.company_id,
           wanted.trait_id, new_level, wanted.today,
           'none', 'auto', 'none', %(evidence)s, %(uid)s, %(now)s, %(uid)s, %(now)s
      FROM wanted
      JOIN client_health ON client_health.id = wanted.health_id
      JOIN res_partner AS client ON client.id = client_health.partner_id
     WHERE flag_id IS NULL AND client.active
        ON CONFLICT DO NOTHING
 RETURNING id, 'none', level, evidence
)
INSERT INTO client_health_flag_history (
       flag_id, event, level_before, level, evidence, date)
SELECT id, 'level', old_level, level, evidence, %(now)s
  FROM (SELECT * FROM changed UNION ALL SELECT * FROM raised) AS done
 WHERE old_level <> level
"""
