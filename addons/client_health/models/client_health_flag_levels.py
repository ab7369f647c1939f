import logging

from odoo import api, fields, models
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

# One statement judges every trait, updates and inserts only what differs, and
# writes the history of what it did: nothing is read into memory and a run with
# nothing to do locks no row and takes no number from a sequence.
JUDGE = """
WITH judged AS (
    %(matches)s
), flag AS (
    SELECT * FROM client_health_flag WHERE %(only_flags)s
), latched AS (
    SELECT COALESCE(judged.health_id, flag.health_id) AS health_id,
           %(today)s AS today,
           trait.id AS trait_id, trait.clear_after_days AS days,
           flag.id AS flag_id, flag.manual_level,
           -- an archived client keeps what it has and rises no further
           judged.health_id IS NOT NULL AND (client.active OR flag.level <> 'none')
               AS at_watch,
           COALESCE(judged.at_flag AND (client.active OR flag.level = 'flag'), FALSE)
               AS at_flag,
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
      JOIN client_health AS health
        ON health.id = COALESCE(judged.health_id, flag.health_id)
      JOIN res_partner AS client ON client.id = health.partner_id
     WHERE trait.id = ANY(%(traits)s)
       AND (judged.health_id IS NOT NULL
            OR flag.level <> 'none' OR flag.manual_level <> 'none')
       AND (client.active OR flag.id IS NOT NULL)
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
     WHERE flag.id = wanted.flag_id
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
     WHERE flag_id IS NULL
        ON CONFLICT DO NOTHING
 RETURNING id, 'none', level, evidence
)
INSERT INTO client_health_flag_history (
       flag_id, event, level_before, level, evidence, date)
SELECT id, 'level', old_level, level, evidence, %(now)s
  FROM (SELECT * FROM changed UNION ALL SELECT * FROM raised) AS done
 WHERE old_level <> level
"""


class ClientHealthFlag(models.Model):
    _inherit = "client.health.flag"

    @api.model
    def _refresh_levels(self, health_ids=None):
        """Bring the levels of flags in line with the facts, set-based.

        A level rises at once and falls only after the facts stopped matching for
        the trait's ``clear_after_days``. Decisions are never touched.

        :param health_ids: ids of ``client.health``; all of them when ``None``
        """
        traits = self.env["client.health.trait"]._get_rules()
        traits.flush_model()
        self.env["client.health"].flush_model()
        self.env["res.partner"].flush_model(["active"])
        self.flush_model()
        rules = self._get_rules_sql(traits, health_ids)
        if rules:
            self.env.execute_query(self._get_judge_sql(rules, health_ids))
            self.invalidate_model()

    @api.model
    def _get_rules_sql(self, traits, health_ids):
        """Return the query of who matches, by trait."""
        rules = {}
        for trait in traits:
            try:
                rules[trait] = trait._get_matches_sql(health_ids)
            except Exception:
                # a field that an uninstalled module took along: the other traits
                # go on, this one keeps the levels it has
                _logger.exception("Trait %s cannot be judged", trait.code)
        return rules

    @api.model
    def _get_judge_sql(self, rules, health_ids):
        only_flags = SQL("TRUE")
        if health_ids is not None:
            only_flags = SQL("health_id = ANY(%s)", list(health_ids))
        evidence = SQL(" ").join(
            SQL("WHEN %s THEN %s", trait.id, trait._get_evidence_sql())
            for trait in rules
        )
        return SQL(
            JUDGE,
            matches=SQL(" UNION ALL ").join(rules.values()),
            only_flags=only_flags,
            traits=[trait.id for trait in rules],
            today=self.env["res.company"]._get_client_health_today_sql(
                SQL("COALESCE(judged.company_id, flag.company_id)")
            ),
            now=SQL("%s::timestamp", fields.Datetime.now()),
            uid=self.env.uid,
            evidence=SQL("CASE wanted.trait_id %s END", evidence),
        )
