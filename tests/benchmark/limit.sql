-- What PostgreSQL itself needs: all facts of a company over the window, written by
-- hand, a row per client. No settings are read, nothing is compared and nothing is
-- written.
--
-- Parameters: company, today, known (the day the bank is known until), start (window),
-- sale_start (twice the window), created_from (window in UTC), grace, usual_term, small
-- (amount), tz, opens and closes (working hours on weekdays), month_ends, stage_field,
-- median; receivable, tax and loss: accounts, as arrays. /*L*/, /*S*/, /*P*/ and /*T*/
-- take a condition on the contact of a line, a statement line, a payment or a ticket;
-- with one, the arrays after /*A*/ are hidden from the planner, which would read the
-- whole index of the account.
WITH RECURSIVE line AS MATERIALIZED (
    SELECT l.id, l.move_id, p.commercial_partner_id AS client, l.balance AS amount,
           l.date, CASE WHEN l.reconciled THEN 0 ELSE l.amount_residual END AS residual,
           m.move_type <> 'entry' AS is_document,
           CASE WHEN m.move_type <> 'entry' AND m.invoice_payment_term_id IS NULL
                 AND l.date_maturity <= l.invoice_date THEN l.invoice_date + %(usual_term)s
                ELSE GREATEST(COALESCE(l.date_maturity, l.date), l.invoice_date) END AS due
      FROM account_move_line l
      JOIN account_move m ON m.id = l.move_id AND m.client_health_disputed IS NOT TRUE
       AND m.move_type IN ('out_invoice', 'out_receipt', 'entry')
       AND m.payment_state IS DISTINCT FROM 'invoicing_legacy'
      JOIN res_partner p ON p.id = l.partner_id
       AND p.commercial_partner_id NOT IN (SELECT partner_id FROM res_company)
     WHERE l.company_id = %(company)s AND l.parent_state = 'posted' AND l.balance > 0
       AND l.account_id = ANY(/*A*/%(receivable)s)
       AND (l.date_maturity > %(start)s::date - %(usual_term)s
            OR l.reconciled IS NOT TRUE
            OR EXISTS (SELECT FROM account_partial_reconcile r
                        WHERE r.debit_move_id = l.id AND r.max_date > %(start)s)) /*L*/
), chain AS (
    SELECT id AS root, id, move_id, client, is_document, due, 0 AS depth
      FROM line WHERE NOT is_document
     UNION ALL
    SELECT chain.root, s.id, s.move_id, chain.client, m.move_type <> 'entry',
           CASE WHEN m.move_type <> 'entry' AND m.invoice_payment_term_id IS NULL
                 AND s.date_maturity <= s.invoice_date THEN s.invoice_date + %(usual_term)s
                ELSE GREATEST(COALESCE(s.date_maturity, s.date), s.invoice_date) END,
           depth + 1
      FROM chain
      JOIN LATERAL (SELECT c.id, c.partner_id FROM account_move_line c
                     WHERE c.move_id = chain.move_id AND c.balance < 0
                       AND c.account_id = ANY(%(receivable)s) OFFSET 0) c ON TRUE
      JOIN res_partner p ON p.id = c.partner_id
       AND p.commercial_partner_id = chain.client
      JOIN account_partial_reconcile r ON r.credit_move_id = c.id
      JOIN account_move_line s ON s.id = r.debit_move_id
      JOIN account_move m ON m.id = s.move_id
     WHERE NOT chain.is_document AND depth < 5
), origin AS (
    SELECT root AS id, COALESCE(max(due) FILTER (WHERE is_document),
           (array_agg(due ORDER BY depth DESC, due DESC))[1]) AS due
      FROM chain GROUP BY root HAVING max(depth) > 0
), loose AS MATERIALIZED (
    SELECT l.id, l.move_id, p.commercial_partner_id AS client,
           -l.amount_residual AS amount, -l.balance AS whole,
           COALESCE(y.date, l.date) AS day, l.display_type = 'payment_term' AS refund
      FROM account_move_line l JOIN res_partner p ON p.id = l.partner_id
 LEFT JOIN account_payment y ON y.id = l.payment_id
     WHERE l.company_id = %(company)s AND l.parent_state = 'posted'
       AND l.reconciled IS NOT TRUE AND l.amount_residual < 0
       AND l.account_id = ANY(/*A*/%(receivable)s) /*L*/
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
    SELECT l.id, l.move_id, client, l.amount, date,
           residual - COALESCE(x.amount, 0) AS residual,
           is_document OR o.id IS NOT NULL AS kept, COALESCE(o.due, l.due) AS due
      FROM line l LEFT JOIN origin o ON o.id = l.id LEFT JOIN cancelled x ON x.id = l.id
     WHERE COALESCE(o.due, l.due) <= %(known)s
), pending AS (
    SELECT id, day, LEAST(part, residual - LEAST(residual, sum(part) OVER (
           PARTITION BY id ORDER BY day, payment) - part)) AS amount
      FROM (SELECT d.id, y.id AS payment, y.date AS day, d.residual,
                   GREATEST(0, LEAST(d.residual, y.amount_company_currency_signed
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
      JOIN account_move m ON m.id = s.move_id AND m.state = 'posted'
      JOIN account_move_line l ON l.move_id = m.id AND l.account_id = j.suspense_account_id
      JOIN res_partner p ON p.id = s.partner_id
     WHERE s.company_id = %(company)s AND s.is_reconciled IS NOT TRUE /*S*/
     UNION ALL
    SELECT p.commercial_partner_id, y.date, y.id, y.amount_company_currency_signed,
           FALSE, 0, 0
      FROM account_payment y JOIN res_partner p ON p.id = y.partner_id
     WHERE y.company_id = %(company)s AND y.move_id IS NULL AND y.state = 'in_process'
       AND y.partner_type = 'customer' /*P*/
       AND NOT EXISTS (SELECT FROM account_move__account_payment k
                        WHERE k.payment_id = y.id)
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
      FROM (SELECT d.id, d.client, d.due, d.date, d.kept, d.amount,
                   d.residual - COALESCE((SELECT sum(g.amount) FROM pending g
                                           WHERE g.id = d.id), 0) AS net
              FROM debt d
             WHERE d.client IN (SELECT client FROM credit) AND d.residual > 0) debt
), setoff AS MATERIALIZED (
    SELECT id, sum(taken) AS amount, COALESCE(sum(came), 0) AS paid,
           COALESCE(sum(given_up), 0) AS lost,
           COALESCE(sum(came * GREATEST(day - due, 0)), 0) AS weighted,
           COALESCE(sum(came) FILTER (WHERE day - due > %(grace)s), 0) AS late,
           max(day) FILTER (WHERE came > LEAST(%(small)s, .01 * amount)) AS paid_on,
           max(day) FILTER (WHERE given_up > 0) AS lost_on
      FROM (SELECT o.id, o.due, o.amount, c.day, x.taken,
                   CASE WHEN x.counts THEN x.taken * (1 - c.moved - c.lost) ELSE 0 END
                       AS came,
                   CASE WHEN o.kept OR c.day > o.date THEN x.taken * c.lost ELSE 0 END
                       AS given_up
              FROM owed o JOIN credit c ON c.client = o.client
               AND c.upto - c.amount < o.upto AND o.upto - o.net < c.upto
             CROSS JOIN LATERAL (
                   SELECT LEAST(o.upto, c.upto)
                          - GREATEST(o.upto - o.net, c.upto - c.amount) AS taken,
                          (o.kept OR c.day > o.date) AND NOT c.refund AS counts) x
             UNION ALL
            SELECT g.id, d.due, d.amount, g.day, g.amount, g.amount, 0
              FROM pending g JOIN debt d ON d.id = g.id WHERE g.amount > 0) part
     GROUP BY id
), item AS (
    SELECT d.client, d.amount, d.due, d.residual - COALESCE(o.amount, 0) AS net,
           s.paid + COALESCE(o.paid, 0) AS paid,
           s.weighted + COALESCE(o.weighted, 0) AS weighted,
           s.late + COALESCE(o.late, 0) AS late, GREATEST(s.paid_on, o.paid_on) AS paid_on,
           GREATEST(s.lost_on, o.lost_on) AS lost_on,
           CASE WHEN s.lost + COALESCE(o.lost, 0) > LEAST(%(small)s, .01 * d.amount)
                THEN s.lost + COALESCE(o.lost, 0) ELSE 0 END AS lost
      FROM debt d LEFT JOIN setoff o ON o.id = d.id
     CROSS JOIN LATERAL (
           SELECT COALESCE(sum(came), 0) AS paid, COALESCE(sum(given_up), 0) AS lost,
                  COALESCE(sum(came * GREATEST(day - d.due, 0)), 0) AS weighted,
                  COALESCE(sum(came) FILTER (WHERE day - d.due > %(grace)s), 0) AS late,
                  max(day) FILTER (WHERE came > LEAST(%(small)s, .01 * d.amount))
                      AS paid_on,
                  max(day) FILTER (WHERE given_up > 0) AS lost_on
             FROM (SELECT COALESCE(y.date, c.date) AS day,
                          r.amount * (1 - x.moved - x.lost) AS came,
                          r.amount * x.lost AS given_up
                     FROM account_partial_reconcile r
                     JOIN (SELECT id, move_id, date, payment_id, -balance AS whole,
                                  FALSE AS refund FROM account_move_line
                            WHERE display_type <> 'payment_term') c
                       ON c.id = r.credit_move_id
                LEFT JOIN account_payment y ON y.id = c.payment_id
               CROSS JOIN LATERAL (/*X c*/) x
                    WHERE r.debit_move_id = d.id AND (d.kept OR c.date > d.date)
                      AND (r.debit_amount_currency <> 0 OR r.credit_amount_currency <> 0)
                  ) part) s
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
           sum(lost) AS written_off,
           sum(lost) / NULLIF(sum(paid + open_amount + lost), 0) AS written_off_share
      FROM (SELECT item.*, open, CASE WHEN open THEN net ELSE 0 END AS open_amount,
                   CASE WHEN open THEN %(known)s::date - due ELSE 0 END AS open_days,
                   GREATEST(paid_on, CASE WHEN lost > 0 THEN lost_on END) AS settled_on,
                   GREATEST(paid_on, CASE WHEN lost >= .05 * amount THEN lost_on END)
                       AS judged_on
              FROM item, LATERAL (SELECT net > LEAST(%(small)s, .01 * amount) AS open) o
           ) fact, LATERAL (
           SELECT GREATEST(open_days, judged_on - due) > %(grace)s AS is_late) l
     WHERE open OR settled_on > %(start)s
        OR (settled_on IS NOT NULL AND due > %(start)s)
     GROUP BY client
), invoice AS (
    SELECT l.partner_id, l.move_id, m.invoice_date,
           m.move_type = 'out_invoice' AS is_invoice,
           m.payment_state = 'reversed' AS is_reversed,
           (m.client_health_disputed OR m.client_health_offered) IS NOT TRUE
           AND (o.client_health_disputed OR o.client_health_offered) IS NOT TRUE
           AND CASE WHEN m.move_type = 'out_invoice' THEN m.payment_state
                    ELSE o.payment_state END IS DISTINCT FROM 'reversed' AS counts,
           sum(-l.balance) AS revenue,
           sum(CASE WHEN m.move_type <> 'out_invoice' OR l.price_subtotal < 0 THEN 0
                    WHEN l.price_unit = 0 THEN l.quantity * (
                        SELECT pt.list_price FROM product_product pp
                          JOIN product_template pt ON pt.id = pp.product_tmpl_id
                         WHERE pp.id = l.product_id)
                    ELSE l.price_unit * l.quantity / m.invoice_currency_rate::numeric
               END) AS list,
           sum(CASE WHEN m.move_type <> 'out_invoice' THEN 0
                    WHEN l.price_subtotal < 0 THEN l.balance
                    WHEN l.price_unit = 0 THEN l.quantity * (
                        SELECT pt.list_price FROM product_product pp
                          JOIN product_template pt ON pt.id = pp.product_tmpl_id
                         WHERE pp.id = l.product_id)
                    ELSE l.price_unit * l.quantity * l.discount / 100
                         / m.invoice_currency_rate::numeric END) AS discount
      FROM account_move_line l
      JOIN account_move m ON m.id = l.move_id
       AND m.move_type IN ('out_invoice', 'out_refund')
 LEFT JOIN account_move o ON o.id = m.reversed_entry_id
     WHERE l.display_type IN ('product', 'rounding') AND l.parent_state = 'posted'
       AND l.company_id = %(company)s
       AND l.invoice_date > %(sale_start)s AND l.invoice_date <= %(today)s /*L*/
     GROUP BY 1, 2, 3, 4, 5, 6
), sale AS (
    SELECT partner_id,
           count(*) FILTER (WHERE invoice_date > %(start)s AND is_invoice
                              AND NOT is_reversed) AS invoices,
           sum(revenue) FILTER (WHERE invoice_date > %(start)s) AS revenue,
           count(*) FILTER (WHERE counts AND is_invoice) AS sale_invoices,
           sum(list) FILTER (WHERE counts) AS list,
           sum(discount) FILTER (WHERE counts) AS discount,
           count(*) FILTER (WHERE counts AND discount > 0) AS discounted,
           -sum(revenue) FILTER (WHERE counts AND NOT is_invoice) AS credited,
           sum(revenue) FILTER (WHERE counts AND is_invoice) AS invoiced,
           age(%(today)s, max(invoice_date) FILTER (WHERE counts AND is_invoice)) AS gap
      FROM invoice GROUP BY partner_id
), ticket AS MATERIALIZED (
    SELECT t.id, t.commercial_partner_id AS partner_id
      FROM helpdesk_ticket t
     WHERE t.company_id = %(company)s AND t.create_date >= %(created_from)s
       AND t.client_health_own_fault IS NOT TRUE
       AND t.commercial_partner_id IS NOT NULL /*T*/
), message AS (
    SELECT t.id AS ticket_id, t.partner_id, x.id, x.date,
           a.commercial_partner_id = t.partner_id AS inbound
      FROM ticket t
      JOIN mail_message x ON x.model = 'helpdesk.ticket' AND x.res_id = t.id
      JOIN res_partner a ON a.id = x.author_id
 LEFT JOIN mail_message_subtype s ON s.id = x.subtype_id
     WHERE CASE WHEN a.commercial_partner_id = t.partner_id
                THEN x.message_type IN ('email', 'comment')
                ELSE x.message_type IN ('email', 'comment', 'email_outgoing')
                     AND a.partner_share IS NOT TRUE AND x.is_internal IS NOT TRUE
                     AND s.internal IS NOT TRUE END
), thread AS (
    SELECT partner_id, inbound, date AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s AS local,
           lag(NOT inbound) OVER w AS after_ours, date - lag(date) OVER w AS silence,
           lead(date, 2) OVER (PARTITION BY ticket_id, inbound ORDER BY date, id) - date
               AS rush
      FROM message WINDOW w AS (PARTITION BY ticket_id ORDER BY date, id)
), traffic AS (
    SELECT partner_id, count(*) AS messages,
           count(*) FILTER (WHERE extract(isodow FROM local) > 5
               OR extract(hour FROM local) < %(opens)s
               OR extract(hour FROM local) >= %(closes)s) AS after_hours,
           count(*) FILTER (WHERE after_ours AND silence >= interval '14 days'
               AND rush <= interval '2 days') AS rushes
      FROM thread WHERE inbound GROUP BY partner_id
), reopening AS (
    SELECT t.partner_id, count(*) AS reopened
      FROM ticket t
      JOIN mail_message x ON x.model = 'helpdesk.ticket' AND x.res_id = t.id
       AND x.message_type = 'notification'
      JOIN mail_tracking_value v ON v.mail_message_id = x.id
       AND v.field_id = %(stage_field)s
      JOIN helpdesk_ticket_stage c ON c.id = v.old_value_integer AND c.closed
      JOIN helpdesk_ticket_stage n ON n.id = v.new_value_integer
       AND n.closed IS NOT TRUE
     GROUP BY t.partner_id
), rating AS (
    SELECT t.partner_id, count(*) AS ratings, sum(r.rating) AS total,
           count(*) FILTER (WHERE r.rating < 3) AS low
      FROM ticket t
      JOIN rating_rating r ON r.res_model = 'helpdesk.ticket' AND r.res_id = t.id
       AND r.consumed AND r.rating > 0
     GROUP BY t.partner_id
), tickets AS (
    SELECT partner_id, count(*) AS tickets FROM ticket GROUP BY partner_id
), incident AS (
    SELECT partner_id, count(*) FILTER (WHERE kind = 'integrity') AS integrity,
           count(*) FILTER (WHERE kind = 'demand') AS demand,
           count(*) FILTER (WHERE kind = 'freebie') AS freebie,
           count(*) FILTER (WHERE kind = 'conduct') AS conduct,
           count(DISTINCT user_id) FILTER (WHERE kind = 'conduct') AS reporters,
           count(DISTINCT date) FILTER (WHERE kind = 'conduct') AS days,
           count(*) FILTER (WHERE kind = 'conduct' AND severe) AS severe
      FROM client_health_incident
     WHERE company_id = %(company)s AND date > %(start)s AND date <= %(today)s
     GROUP BY partner_id
), promise AS (
    SELECT partner_id, count(*) AS promises,
           count(*) FILTER (WHERE state = 'broken') AS broken,
           count(*) FILTER (WHERE state = 'kept') AS kept
      FROM client_health_promise
     WHERE company_id = %(company)s AND state IN ('kept', 'partly', 'broken')
       AND date_promised > %(start)s AND date_promised <= %(today)s
     GROUP BY partner_id
)
SELECT partner_id, invoices, revenue, instalments, late, late::numeric / instalments,
       late_amount, written_off_share, days_late, overdue, overdue_days,
       length(replace(months::bit(12)::text, '0', '')), written_off,
       promises, broken, kept::numeric / promises, integrity,
       tickets, messages, messages::numeric / tickets, reopened,
       after_hours::numeric / messages, rushes,
       (tickets + messages) * 1000 / NULLIF(revenue, 0) / %(median)s, demand,
       ratings, total / ratings, low::numeric / ratings,
       conduct, reporters, days, severe,
       sale_invoices, list, discount, discount / NULLIF(list, 0), discounted,
       credited / NULLIF(invoiced, 0),
       extract(year FROM gap) * 12 + extract(month FROM gap), freebie
  FROM payment
  FULL JOIN sale USING (partner_id)
  FULL JOIN tickets USING (partner_id)
  FULL JOIN traffic USING (partner_id)
  FULL JOIN reopening USING (partner_id)
  FULL JOIN rating USING (partner_id)
  FULL JOIN incident USING (partner_id)
  FULL JOIN promise USING (partner_id)
