SELECT CASE WHEN moved IS NULL THEN 0 WHEN is_mirrored THEN 1
            WHEN is_simple THEN moved / total ELSE 0 END AS moved,
       CASE WHEN has_loss IS NOT TRUE OR is_mirrored THEN 0
            ELSE COALESCE(lost / CASE WHEN moved IS NULL OR is_simple THEN total
                                      ELSE NULLIF(total - moved, 0) END, 0) END AS lost
  FROM (SELECT *, COALESCE({credit}.whole = ANY(moves) OR moved > 0 AND (is_alone OR own = 0), FALSE)
               AS is_mirrored
          FROM (SELECT sum(balance) FILTER (WHERE balance > 0) AS total,
                       sum(balance) FILTER (WHERE balance > 0
                           AND account_id = ANY(%(receivable)s)
                           AND partner_id <> ALL(%(strangers)s)) AS moved,
                       array_agg(balance) FILTER (WHERE balance > 0
                           AND account_id = ANY(%(receivable)s)
                           AND partner_id <> ALL(%(strangers)s)) AS moves,
                       sum(balance) FILTER (WHERE balance > 0
                           AND account_id = ANY(%(loss)s || %(tax)s)) AS lost,
                       bool_or(balance > 0 AND account_id = ANY(%(loss)s)) AS has_loss,
                       bool_and(account_id = ANY(%(receivable)s)) AS is_alone,
                       sum(balance) FILTER (WHERE account_id = ANY(%(receivable)s)
                           AND partner_id = {credit}.partner_id) AS own,
                       count(*) FILTER (WHERE balance < 0) = 1
                       OR min(partner_id) FILTER (WHERE account_id = ANY(%(receivable)s))
                        = max(partner_id) FILTER (WHERE account_id = ANY(%(receivable)s))
                           AS is_simple
                  FROM account_move_line
                 WHERE move_id = {credit}.move_id AND balance <> 0
                   AND parent_state = 'posted'
                   AND {credit}.refund IS NOT TRUE) entry) side
