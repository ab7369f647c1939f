-- What PostgreSQL itself needs: all facts of a legal entity over the window, written by
-- hand, a row per client. No settings are read, nothing is compared and nothing is
-- written. After the first refresh the benchmark compares every fact of every client.
--
-- Parameters: companies (with its branches), today, known (the day the bank is known
-- until), start (window), sale_start (twice the window), created_from (window in UTC),
-- grace, usual_term, small (amount), near (days), opens and closes (working hours in
-- UTC), month_ends, stage_field, median, hour_median, ticket_minutes, message_minutes,
-- hourly_cost, interest (a year), address and empty (regular expressions);
-- receivable, income (any kind), sales, tax and loss: accounts; discounts: products;
-- strangers: contacts of companies. /*L*/, /*S*/, /*P*/ and /*T*/ take a condition on the contact of
-- a line, a statement line, a payment or a ticket, /*I*/ of an incident or a promise;
-- with one, the account before /*A*/ is hidden from the planner, which would read the
-- whole index of the account, and /*E*/ is looked up line by line; /*B*/ is the day the
-- bank had the money of payment y, /*X*/ the other side of a credit (other_side.sql).
WITH RECURSIVE line AS MATERIALIZED (
    SELECT l.id, l.move_id, p.commercial_partner_id AS client, l.balance AS amount,
           l.date, CASE WHEN l.reconciled THEN 0 ELSE l.amount_residual END AS residual,
           m.move_type <> 'entry' AS is_document,
           m.client_health_disputed IS TRUE AS is_disputed,
           CASE WHEN m.move_type <> 'entry' AND m.invoice_payment_term_id IS NULL
                      AND COALESCE(l.date_maturity, l.invoice_date) <= l.invoice_date
                     OR m.move_type = 'entry' AND l.date_maturity IS NULL
                      AND (SELECT TRUE FROM account_move_line i
                            WHERE i.move_id = l.move_id AND i.balance < 0
                              AND i.account_id = ANY(%(income)s) LIMIT 1)
                THEN COALESCE(l.invoice_date, l.date) + %(usual_term)s
                ELSE GREATEST(COALESCE(l.date_maturity, l.date), l.invoice_date) END AS due
      FROM account_move_line l
      JOIN account_move m ON m.id = l.move_id
       AND m.move_type IN ('out_invoice', 'out_receipt', 'entry')
       AND m.payment_state IS DISTINCT FROM 'invoicing_legacy'
      JOIN res_partner p ON p.id = l.partner_id
       AND p.commercial_partner_id <> ALL(%(strangers)s)
     WHERE l.company_id = ANY(%(companies)s) AND l.parent_state = 'posted'
       AND l.balance > 0 AND l.account_id /*A*/ = ANY(%(receivable)s)
       AND (l.date_maturity > %(start)s::date - %(usual_term)s
            OR l.reconciled IS NOT TRUE OR /*E*/) /*L*/
), moved AS (
    SELECT DISTINCT move_id, client FROM line WHERE NOT is_document
), chain AS (
    SELECT moved.move_id AS root, moved.client, 0 AS depth, c.id AS credit
      FROM (SELECT DISTINCT move_id FROM moved) e
      JOIN LATERAL (SELECT c.id, c.partner_id FROM account_move_line c
                     WHERE c.move_id = e.move_id AND c.balance < 0
                       AND c.account_id = ANY(%(receivable)s) OFFSET 0) c ON TRUE
      JOIN res_partner p ON p.id = c.partner_id
      JOIN moved ON moved.move_id = e.move_id AND moved.client = p.commercial_partner_id
     UNION ALL
    SELECT root, chain.client, depth + 1, c.id
      FROM chain
      JOIN account_partial_reconcile r ON r.credit_move_id = chain.credit
      JOIN account_move_line s ON s.id = r.debit_move_id
      JOIN account_move e ON e.id = s.move_id AND e.move_type = 'entry'
      JOIN LATERAL (SELECT c.id, c.partner_id FROM account_move_line c
                     WHERE c.move_id = s.move_id AND c.balance < 0
                       AND c.account_id = ANY(%(receivable)s) OFFSET 0) c ON TRUE
      JOIN res_partner p ON p.id = c.partner_id
       AND p.commercial_partner_id = chain.client
     WHERE depth < 5
), origin AS (
    SELECT root AS move_id, client, bool_or(is_disputed) AS is_disputed,
           COALESCE(max(due) FILTER (WHERE is_document),
                    (array_agg(due ORDER BY depth DESC, due DESC))[1]) AS due
      FROM (SELECT root, client, depth, m.move_type <> 'entry' AS is_document,
                   m.client_health_disputed IS TRUE AS is_disputed,
           CASE WHEN m.move_type <> 'entry' AND m.invoice_payment_term_id IS NULL
                      AND COALESCE(s.date_maturity, s.invoice_date) <= s.invoice_date
                     OR m.move_type = 'entry' AND s.date_maturity IS NULL
                      AND (SELECT TRUE FROM account_move_line i
                            WHERE i.move_id = s.move_id AND i.balance < 0
                              AND i.account_id = ANY(%(income)s) LIMIT 1)
                THEN COALESCE(s.invoice_date, s.date) + %(usual_term)s
                ELSE GREATEST(COALESCE(s.date_maturity, s.date), s.invoice_date) END AS due
              FROM chain
              JOIN account_partial_reconcile r ON r.credit_move_id = chain.credit
              JOIN account_move_line s ON s.id = r.debit_move_id
              JOIN account_move m ON m.id = s.move_id) source
     GROUP BY 1, 2
), loose AS MATERIALIZED (
    SELECT l.id, l.move_id, l.partner_id, p.commercial_partner_id AS client,
           CASE WHEN l.currency_id = l.company_currency_id THEN -l.amount_residual
                ELSE COALESCE((SELECT -l.amount_residual_currency
                      * sum(o.amount_residual) / sum(o.amount_residual_currency)
                        FROM account_move_line o
                       WHERE o.partner_id = l.partner_id AND o.account_id = l.account_id
                         AND o.company_id = l.company_id
                         AND o.currency_id = l.currency_id AND o.move_id <> l.move_id
                         AND o.parent_state = 'posted' AND o.reconciled IS NOT TRUE
                         AND o.amount_residual_currency > 0), -l.amount_residual)
                END AS amount,
           -l.balance AS whole,
           CASE WHEN y.is_matched THEN LEAST(y.date, /*B*/)
                ELSE COALESCE(y.date, l.date) END AS day,
           l.display_type = 'payment_term' AS refund
      FROM account_move_line l JOIN res_partner p ON p.id = l.partner_id
 LEFT JOIN account_payment y ON y.id = l.payment_id
     WHERE l.company_id = ANY(%(companies)s) AND l.parent_state = 'posted'
       AND l.reconciled IS NOT TRUE AND l.amount_residual < 0
       AND l.account_id /*A*/ = ANY(%(receivable)s) /*L*/
), transfer AS (
    SELECT move_id, client, LEAST(c.total, d.total) AS total
      FROM (SELECT move_id, client, sum(amount) AS total FROM loose WHERE NOT refund
             GROUP BY 1, 2) c
      JOIN (SELECT move_id, client, sum(residual) AS total FROM line
             WHERE NOT is_document AND residual > 0 GROUP BY 1, 2) d
     USING (move_id, client)
), cancelled AS (
    SELECT line.id, LEAST(residual, GREATEST(0, total - sum(residual) OVER (
           PARTITION BY move_id, client ORDER BY line.id) + residual)) AS amount
      FROM line JOIN transfer USING (move_id, client)
     WHERE NOT is_document AND residual > 0
), debt AS MATERIALIZED (
    SELECT l.id, l.move_id, l.client, l.amount, date,
           LEAST(%(small)s, .01 * l.amount) AS small,
           residual - COALESCE(x.amount, 0) AS residual,
           is_document OR o.due IS NOT NULL AS kept, COALESCE(o.due, l.due) AS due
      FROM line l
 LEFT JOIN origin o ON o.move_id = l.move_id AND o.client = l.client AND NOT is_document
 LEFT JOIN cancelled x ON x.id = l.id
     WHERE COALESCE(o.due, l.due) <= %(known)s
       AND NOT l.is_disputed AND o.is_disputed IS NOT TRUE
), pending AS (
    SELECT id, day, LEAST(part, residual - LEAST(residual, sum(part) OVER (
           PARTITION BY id ORDER BY day, payment) - part)) AS amount
      FROM (SELECT d.id, y.id AS payment, y.date AS day, d.residual,
                   GREATEST(0, LEAST(d.residual,
                       CASE WHEN y.currency_id = m.currency_id THEN y.amount
                                 * abs(m.amount_total_signed) / NULLIF(m.amount_total, 0)
                            ELSE y.amount_company_currency_signed END
                   - (sum(d.residual) OVER (PARTITION BY y.id ORDER BY d.due, d.id)
                      - d.residual))) AS part
              FROM account_payment y
              JOIN account_move__account_payment k ON k.payment_id = y.id
              JOIN debt d ON d.move_id = k.invoice_id AND d.residual > 0
              JOIN account_move m ON m.id = k.invoice_id
             WHERE y.move_id IS NULL AND y.payment_type = 'inbound'
               AND (y.state = 'in_process' OR y.state = 'paid'
                    AND m.amount_residual = m.amount_total)) share
), money AS (
    SELECT l.client, l.day, l.id AS key, l.amount - l.gone AS amount, l.refund,
           x.moved, x.lost
      FROM (SELECT loose.*, LEAST(amount, GREATEST(0, COALESCE(total, 0) - sum(amount)
                   OVER (PARTITION BY move_id, client ORDER BY loose.id) + amount)) AS gone
              FROM loose LEFT JOIN transfer USING (move_id, client)) l
     CROSS JOIN LATERAL (/*X l*/) x
     WHERE l.amount > l.gone
     UNION ALL
    SELECT p.commercial_partner_id, m.date, l.id, -l.balance, FALSE, 0, 0
      FROM account_bank_statement_line s JOIN account_journal j ON j.id = s.journal_id
       AND j.type IN ('bank', 'cash', 'credit')
      JOIN account_move m ON m.id = s.move_id AND m.state = 'posted'
      JOIN account_move_line l ON l.move_id = m.id AND l.account_id = j.suspense_account_id
      JOIN res_partner p ON p.id = s.partner_id
     CROSS JOIN LATERAL (
           SELECT count(*) AS waiting FROM account_payment y
             JOIN res_partner b ON b.id = y.partner_id
            WHERE y.journal_id = s.journal_id AND y.company_id = s.company_id
              AND y.is_matched IS NOT TRUE AND y.state IN ('in_process', 'paid')
              AND y.amount_company_currency_signed = -l.balance
              AND y.date BETWEEN m.date - %(near)s AND m.date + %(near)s
              AND b.commercial_partner_id = p.commercial_partner_id) g
     WHERE s.company_id = ANY(%(companies)s) AND s.is_reconciled IS NOT TRUE /*S*/
       AND CASE WHEN g.waiting = 0 THEN TRUE ELSE g.waiting <= (
                SELECT count(*) FROM account_bank_statement_line e
                  JOIN res_partner b ON b.id = e.partner_id
                 WHERE e.journal_id = s.journal_id AND e.company_id = s.company_id
                   AND e.internal_index > to_char(m.date - %(near)s, 'YYYYMMDD')
                   AND e.internal_index < s.internal_index
                   AND e.is_reconciled IS NOT TRUE AND e.amount = s.amount
                   AND b.commercial_partner_id = p.commercial_partner_id) END
     UNION ALL
    SELECT p.commercial_partner_id, y.date, y.id, y.amount_company_currency_signed,
           FALSE, 0, 0
      FROM account_payment y JOIN res_partner p ON p.id = y.partner_id
     WHERE y.company_id = ANY(%(companies)s) AND y.move_id IS NULL
       AND y.state = 'in_process' AND y.partner_type = 'customer' /*P*/
       AND (y.payment_type = 'outbound' OR NOT EXISTS (
            SELECT FROM account_move__account_payment k WHERE k.payment_id = y.id))
), credit AS MATERIALIZED (
    SELECT client, day, refund, moved, lost, amount - gone AS amount, sum(amount - gone)
           OVER (PARTITION BY client ORDER BY day, refund, key) AS upto
      FROM (SELECT money.*, LEAST(amount, GREATEST(0, COALESCE(out, 0) - sum(amount) OVER (
                   PARTITION BY client ORDER BY day, refund, key) + amount)) AS gone
              FROM money LEFT JOIN (SELECT client, -sum(amount) AS out FROM money
                                     WHERE amount < 0 GROUP BY 1) o USING (client)
             WHERE amount > 0) money
     WHERE amount > gone
), owed AS (
    SELECT *, sum(net) OVER (PARTITION BY client ORDER BY due, id) AS upto
      FROM (SELECT d.id, d.client, d.due, d.date, d.kept, d.small,
                   d.residual - COALESCE((SELECT sum(g.amount) FROM pending g
                                           WHERE g.id = d.id), 0) AS net
              FROM debt d
             WHERE d.client IN (SELECT client FROM credit) AND d.residual > 0) debt
), setoff AS MATERIALIZED (
    SELECT id, sum(taken) AS amount,
           COALESCE(sum(came), 0) AS paid, COALESCE(sum(given_up), 0) AS lost,
           COALESCE(sum(came * GREATEST(day - due, 0)), 0) AS weighted,
           COALESCE(sum(came) FILTER (WHERE day - due > %(grace)s), 0) AS late,
           max(day) FILTER (WHERE came > small) AS paid_on,
           COALESCE(sum(came) FILTER (WHERE came <= small), 0) AS bits,
           max(day) FILTER (WHERE came > 0 AND came <= small) AS bits_on,
           max(day) FILTER (WHERE given_up > 0) AS lost_on
      FROM (SELECT o.id, o.due, o.small, LEAST(c.day, %(today)s::date) AS day, x.taken,
                   CASE WHEN x.counts AND NOT c.refund
                        THEN x.taken * (1 - c.moved - c.lost) ELSE 0 END AS came,
                   CASE WHEN x.counts THEN x.taken * c.lost ELSE 0 END AS given_up
              FROM owed o JOIN credit c ON c.client = o.client
               AND c.upto - c.amount < o.upto AND o.upto - o.net < c.upto
             CROSS JOIN LATERAL (
                   SELECT LEAST(o.upto, c.upto)
                          - GREATEST(o.upto - o.net, c.upto - c.amount) AS taken,
                          o.kept OR c.day > o.date AS counts) x
             UNION ALL
            SELECT g.id, d.due, d.small, LEAST(g.day, %(today)s::date), g.amount,
                   g.amount, 0
              FROM pending g JOIN debt d ON d.id = g.id WHERE g.amount > 0) part
     GROUP BY id
), item AS (
    SELECT d.client, d.amount, d.due, d.small, d.residual - COALESCE(o.amount, 0) AS net,
           s.paid + COALESCE(o.paid, 0) AS paid,
           s.weighted + COALESCE(o.weighted, 0) AS weighted,
           s.late + COALESCE(o.late, 0) AS late,
           GREATEST(s.paid_on, o.paid_on,
                    CASE WHEN s.bits + COALESCE(o.bits, 0) > d.small
                         THEN GREATEST(s.bits_on, o.bits_on) END) AS paid_on,
           GREATEST(s.lost_on, o.lost_on) AS lost_on,
           CASE WHEN s.lost + COALESCE(o.lost, 0) > d.small
                THEN s.lost + COALESCE(o.lost, 0) ELSE 0 END AS lost
      FROM debt d LEFT JOIN setoff o ON o.id = d.id
     CROSS JOIN LATERAL (
           SELECT COALESCE(sum(came), 0) AS paid, COALESCE(sum(given_up), 0) AS lost,
                  COALESCE(sum(came * GREATEST(day - due, 0)), 0) AS weighted,
                  COALESCE(sum(came) FILTER (WHERE day - due > %(grace)s), 0) AS late,
                  max(day) FILTER (WHERE came > small) AS paid_on,
                  COALESCE(sum(came) FILTER (WHERE came <= small), 0) AS bits,
                  max(day) FILTER (WHERE came > 0 AND came <= small) AS bits_on,
                  max(day) FILTER (WHERE given_up > 0) AS lost_on
             FROM (SELECT LEAST(%(today)s::date, CASE
                              WHEN y.is_matched AND y.date > d.due
                              THEN LEAST(y.date, /*B*/)
                              ELSE COALESCE(y.date, c.date) END) AS day,
                          d.due, d.small,
                          CASE WHEN c.refund THEN 0
                               ELSE r.amount * (1 - x.moved - x.lost) END AS came,
                          r.amount * x.lost AS given_up
                     FROM account_partial_reconcile r
                     JOIN LATERAL (
                          SELECT move_id, partner_id, date, payment_id,
                                 -balance AS whole,
                                 display_type = 'payment_term' AS refund
                            FROM account_move_line WHERE id = r.credit_move_id) c ON TRUE
                LEFT JOIN account_payment y ON y.id = c.payment_id
               CROSS JOIN LATERAL (/*X c*/ OFFSET 0) x
                    WHERE r.debit_move_id = d.id AND (d.kept OR c.date > d.date)
                      AND (r.debit_amount_currency <> 0 OR r.credit_amount_currency <> 0)
                   OFFSET 0) part) s
), payment AS (
    SELECT client AS partner_id, count(*) AS instalments,
           count(*) FILTER (WHERE is_late) AS late,
           sum(late + CASE WHEN open_days > %(grace)s THEN open_amount ELSE 0 END)
           / NULLIF(sum(paid + open_amount + lost), 0) AS late_amount,
           sum(weighted + open_amount * open_days) / NULLIF(sum(paid + open_amount), 0)
               AS days_late,
           sum(CASE WHEN open_days > 0 THEN open_amount ELSE 0 END) AS overdue,
           max(open_days) AS overdue_days,
           bit_or(GREATEST((1 << CASE WHEN open THEN 12
                       ELSE width_bucket(settled_on - 1, %(month_ends)s::date[]) END)
                  - (1 << width_bucket(due + 14, %(month_ends)s::date[])), 0)) AS months,
           sum(weighted + open_amount * open_days) * %(interest)s::numeric / 36500
               AS late_cost,
           sum(lost) AS written_off,
           sum(lost) / NULLIF(sum(paid + open_amount + lost), 0) AS written_off_share
      FROM (SELECT item.*, open, CASE WHEN open THEN net ELSE 0 END AS open_amount,
                   CASE WHEN open THEN %(known)s::date - due ELSE 0 END AS open_days,
                   GREATEST(paid_on, CASE WHEN lost > 0 THEN lost_on END) AS settled_on,
                   GREATEST(paid_on, CASE WHEN lost >= .05 * amount THEN lost_on END)
                       AS judged_on
              FROM item, LATERAL (SELECT net > small AS open) o
           ) fact, LATERAL (
           SELECT GREATEST(open_days, judged_on - due) > %(grace)s AS is_late) l
     WHERE open OR settled_on > %(start)s
        OR (settled_on IS NOT NULL AND due > %(start)s)
     GROUP BY client
), invoice AS (
    SELECT client, move_id, min(invoice_date) AS invoice_date,
           bool_and(is_invoice) AS is_invoice, bool_and(is_reversed) AS is_reversed,
           bool_and(fair AND NOT is_reversed) AS counts, sum(revenue) AS revenue,
           sum(CASE WHEN kind = 'credit' THEN -revenue ELSE 0 END) AS credited,
           sum(CASE WHEN invoice_date <= %(start)s THEN 0
                    WHEN kind IN ('discount', 'agreed')
                    THEN price * LEAST(off, 100) / 100
                    WHEN kind = 'product' THEN balance ELSE 0 END) AS given,
           sum(CASE WHEN kind = 'full' AND NOT is_sale THEN 0
                    WHEN kind IN ('full', 'discount', 'agreed')
                    THEN price ELSE 0 END) AS list,
           sum(CASE WHEN kind = 'discount' THEN price * (LEAST(off, 100) - agreed) / 100
                    WHEN kind = 'product' THEN balance * CASE WHEN agreed <= 0 THEN 1 ELSE (
                         SELECT GREATEST(1 - sum(CASE WHEN s.balance < 0
                                    AND COALESCE(s.discount, 0)::numeric < line.agreed
                                    THEN -s.balance
                                         * (line.agreed - COALESCE(s.discount, 0)::numeric)
                                         / (100 - COALESCE(s.discount, 0)::numeric)
                                    ELSE 0 END)
                                / sum(s.balance) FILTER (
                                    WHERE s.balance > 0
                                      AND s.product_id = ANY(%(discounts)s)), 0)
                           FROM account_move_line s
                          WHERE s.move_id = line.move_id
                            AND s.display_type = 'product') END
                    ELSE 0 END) AS discount
      FROM (
        SELECT l.move_id, l.invoice_date, l.balance, is_sale, off, agreed,
               p.commercial_partner_id AS client, m.move_type <> 'out_refund' AS is_invoice,
               CASE WHEN is_sale THEN -l.balance ELSE 0 END AS revenue,
               COALESCE((SELECT sum(c.amount_total) >= m.amount_total
                           FROM account_move c
                          WHERE c.reversed_entry_id = m.id AND c.state = 'posted'
                            AND c.move_type = 'out_refund'), FALSE) AS is_reversed,
               (m.client_health_disputed OR m.client_health_offered) IS NOT TRUE
               AND (m.move_type <> 'out_refund' OR NOT EXISTS (
                    SELECT FROM account_move o
                     WHERE o.id = m.reversed_entry_id
                       AND (o.client_health_disputed OR o.client_health_offered
                            OR COALESCE((SELECT sum(c.amount_total) >= o.amount_total
                                        FROM account_move c
                                       WHERE c.reversed_entry_id = o.id AND c.state = 'posted'
                                         AND c.move_type = 'out_refund'), FALSE)))) AS fair,
               CASE WHEN l.display_type <> 'product' OR l.price_unit = 0 THEN 0
                    WHEN off >= 100 THEN l.price_unit * l.quantity * COALESCE((
                           SELECT (1 - COALESCE(sum(t.amount) FILTER (
                                           WHERE amount_type = 'fixed'), 0) / l.price_unit)
                                  * (1 - COALESCE(sum(t.amount) FILTER (
                                             WHERE amount_type = 'division'), 0) / 100)
                                  / (1 + COALESCE(sum(t.amount) FILTER (
                                             WHERE amount_type = 'percent'), 0) / 100)
                             FROM account_move_line_account_tax_rel k
                        LEFT JOIN account_tax_filiation_rel g
                               ON g.parent_tax = k.account_tax_id
                             JOIN account_tax t
                               ON t.id = COALESCE(g.child_tax, k.account_tax_id)
                             JOIN res_company c ON c.id = t.company_id
                            WHERE k.account_move_line_id = l.id
                              AND COALESCE(t.price_include_override,
                                           c.account_price_include) = 'tax_included'), 1)
                    WHEN abs(l.price_unit * l.quantity * (1 - off / 100)
                             - l.price_subtotal) < .01 THEN l.price_unit * l.quantity
                    ELSE l.price_subtotal / (1 - off / 100) END
               / COALESCE(NULLIF(m.invoice_currency_rate::numeric, 0), 1) AS price,
               kind
          FROM account_move_line l
          JOIN account_move m ON m.id = l.move_id
           AND m.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
           AND m.invoice_date > %(sale_start)s AND m.invoice_date <= %(today)s
          JOIN res_partner p ON p.id = l.partner_id
         CROSS JOIN LATERAL (
               SELECT l.account_id = ANY(%(sales)s) AS is_sale,
                      COALESCE(l.discount, 0)::numeric AS off,
                      COALESCE((SELECT q.client_health_agreed_discount::numeric
                                  FROM res_partner q
                                 WHERE q.id = p.commercial_partner_id), 0) AS agreed) x
         CROSS JOIN LATERAL (
               SELECT CASE WHEN l.display_type <> 'product' THEN 'full'
                    WHEN m.move_type = 'out_refund' THEN 'credit'
                    WHEN l.price_unit = 0 THEN 'none'
                    WHEN l.price_unit * l.quantity < 0 THEN
                         CASE WHEN l.product_id = ANY(%(discounts)s) THEN 'product'
                              ELSE 'none' END
                    WHEN off <= 0 OR l.quantity = 0 THEN 'full'
                    WHEN off <= agreed + .01 THEN 'agreed'
                    ELSE 'discount' END AS kind OFFSET 0) k
         WHERE l.display_type IN ('product', 'rounding', 'discount', 'epd')
           AND l.parent_state = 'posted' AND l.company_id = ANY(%(companies)s)
           AND l.invoice_date > %(sale_start)s AND l.invoice_date <= %(today)s /*L*/
      ) line
     GROUP BY client, move_id
), sale AS (
    SELECT client AS partner_id,
           count(*) FILTER (WHERE invoice_date > %(start)s AND is_invoice
                              AND NOT is_reversed) AS invoices,
           sum(revenue) FILTER (WHERE invoice_date > %(start)s) AS revenue,
           count(*) FILTER (WHERE counts AND is_invoice) AS sale_invoices,
           sum(list) FILTER (WHERE counts) AS list,
           sum(discount) FILTER (WHERE counts) AS discount,
           count(*) FILTER (WHERE counts AND discount > 0) AS discounted,
           sum(given) FILTER (WHERE counts) AS given,
           sum(credited) FILTER (WHERE counts)
           / NULLIF(sum(revenue) FILTER (WHERE counts AND is_invoice), 0) AS credited,
           age(%(today)s, max(invoice_date) FILTER (WHERE counts AND is_invoice)) AS gap
      FROM invoice GROUP BY client
), colleague AS MATERIALIZED (
    SELECT DISTINCT partner_id AS id FROM res_users
     WHERE share IS NOT TRUE AND partner_id IS NOT NULL
), message AS (
    SELECT t.id, p.commercial_partner_id AS client, t.closed_date, t.stage_id,
           x.id AS message, x.author_id, x.date, x.automatic, i.inbound,
           i.inbound IS NOT NULL AS is_message,
           i.inbound AND (x.date < (%(closes)s::timestamp[])[
               width_bucket(x.date, %(opens)s::timestamp[])]) IS NOT TRUE AS after_hours,
           x.message_type NOT IN ('comment', 'email', 'email_outgoing') AND EXISTS (
               SELECT FROM mail_tracking_value v
                WHERE v.mail_message_id = x.id AND v.field_id = %(stage_field)s
                  AND v.old_value_integer = ANY(ARRAY(
                      SELECT id FROM helpdesk_ticket_stage WHERE closed))
                  AND v.new_value_integer = ANY(ARRAY(
                      SELECT id FROM helpdesk_ticket_stage WHERE closed IS NOT TRUE))
               ) AS is_reopening
      FROM helpdesk_ticket t
      JOIN res_partner p ON p.id = t.commercial_partner_id
 LEFT JOIN (SELECT id, res_id, author_id, body, email_from, is_internal, message_type,
                   subtype_id, client_health_automatic IS TRUE AS automatic,
                   CASE WHEN message_type = 'email'
                         AND (message_id NOT LIKE '%%-openerp-%%'
                              OR create_date <> write_date)
                         AND abs(extract(epoch FROM date - create_date)) > 86400
                        THEN create_date ELSE date END AS date
              FROM mail_message
             WHERE model = 'helpdesk.ticket') x ON x.res_id = t.id
 LEFT JOIN res_partner a ON a.id = x.author_id
CROSS JOIN LATERAL (
           SELECT CASE
           WHEN message_type NOT IN ('email', 'comment', 'email_outgoing')
             OR automatic THEN NULL
           WHEN x.author_id IN (SELECT id FROM colleague)
           THEN CASE WHEN is_internal IS NOT TRUE
                      AND subtype_id <> ALL(ARRAY(SELECT id FROM mail_message_subtype
                                                   WHERE internal)) IS NOT FALSE
                     THEN FALSE END
           WHEN message_type = 'email_outgoing' THEN NULL
           WHEN a.commercial_partner_id = p.commercial_partner_id
             OR x.author_id IS NULL AND message_type = 'email'
                AND lower(substring(x.email_from FROM %(address)s)) IN (
                    SELECT lower(substring(t.partner_email FROM %(address)s))
                     UNION ALL
                    SELECT email_normalized FROM res_partner
                     WHERE commercial_partner_id = p.commercial_partner_id
                     UNION ALL
                    (SELECT lower(substring(f.email_from FROM %(address)s))
                       FROM mail_message f
                      WHERE f.model = 'helpdesk.ticket' AND f.res_id = t.id
                      ORDER BY f.id LIMIT 1))
           THEN CASE WHEN octet_length(x.body) < 200
                      AND x.body LIKE '%%o-mail-Message-edited%%'
                      AND regexp_replace(x.body, %(empty)s, '', 'g') = ''
                      AND NOT EXISTS (SELECT FROM message_attachment_rel k
                                       WHERE k.message_id = x.id)
                     THEN NULL ELSE TRUE END END AS inbound OFFSET 0) i
     WHERE t.company_id = ANY(%(companies)s) AND t.create_date >= %(created_from)s
       AND t.client_health_own_fault IS NOT TRUE
       AND t.client_health_merged_into_id IS NULL /*T*/
), ticket AS (
    SELECT id, client, count(*) FILTER (WHERE inbound) AS messages,
           count(*) FILTER (WHERE after_hours) AS after_hours,
           count(*) FILTER (WHERE inbound AND after_ours IS TRUE
               AND silence >= interval '14 days' AND rush >= 3
               AND NOT COALESCE((
                   SELECT GREATEST(max(c.date) FILTER (WHERE n.closed),
                              CASE WHEN thread.closed_date <= thread.date
                                   THEN thread.closed_date END)
                          > COALESCE(max(c.date) FILTER (WHERE n.closed IS NOT TRUE),
                                     '-infinity')
                     FROM mail_message c
                     JOIN mail_tracking_value v ON v.mail_message_id = c.id
                      AND v.field_id = %(stage_field)s
                     JOIN helpdesk_ticket_stage n ON n.id = v.new_value_integer
                    WHERE c.model = 'helpdesk.ticket' AND c.res_id = thread.id
                      AND c.date <= thread.date),
                   thread.closed_date IS NULL AND EXISTS (
                       SELECT FROM helpdesk_ticket_stage s
                        WHERE s.id = thread.stage_id AND s.closed))) AS rushes,
           count(*) FILTER (WHERE is_reopening
               AND author_id IN (SELECT id FROM colleague)
               AND NOT COALESCE((
                   SELECT n.closed AND c.author_id = thread.author_id
                          AND thread.date - c.date <= interval '1 hour'
                     FROM mail_message c
                     JOIN mail_tracking_value v ON v.mail_message_id = c.id
                      AND v.field_id = %(stage_field)s
                     JOIN helpdesk_ticket_stage n ON n.id = v.new_value_integer
                    WHERE c.model = 'helpdesk.ticket' AND c.res_id = thread.id
                      AND (c.date, c.id) < (thread.date, thread.message)
                    ORDER BY c.date DESC, c.id DESC LIMIT 1), FALSE)) AS reopened
      FROM (SELECT *, lag(NOT inbound) OVER thread AS after_ours,
                   date - lag(date) OVER thread AS silence,
                   count(*) FILTER (WHERE inbound) OVER rush AS rush
              FROM message
            WINDOW thread AS (PARTITION BY id, is_message ORDER BY date, message),
                   rush AS (PARTITION BY id, is_message ORDER BY date
                            RANGE BETWEEN CURRENT ROW
                                      AND interval '2 days' FOLLOWING)
           ) thread
     GROUP BY id, client
    HAVING count(*) FILTER (WHERE inbound) > 0
        OR (min(message) FILTER (WHERE automatic) = min(message)) IS NOT TRUE
), tickets AS (
    SELECT client AS partner_id, count(*) AS tickets, sum(messages) AS messages,
           sum(after_hours) AS after_hours, sum(rushes) AS rushes,
           sum(reopened) AS reopened, sum(r.ratings) AS ratings, sum(r.total) AS total,
           sum(r.low) AS low
      FROM ticket
     CROSS JOIN LATERAL (
           SELECT count(*) AS ratings, sum(rating::numeric) AS total,
                  count(*) FILTER (WHERE rating < 3) AS low
             FROM rating_rating r
            WHERE r.res_model = 'helpdesk.ticket' AND r.res_id = ticket.id
              AND r.consumed AND r.rating > 0) r
     GROUP BY client
), incident AS (
    SELECT p.commercial_partner_id AS partner_id,
           count(*) FILTER (WHERE kind = 'integrity') AS integrity,
           count(*) FILTER (WHERE kind = 'demand') AS demand,
           count(*) FILTER (WHERE kind = 'freebie') AS freebie,
           count(*) FILTER (WHERE kind = 'conduct') AS conduct,
           count(DISTINCT i.user_id) FILTER (WHERE kind = 'conduct') AS reporters,
           count(DISTINCT i.date) FILTER (WHERE kind = 'conduct') AS days,
           count(*) FILTER (WHERE kind = 'conduct' AND severe) AS severe
      FROM client_health_incident i JOIN res_partner p ON p.id = i.partner_id
     WHERE i.company_id = ANY(%(companies)s) AND i.date > %(start)s
       AND i.date <= %(today)s /*I*/
     GROUP BY 1
), promise AS (
    SELECT p.commercial_partner_id AS partner_id, count(*) AS promises,
           count(*) FILTER (WHERE state = 'broken') AS broken,
           count(*) FILTER (WHERE state = 'kept') AS kept
      FROM client_health_promise i JOIN res_partner p ON p.id = i.partner_id
     WHERE i.company_id = ANY(%(companies)s) AND state IN ('kept', 'partly', 'broken')
       AND date_promised > %(start)s AND date_promised <= %(today)s /*I*/
     GROUP BY 1
)
SELECT partner_id, invoices AS invoice_count, revenue AS revenue_amount,
       instalments AS instalment_due_count, late AS late_count,
       late::numeric / instalments AS late_share, late_amount AS late_amount_share,
       days_late AS days_late_avg, overdue AS overdue_amount,
       overdue_days AS overdue_days_max,
       length(replace(months::bit(12)::text, '0', '')) AS overdue_month_count,
       written_off AS written_off_amount, written_off_share,
       promises AS promise_count, broken AS promise_broken_count,
       kept::numeric / promises AS promise_kept_share,
       integrity AS integrity_incident_count,
       tickets AS ticket_count, messages AS message_count,
       messages / tickets AS messages_per_ticket, reopened AS reopen_count,
       after_hours / NULLIF(messages, 0) AS after_hours_share, rushes AS rush_count,
       CASE WHEN tickets > 0 AND round(revenue, 2) > 0
            THEN (tickets + messages) * 1000 / round(revenue, 2) / %(median)s::numeric
            END AS workload_ratio,
       demand AS demand_incident_count,
       ratings AS rating_count, total / NULLIF(ratings, 0) AS rating_avg,
       low / NULLIF(ratings, 0) AS rating_low_share,
       conduct AS conduct_incident_count, reporters AS conduct_reporter_count,
       days AS conduct_day_count, severe AS conduct_severe_count,
       sale_invoices AS sale_invoice_count, list AS list_amount,
       discount AS discount_amount, discount / NULLIF(list, 0) AS discount_share,
       discounted AS discounted_invoice_count, credited AS credit_note_share,
       extract(year FROM gap) * 12 + extract(month FROM gap) AS months_since_last_invoice,
       freebie AS freebie_incident_count, given AS discount_given_amount, late_cost,
       hours AS hours_spent, hours AS hours_estimated,
       after_hours * %(message_minutes)s::numeric / 60 / NULLIF(hours, 0)
           AS hours_after_hours_share,
       CASE WHEN %(hourly_cost)s > 0 THEN 0 ELSE hours END AS hours_without_cost,
       hours * %(hourly_cost)s::numeric AS time_cost,
       revenue / NULLIF(hours, 0) AS revenue_per_hour,
       CASE WHEN round(revenue, 2) > 0
            THEN round(revenue / NULLIF(hours, 0), 2) / %(hour_median)s::numeric END
           AS revenue_per_hour_ratio,
       round(COALESCE(revenue, 0), 2) - COALESCE(hours * %(hourly_cost)s::numeric, 0)
       - COALESCE(late_cost, 0) - COALESCE(written_off, 0) AS net_amount
  FROM payment
  FULL JOIN sale USING (partner_id)
  FULL JOIN tickets USING (partner_id)
  FULL JOIN incident USING (partner_id)
  FULL JOIN promise USING (partner_id)
 CROSS JOIN LATERAL (
       SELECT (tickets * %(ticket_minutes)s::numeric
               + messages * %(message_minutes)s::numeric) / 60 AS hours) h
 WHERE partner_id <> ALL(%(strangers)s) AND partner_id NOT IN (SELECT id FROM colleague)
