"""A large book of invoices and tickets, written by PostgreSQL itself.

Of the shape of a real one: clients who pay in time, late or hardly, who bargain, who
take time; contacts, instalments, part payments, credit notes, discounts, a foreign
currency; payments and bank lines, money on account and in suspense, debts moved, set
off and lost within payments and by entries, an opening balance; a branch, receipts,
deposits, deductions, disputes, agreed discounts; tickets with messages at all hours,
rushes, reopenings and ratings, some automatic, removed, without author or merged.
The same seed and size always give the same book. Needs a database role that may set
``session_replication_role``.
"""

import time

YEARS = 5
SEED = 0.42
RATE = 0.9  # units of the foreign currency for one of the company's
TABLES = (
    "res_partner",
    "account_move",
    "account_move_line",
    "account_partial_reconcile",
    "account_payment",
    "account_bank_statement_line",
    "helpdesk_ticket",
    "mail_message",
    "mail_tracking_value",
    "rating_rating",
)
SETTINGS = """
SET session_replication_role = replica;
SET synchronous_commit = off;
SET work_mem = '256MB';
SET maintenance_work_mem = '512MB';
SET jit = off;
SET max_parallel_workers_per_gather = 0
"""
LOOK_UP = """
SELECT c.id AS company, c.currency_id AS currency,
       (SELECT id FROM res_currency WHERE name IN ('EUR', 'USD')
           AND id <> c.currency_id ORDER BY id LIMIT 1) AS foreign_currency,
       (SELECT id FROM account_journal WHERE type = 'sale'
           AND company_id = c.id ORDER BY id LIMIT 1) AS sales,
       (SELECT id FROM account_journal WHERE type = 'bank'
           AND company_id = c.id ORDER BY id LIMIT 1) AS bank,
       (SELECT id FROM account_journal WHERE type = 'general'
           AND company_id = c.id ORDER BY id LIMIT 1) AS general,
       (SELECT id FROM account_account WHERE account_type = 'asset_receivable'
         ORDER BY id LIMIT 1) AS receivable,
       (SELECT id FROM account_account WHERE account_type = 'asset_receivable'
         ORDER BY id DESC LIMIT 1) AS doubtful,
       (SELECT id FROM account_account WHERE account_type = 'liability_payable'
         ORDER BY id LIMIT 1) AS payable,
       (SELECT id FROM account_account WHERE account_type = 'expense'
         ORDER BY id LIMIT 1) AS expense,
       (SELECT suspense_account_id FROM account_journal WHERE type = 'bank'
           AND company_id = c.id ORDER BY id LIMIT 1) AS suspense,
       (SELECT id FROM account_account WHERE account_type = 'income'
         ORDER BY id LIMIT 1) AS income,
       (SELECT id FROM account_account WHERE account_type = 'asset_cash'
         ORDER BY id LIMIT 1) AS cash,
       (SELECT id FROM product_product ORDER BY id DESC LIMIT 1) AS product,
       (SELECT id FROM product_product WHERE default_code = 'BENCH') AS deduction,
       (SELECT id FROM account_account WHERE account_type = 'liability_current'
         ORDER BY id LIMIT 1) AS deposit,
       (SELECT id FROM res_company WHERE parent_id = c.id LIMIT 1) AS branch,
       (SELECT id FROM helpdesk_ticket_stage WHERE NOT COALESCE(closed, FALSE)
         ORDER BY sequence LIMIT 1) AS opened,
       (SELECT id FROM helpdesk_ticket_stage WHERE closed
         ORDER BY sequence LIMIT 1) AS closed,
       (SELECT id FROM ir_model WHERE model = 'helpdesk.ticket') AS ticket_model,
       (SELECT id FROM ir_model_fields WHERE model = 'helpdesk.ticket'
           AND name = 'stage_id') AS stage_field,
       (SELECT res_id FROM ir_model_data WHERE module = 'mail'
           AND name = 'mt_comment') AS comment,
       (SELECT partner_id FROM res_users WHERE login = 'admin') AS staff
  FROM res_company c ORDER BY c.id LIMIT 1
"""
# kind: 0 pays in time, 1 late, 2 hardly, 3 bargains, 4 a little of everything
CLIENTS = """
CREATE TEMP TABLE g_client AS
SELECT n, %(res_partner)s + n AS id,
       CASE WHEN a < .55 THEN 0 WHEN a < .70 THEN 1 WHEN a < .78 THEN 2
            WHEN a < .88 THEN 3 ELSE 4 END AS kind,
       b < .06 AS is_demanding, c < .05 AS is_grumpy, d < .08 AS is_foreign,
       (ARRAY[15, 30, 30, 30, 45, 60])[1 + floor(e * 6)::int] AS term,
       CASE WHEN f < .5 THEN %(res_partner)s + %(clients)s + n END AS contact_id
  FROM (SELECT n, random() a, random() b, random() c, random() d, random() e,
               random() f FROM generate_series(1, %(clients)s) n) draw;
INSERT INTO res_partner (id, name, complete_name, parent_id, commercial_partner_id,
       is_company, active, type, partner_share, email, email_normalized, lang,
       customer_rank, autopost_bills, create_date, write_date)
SELECT id, 'Client ' || n, 'Client ' || n, NULL::int, id, TRUE, TRUE, 'contact', TRUE,
       'client' || n || '@example.com', 'client' || n || '@example.com', 'en_US', 1,
       'ask', now(), now()
  FROM g_client
 UNION ALL
SELECT contact_id, 'Contact ' || n, 'Client ' || n || ', Contact ' || n, id, id, FALSE,
       TRUE, 'contact', TRUE, 'contact' || n || '@example.com',
       'contact' || n || '@example.com', 'en_US', 0, 'ask', now(), now()
  FROM g_client WHERE contact_id IS NOT NULL;
CREATE INDEX ON g_client (n)
"""
INVOICES = """
CREATE TEMP TABLE g_invoice AS
SELECT draw.n, %(account_move)s + draw.n AS id, client.id AS client_id, client.kind,
       client.is_foreign AS fx, COALESCE(CASE WHEN b < .6 THEN contact_id END,
       client.id) AS partner_id, %(today)s::date - floor(c * %(days)s)::int AS day,
       client.term, d < .12 AS in_parts, 1 + floor(e * 3)::int AS line_count
  FROM (SELECT n, 1 + floor(%(clients)s * power(random(), 1.7))::int AS client,
               random() b, random() c, random() d, random() e
          FROM generate_series(1, %(invoices)s) n) draw
  JOIN g_client client ON client.n = draw.client;
CREATE TEMP TABLE g_line AS
SELECT row_number() OVER () AS n, line.*, round(quantity * price
       * (1 - discount / 100), 2) AS amount
  FROM (SELECT move_id, number, quantity, nature,
               CASE nature WHEN 'zero' THEN 0 WHEN 'deduction' THEN -2
                           WHEN 'less' THEN -1 ELSE price END AS price,
               CASE WHEN nature = 'free' THEN 100
                    WHEN nature IN ('deduction', 'less') THEN 0
                    ELSE discount END AS discount
          FROM (
        SELECT id AS move_id, number, (1 + floor(random() * 10))::numeric AS quantity,
               round((20 + power(random(), 3) * 1500)::numeric, 2) AS price,
               CASE WHEN number = 1 THEN 'sold' ELSE
                    (ARRAY['zero', 'deduction', 'less', 'deposit', 'free', 'sold'])[
                    1 + LEAST(floor(random() * 150), 5)::int] END AS nature,
               CASE WHEN kind = 3 AND random() < .6
                    THEN 10 + 5 * floor(random() * 5)
                    WHEN random() < .08 THEN 5 ELSE 0 END::numeric AS discount
          FROM g_invoice, generate_series(1, 3) number
         WHERE number <= line_count) draw) line;
CREATE TEMP TABLE g_total AS
SELECT invoice.*, line.untaxed, round(line.untaxed * .21, 2) AS tax
  FROM g_invoice invoice
  JOIN (SELECT move_id, sum(amount) AS untaxed FROM g_line GROUP BY 1) line
    ON line.move_id = invoice.id;
CREATE TEMP TABLE g_term AS
SELECT row_number() OVER () AS n, term.*, random() AS fate
  FROM (SELECT id AS move_id, client_id, kind, fx, day,
               day + CASE WHEN in_parts THEN 0 ELSE term END AS due,
               CASE WHEN in_parts THEN round((untaxed + tax) * .3, 2)
                    ELSE untaxed + tax END AS amount
          FROM g_total
         UNION ALL
        SELECT id, client_id, kind, fx, day, day + 60,
               untaxed + tax - round((untaxed + tax) * .3, 2)
          FROM g_total WHERE in_parts) term
"""
# how an instalment is settled: credited by a part or as a whole, paid at once or in
# two parts, written off at the end, or left open; a payment by the other side of its
# entry, and whether it was matched
SETTLEMENTS = """
CREATE TEMP TABLE g_part AS
WITH term AS (
    SELECT g_term.*, random() a, random() b, random() c, random() d FROM g_term
), fate AS (
    SELECT *, fate < .03 AS is_credited, fate BETWEEN .03 AND .032 AS is_written_off,
           a < (ARRAY[.004, .03, .30, .01, .03])[kind + 1] AS is_open,
           b < (ARRAY[.01, .06, .20, .03, .05])[kind + 1] AS is_split,
           GREATEST(day, due + CASE kind
               WHEN 0 THEN -10 + floor(c * 12)
               WHEN 1 THEN CASE WHEN d < .8 THEN 5 + floor(c * 40) ELSE -2 END
               WHEN 2 THEN CASE WHEN d < .85 THEN 30 + floor(c * 120) ELSE 3 END
               WHEN 3 THEN -5 + floor(c * 14)
               ELSE CASE WHEN d < .4 THEN 3 + floor(c * 30) ELSE -4 END END::int)
               AS paid_on
      FROM term
)
SELECT row_number() OVER () AS n, part.*,
       CASE WHEN nature <> 'payment' THEN 'bank' WHEN random() < .02 THEN 'moved'
            WHEN random() < .01 THEN 'lost' WHEN random() < .003 THEN 'set_off'
            ELSE 'bank' END AS side,
       CASE WHEN nature <> 'payment' OR row_number() OVER (
                 PARTITION BY client_id, nature ORDER BY day DESC, term) > 1
            THEN 'matched'
            WHEN client_id %% 20 = 0 THEN 'on_account'
            WHEN client_id %% 50 = 1 THEN 'suspense'
            ELSE 'matched' END AS fate
  FROM (
    SELECT n AS term, client_id, fx, move_id, 'refund' AS nature, paid_on AS day,
           CASE WHEN a < .25 THEN amount ELSE round(amount * .3, 2) END AS amount
      FROM fate WHERE is_credited
     UNION ALL
    SELECT n, client_id, fx, move_id, 'entry', paid_on, amount
      FROM fate WHERE is_written_off
     UNION ALL
    SELECT n, client_id, fx, move_id, 'payment', paid_on,
           CASE WHEN is_split THEN round(rest / 2, 2) ELSE rest END
      FROM (SELECT *, CASE WHEN is_credited THEN amount - round(amount * .3, 2)
                           ELSE amount END AS rest FROM fate) fate
     WHERE NOT is_open AND NOT is_written_off AND NOT (is_credited AND a < .25)
     UNION ALL
    SELECT n, client_id, fx, move_id, 'payment', paid_on + 30,
           amount - round(amount / 2, 2)
      FROM fate WHERE is_split AND NOT is_open AND NOT is_credited
                      AND NOT is_written_off AND d < .8
  ) part
 WHERE day <= %(today)s AND amount > 0;
CREATE TEMP TABLE g_rest AS
SELECT term.n, term.amount - COALESCE(sum(part.amount), 0) AS open,
       bool_and(part.nature = 'refund') AS is_reversed
  FROM g_term term
  LEFT JOIN g_part part ON part.term = term.n AND part.fate = 'matched'
 GROUP BY term.n, term.amount;
CREATE INDEX ON g_rest (n)
"""
MOVES = """
INSERT INTO account_move (id, name, journal_id, company_id, state, move_type, auto_post,
       date, invoice_date, invoice_date_due, partner_id, commercial_partner_id,
       currency_id, invoice_currency_rate, amount_untaxed, amount_tax, amount_total,
       amount_residual, amount_untaxed_signed, amount_total_signed,
       amount_residual_signed, payment_state, reversed_entry_id, posted_before,
       create_date, write_date)
SELECT total.id, 'BENCH/' || total.n, %(sales)s,
       CASE client_id %% 100 WHEN 7 THEN %(branch)s ELSE %(company)s END, 'posted',
       CASE total.n %% 100 WHEN 11 THEN 'out_receipt' ELSE 'out_invoice' END,
       'no', day, day, day + term, partner_id, client_id,
       CASE WHEN fx THEN %(foreign_currency)s ELSE %(currency)s END,
       CASE WHEN fx THEN %(rate)s ELSE 1 END, untaxed, tax, untaxed + tax, rest.open,
       untaxed, untaxed + tax, rest.open,
       CASE WHEN rest.open > 0 THEN 'partial' WHEN rest.is_reversed THEN 'reversed'
            ELSE 'paid' END, NULL::int, TRUE, now(), now()
  FROM g_total total
  JOIN (SELECT move_id, sum(open) AS open, bool_and(is_reversed) AS is_reversed
          FROM g_term JOIN g_rest USING (n) GROUP BY move_id) rest
    ON rest.move_id = total.id
 UNION ALL
SELECT %(account_move)s + %(invoices)s + n, 'BENCHP/' || n,
       CASE nature WHEN 'refund' THEN %(sales)s WHEN 'payment' THEN %(bank)s
                   ELSE %(general)s END,
       CASE client_id %% 100 WHEN 7 THEN %(branch)s ELSE %(company)s END, 'posted',
       CASE nature WHEN 'refund' THEN 'out_refund'
                                          ELSE 'entry' END,
       'no', day, CASE nature WHEN 'refund' THEN day END, NULL, client_id, client_id,
       CASE WHEN fx THEN %(foreign_currency)s ELSE %(currency)s END,
       CASE WHEN fx THEN %(rate)s ELSE 1 END, amount, 0, amount, 0, -amount, -amount, 0,
       'paid', CASE nature WHEN 'refund' THEN move_id END, TRUE, now(), now()
  FROM g_part
"""
# lines in the order product, tax, instalment, counterpart, other side
LINES = """
CREATE TEMP TABLE g_size AS
SELECT (SELECT count(*) FROM g_line) AS lines, (SELECT count(*) FROM g_term) AS terms,
       (SELECT count(*) FROM g_part) AS parts;
INSERT INTO account_move_line (id, move_id, parent_state, journal_id, company_id,
       company_currency_id, account_id, currency_id, partner_id, display_type, date,
       invoice_date, date_maturity, debit, credit, balance, amount_currency,
       amount_residual, amount_residual_currency, reconciled, quantity, price_unit,
       discount, price_subtotal, product_id, create_date, write_date)
SELECT %(account_move_line)s + row_number() OVER (ORDER BY item.section, item.n),
       item.move_id, 'posted', item.journal,
       CASE client_id %% 100 WHEN 7 THEN %(branch)s ELSE %(company)s END, %(currency)s,
       item.account,
       CASE WHEN item.fx THEN %(foreign_currency)s ELSE %(currency)s END,
       item.client_id, item.display_type, item.day, item.invoice_date, item.due,
       GREATEST(item.balance, 0), GREATEST(-item.balance, 0), item.balance,
       item.balance * CASE WHEN item.fx THEN %(rate)s ELSE 1 END, item.open, item.open,
       item.open = 0 AND item.account = %(receivable)s, item.quantity, item.price,
       item.discount, item.subtotal, item.product, now(), now()
  FROM (
    SELECT 1 AS section, line.n, line.move_id, %(sales)s AS journal,
           CASE line.nature WHEN 'deposit' THEN %(deposit)s ELSE %(income)s END
               AS account, fx, client_id, 'product' AS display_type, day,
           day AS invoice_date, NULL::date AS due, -line.amount AS balance,
           0::numeric AS open, line.quantity,
           line.price * CASE WHEN fx THEN %(rate)s ELSE 1 END AS price, line.discount,
           line.amount * CASE WHEN fx THEN %(rate)s ELSE 1 END AS subtotal,
           CASE line.nature WHEN 'less' THEN %(deduction)s ELSE %(product)s END
               AS product
      FROM g_line line JOIN g_invoice invoice ON invoice.id = line.move_id
     UNION ALL
    SELECT 2, n, id, %(sales)s, %(income)s, fx, client_id, 'tax', day, day, NULL, -tax,
           0, 0, 0, 0, 0, NULL
      FROM g_total
     UNION ALL
    SELECT 3, term.n, move_id, %(sales)s, %(receivable)s, fx, client_id, 'payment_term',
           day, day, due, amount, rest.open, 0, 0, 0, 0, NULL
      FROM g_term term JOIN g_rest rest USING (n)
     UNION ALL
    SELECT 4, n, %(account_move)s + %(invoices)s + n,
           CASE nature WHEN 'refund' THEN %(sales)s WHEN 'payment' THEN %(bank)s
                       ELSE %(general)s END,
           CASE fate WHEN 'suspense' THEN %(suspense)s ELSE %(receivable)s END, fx,
           client_id,
           CASE nature WHEN 'refund' THEN 'payment_term' ELSE 'product' END, day,
           CASE nature WHEN 'refund' THEN day END,
           CASE nature WHEN 'refund' THEN day END, -amount,
           CASE fate WHEN 'on_account' THEN -amount ELSE 0 END, 0, 0, 0, 0, NULL
      FROM g_part
     UNION ALL
    SELECT 5, n, %(account_move)s + %(invoices)s + n,
           CASE nature WHEN 'refund' THEN %(sales)s WHEN 'payment' THEN %(bank)s
                       ELSE %(general)s END,
           CASE WHEN nature <> 'payment' THEN %(income)s WHEN side = 'moved'
                THEN %(doubtful)s WHEN side = 'lost' THEN %(expense)s
                WHEN side = 'set_off' THEN %(payable)s ELSE %(cash)s END, fx, client_id,
           'product', day, CASE nature WHEN 'refund' THEN day END, NULL, amount,
           CASE side WHEN 'moved' THEN amount ELSE 0 END, 1, amount, 0, amount, NULL
      FROM g_part
  ) item;
INSERT INTO account_partial_reconcile (id, debit_move_id, credit_move_id,
       debit_currency_id, credit_currency_id, company_id, max_date, amount,
       debit_amount_currency, credit_amount_currency, create_date, write_date)
SELECT %(account_partial_reconcile)s + n,
       %(account_move_line)s + lines + %(invoices)s + term,
       %(account_move_line)s + lines + %(invoices)s + terms + n,
       CASE WHEN fx THEN %(foreign_currency)s ELSE %(currency)s END,
       CASE WHEN fx THEN %(foreign_currency)s ELSE %(currency)s END, %(company)s, day,
       amount, amount, amount, now(), now()
  FROM g_part, g_size
 WHERE fate = 'matched'
"""
# every second payment was registered, the others came with a bank statement
PAYMENTS = """
INSERT INTO account_payment (id, move_id, date, journal_id, company_id, partner_id,
       currency_id, amount, amount_company_currency_signed, state, payment_type,
       partner_type, is_matched, is_reconciled, create_date, write_date)
SELECT %(account_payment)s + n, %(account_move)s + %(invoices)s + n, day, %(bank)s,
       CASE client_id %% 100 WHEN 7 THEN %(branch)s ELSE %(company)s END, client_id,
       %(currency)s, amount, amount, 'paid', 'inbound',
       'customer', TRUE, TRUE, now(), now()
  FROM g_part
 WHERE nature = 'payment' AND side = 'bank' AND fate <> 'suspense' AND n %% 2 = 0;
INSERT INTO account_bank_statement_line (id, move_id, journal_id, company_id,
       partner_id, payment_ref, amount, is_reconciled, internal_index, create_date,
       write_date)
SELECT %(account_bank_statement_line)s + n, %(account_move)s + %(invoices)s + n,
       %(bank)s, CASE client_id %% 100 WHEN 7 THEN %(branch)s ELSE %(company)s END,
       client_id, 'BENCH' || n, amount, fate <> 'suspense',
       to_char(day, 'YYYYMMDD') || '2147483647' || lpad(n::text, 10, '0'), now(), now()
  FROM g_part
 WHERE nature = 'payment' AND (fate = 'suspense' OR side = 'bank' AND n %% 2 = 1);
UPDATE account_move_line line
   SET payment_id = payment.id
  FROM account_payment payment
 WHERE line.move_id = payment.move_id AND payment.id > %(account_payment)s;
UPDATE account_move move
   SET origin_payment_id = payment.id
  FROM account_payment payment
 WHERE move.id = payment.move_id AND payment.id > %(account_payment)s;
UPDATE account_move move
   SET statement_line_id = line.id
  FROM account_bank_statement_line line
 WHERE move.id = line.move_id AND line.id > %(account_bank_statement_line)s
"""
# one entry that holds debts of many clients, every second of them open
OPENING = """
CREATE TEMP TABLE g_opening AS
SELECT row_number() OVER (ORDER BY n) AS n, id AS client_id, n %% 100 = 9 AS is_open,
       %(today)s::date - 40 - 3 * (n %% 200) AS due, 100 + n %% 900 AS amount,
       (SELECT max(id) + 1 FROM account_move) AS move_id,
       (SELECT max(id) FROM account_move_line) AS last_id
  FROM g_client WHERE n %% 50 = 9;
INSERT INTO account_move (id, name, journal_id, company_id, state, move_type, auto_post,
       date, currency_id, amount_total, amount_residual, payment_state, posted_before,
       create_date, write_date)
SELECT DISTINCT move_id, 'BENCHO', %(general)s, %(company)s, 'posted', 'entry', 'no',
       %(today)s::date - 700, %(currency)s, 0, 0, 'not_paid', TRUE, now(), now()
  FROM g_opening;
INSERT INTO account_move_line (id, move_id, parent_state, journal_id, company_id,
       company_currency_id, account_id, currency_id, partner_id, display_type, date,
       date_maturity, debit, credit, balance, amount_currency, amount_residual,
       amount_residual_currency, reconciled, create_date, write_date)
SELECT last_id + n, move_id, 'posted', %(general)s, %(company)s, %(currency)s,
       %(receivable)s, %(currency)s, client_id, 'product', %(today)s::date - 700, due,
       amount, 0, amount, amount, CASE WHEN is_open THEN amount ELSE 0 END,
       CASE WHEN is_open THEN amount ELSE 0 END, NOT is_open, now(), now()
  FROM g_opening
 UNION ALL
SELECT last_id + max(n) + 1, move_id, 'posted', %(general)s, %(company)s, %(currency)s,
       %(cash)s, %(currency)s, NULL, 'product', %(today)s::date - 700, NULL,
       0, sum(amount), -sum(amount), -sum(amount), 0, 0, FALSE, now(), now()
  FROM g_opening GROUP BY last_id, move_id
"""
TICKETS = """
CREATE TEMP TABLE g_ticket AS
SELECT draw.n, %(helpdesk_ticket)s + draw.n AS id, client.id AS client_id,
       COALESCE(CASE WHEN b < .7 THEN contact_id END, client.id) AS partner_id,
       client.is_grumpy, %(today)s::date - floor(c * 1095)::int + interval '1 minute'
       * floor(CASE WHEN d < CASE WHEN is_demanding THEN .45 ELSE .12 END
                    THEN e * 1440 ELSE 480 + e * 540 END) AS moment,
       f < .88 AS is_closed,
       g < CASE WHEN is_grumpy THEN .2 ELSE .04 END AS is_reopened,
       2 + floor(h * h * CASE WHEN is_demanding THEN 16 ELSE 7 END)::int AS messages,
       i < .01 AS is_rush, i AS rated
  FROM (SELECT n, random() a, random() b, random() c, random() d, random() e,
               random() f, random() g, random() h, random() i
          FROM generate_series(1, %(tickets)s) n) draw
  JOIN g_client client ON client.n = CASE WHEN a < .35
       THEN 1 + floor(a / .35 * %(clients)s / 16)::int * 16
       ELSE 1 + floor(%(clients)s * power((a - .35) / .65, 1.5))::int END;
INSERT INTO helpdesk_ticket (id, number, name, description, partner_id,
       commercial_partner_id, company_id, stage_id, active, priority, sequence,
       rating_status, create_date, write_date)
SELECT id, 'BENCH' || n, 'Ticket ' || n, '<p>Please help.</p>', partner_id, client_id,
       %(company)s, CASE WHEN is_closed THEN %(closed)s ELSE %(opened)s END, TRUE, '1',
       10, 'stage_change', moment, moment
  FROM g_ticket;
INSERT INTO mail_message (id, model, res_id, subtype_id, author_id, message_type, body,
       message_id, date, is_internal, create_date, write_date)
SELECT %(mail_message)s + row_number() OVER (ORDER BY n, number), 'helpdesk.ticket',
       id, %(comment)s, CASE WHEN number > 0 AND number %% 2 = 1 THEN partner_id
                             ELSE %(staff)s END,
       CASE WHEN number = 0 THEN 'notification' ELSE 'email' END,
       '<p>Message ' || number || ' about the issue, with some text to give the row a '
       'realistic width. Kind regards, the client.</p>',
       '<bench-' || n || '-' || number || '@example.com>',
       moment + interval '6 hours' * number, FALSE, moment, moment
  FROM g_ticket, generate_series(0, 18) number WHERE number <= messages;
INSERT INTO mail_message (id, model, res_id, subtype_id, author_id, message_type, body,
       date, is_internal, create_date, write_date)
SELECT (SELECT max(id) FROM mail_message) + row_number() OVER (ORDER BY n, number),
       'helpdesk.ticket', id, %(comment)s,
       CASE WHEN number = 0 THEN %(staff)s ELSE partner_id END, 'email', '<p>?</p>',
       moment + interval '5 days' + CASE WHEN number = 0 THEN interval '0'
           ELSE interval '16 days' + interval '9 hours' * number END,
       FALSE, moment, moment
  FROM g_ticket, generate_series(0, 3) number WHERE is_rush;
CREATE TEMP TABLE g_stage AS
SELECT (SELECT max(id) FROM mail_message) + row_number() OVER (ORDER BY n, step) AS id,
       row_number() OVER (ORDER BY n, step) AS n, g_ticket.id AS ticket_id, step,
       moment + interval '3 days' * step AS moment
  FROM g_ticket, generate_series(1, 2) step
 WHERE (step = 1 AND (is_closed OR is_reopened)) OR (step = 2 AND is_reopened);
INSERT INTO mail_message (id, model, res_id, author_id, message_type, body, date,
       is_internal, create_date, write_date)
SELECT id, 'helpdesk.ticket', ticket_id, %(staff)s, 'notification', '', moment, TRUE,
       moment, moment
  FROM g_stage;
INSERT INTO mail_tracking_value (id, field_id, old_value_integer, new_value_integer,
       mail_message_id, create_date, write_date)
SELECT %(mail_tracking_value)s + n, %(stage_field)s,
       CASE step WHEN 1 THEN %(opened)s ELSE %(closed)s END,
       CASE step WHEN 1 THEN %(closed)s ELSE %(opened)s END, id, moment, moment
  FROM g_stage;
INSERT INTO rating_rating (id, res_model_id, res_model, res_id, res_name, partner_id,
       rated_partner_id, rating, consumed, access_token, create_date, write_date)
SELECT %(rating_rating)s + n, %(ticket_model)s, 'helpdesk.ticket', id, 'Ticket ' || n,
       partner_id, %(staff)s, CASE WHEN rated < .02 OR is_grumpy THEN 1
                                   WHEN rated < .06 THEN 3 ELSE 5 END,
       rated < .22, md5('bench' || n), moment, moment
  FROM g_ticket WHERE rated < .35
"""
# what staff and the gateway marked
MARKS = """
UPDATE res_partner SET client_health_agreed_discount = 10
 WHERE id > %(res_partner)s AND id %% 20 = 3 AND parent_id IS NULL;
UPDATE account_move SET client_health_disputed = TRUE
 WHERE id > %(account_move)s AND id %% 200 = 3 AND move_type = 'out_invoice';
UPDATE account_move SET client_health_offered = TRUE
 WHERE id > %(account_move)s AND id %% 100 = 7 AND move_type = 'out_invoice';
UPDATE helpdesk_ticket SET client_health_own_fault = TRUE
 WHERE id > %(helpdesk_ticket)s AND id %% 100 = 5;
UPDATE helpdesk_ticket SET client_health_merged_into_id = id - 1
 WHERE id > %(helpdesk_ticket)s + 1 AND id %% 100 = 6;
UPDATE mail_message SET client_health_automatic = TRUE
 WHERE id > %(mail_message)s AND id %% 200 = 9 AND message_type = 'email';
UPDATE mail_message message SET author_id = NULL, email_from = partner.email
  FROM res_partner partner
 WHERE message.id > %(mail_message)s AND message.id %% 200 = 11
   AND message_type = 'email' AND partner.id = author_id
   AND partner.id > %(res_partner)s;
UPDATE mail_message SET body = '<span class="o-mail-Message-edited"></span>'
 WHERE id > %(mail_message)s AND id %% 200 = 13 AND message_type = 'email'
"""
STEPS = {
    "clients": CLIENTS,
    "invoices": INVOICES,
    "settlements": SETTLEMENTS,
    "moves": MOVES,
    "lines": LINES,
    "payments": PAYMENTS,
    "opening": OPENING,
    "tickets": TICKETS,
    "marks": MARKS,
}


def write_ledger(connection, today, clients, invoices, tickets):
    """Fill a database, that has both addons and a product, with a large book.

    :param connection: a psycopg2 connection of a superuser
    :param datetime.date today: the day the book is seen from
    """
    cursor = connection.cursor()
    cursor.execute(SETTINGS)
    cursor.execute("SELECT setseed(%s)", [SEED])
    cursor.execute(LOOK_UP)
    names = [column.name for column in cursor.description]
    params = dict(zip(names, cursor.fetchone(), strict=True))
    params |= {table: _last_id(cursor, table) for table in TABLES}
    params |= {
        "today": today,
        "days": 365 * YEARS,
        "rate": RATE,
        "clients": clients,
        "invoices": invoices,
        "tickets": tickets,
    }
    indexes = _drop_indexes(cursor)
    for label, statements in STEPS.items():
        start = time.perf_counter()
        cursor.execute(statements, params)
        print(f"  {label:12} {time.perf_counter() - start:6.1f} s", flush=True)
    for definition in indexes:
        cursor.execute(definition)
    for table in TABLES:
        cursor.execute(f"SELECT setval('{table}_id_seq', max(id)) FROM {table}")
    connection.commit()
    connection.autocommit = True
    cursor.execute("VACUUM ANALYZE")


def _last_id(cursor, table):
    cursor.execute(f"SELECT COALESCE(max(id), 0) FROM {table}")
    return cursor.fetchone()[0]


def _drop_indexes(cursor):
    """Drop what is quicker to make again, and return how."""
    cursor.execute(
        """
        SELECT indexname, indexdef FROM pg_indexes
          JOIN pg_class ON relname = indexname
          JOIN pg_index ON indexrelid = pg_class.oid
         WHERE schemaname = 'public' AND tablename = ANY(%s) AND NOT indisprimary
           AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = pg_class.oid)
        """,
        [list(TABLES)],
    )
    found = cursor.fetchall()
    for name, _definition in found:
        cursor.execute(f'DROP INDEX "{name}"')
    return [definition for _name, definition in found]
