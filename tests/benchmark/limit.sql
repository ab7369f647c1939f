-- What PostgreSQL itself needs: all facts of a company over the window, written by
-- hand, a row per client. No settings are read, nothing is compared and nothing is
-- written.
--
-- Parameters: company, today, start (window), sale_start (twice the window),
-- created_from (window in UTC), grace, tz, opens and closes (working hours on
-- weekdays), month_ends, stage_field, median. /*L*/ and /*T*/ take a condition on
-- the client of an invoice line or a ticket.
WITH term AS MATERIALIZED (
    SELECT l.id, l.partner_id, l.balance, l.date_maturity AS due, l.reconciled,
           CASE WHEN l.reconciled THEN 0 ELSE l.amount_residual END AS open
      FROM account_move_line l
      JOIN account_move m ON m.id = l.move_id AND m.move_type = 'out_invoice'
       AND m.client_health_disputed IS NOT TRUE
     WHERE l.display_type = 'payment_term' AND l.parent_state = 'posted'
       AND l.company_id = %(company)s AND l.balance > 0
       AND l.account_id IN (SELECT id FROM account_account
                             WHERE account_type = 'asset_receivable')
       AND l.date_maturity <= %(today)s
       AND (l.date_maturity > %(start)s OR l.reconciled IS NOT TRUE) /*L*/
), part AS (
    SELECT t.id,
           sum(p.amount) FILTER (WHERE s.move_type = 'out_refund') AS credited,
           sum(p.amount) FILTER (WHERE s.move_type <> 'out_refund'
               AND (j.type IN ('bank', 'cash', 'credit')
                    OR s.origin_payment_id IS NOT NULL)) AS paid,
           sum(p.amount) FILTER (WHERE s.move_type <> 'out_refund'
               AND j.type NOT IN ('bank', 'cash', 'credit')
               AND s.origin_payment_id IS NULL) AS written_off,
           sum(p.amount * GREATEST(p.max_date - t.due, 0))
               FILTER (WHERE s.move_type <> 'out_refund'
               AND (j.type IN ('bank', 'cash', 'credit')
                    OR s.origin_payment_id IS NOT NULL)) AS weighted,
           max(p.max_date) FILTER (WHERE s.move_type <> 'out_refund') AS settled
      FROM term t
      JOIN account_partial_reconcile p ON p.debit_move_id = t.id
       AND (p.debit_amount_currency <> 0 OR p.credit_amount_currency <> 0)
      JOIN account_move_line c ON c.id = p.credit_move_id
      JOIN account_move s ON s.id = c.move_id
      JOIN account_journal j ON j.id = s.journal_id
     GROUP BY t.id
), payment AS (
    SELECT partner_id, count(*) AS instalments,
           count(*) FILTER (WHERE CASE WHEN reconciled THEN settled - due
               ELSE %(today)s::date - due END > %(grace)s) AS late,
           (sum(COALESCE(weighted, 0) + open * (%(today)s::date - due))
            / NULLIF(sum(COALESCE(paid, 0) + open), 0)) AS days_late,
           sum(open) FILTER (WHERE due < %(today)s) AS overdue,
           max(%(today)s::date - due) FILTER (WHERE reconciled IS NOT TRUE)
               AS overdue_days,
           bit_or(GREATEST((1 << CASE WHEN reconciled
                       THEN width_bucket(settled - 1, %(month_ends)s::date[])
                       ELSE 12 END)
                  - (1 << width_bucket(due + 14, %(month_ends)s::date[])), 0)) AS months,
           sum(written_off) AS written_off
      FROM term LEFT JOIN part USING (id)
     WHERE reconciled IS NOT TRUE OR settled IS NOT NULL
     GROUP BY partner_id
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
       days_late, overdue, overdue_days,
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
