-- A day's rounds by hand, for all districts in one transaction: vouchers down the order of each queue, as many as there are
-- free places, with their history and notices; and of each district's round the paper to be made of it.

CREATE TEMP TABLE terms ON COMMIT DROP AS
SELECT (SELECT id FROM norm WHERE name = 'voucher.confirm') AS norm_id,
       (SELECT id FROM queue_order WHERE kind = 'categories') AS order_id, %(confirm_by)s::date AS confirm_by;

CREATE TEMP TABLE line ON COMMIT DROP AS
SELECT ranked.*, row_number() OVER (PARTITION BY place_id, queue_kind ORDER BY rank, queued_at, id) AS position
FROM (SELECT application.id, place_id, queue_kind, queued_at,
             (SELECT min(category.rank) FROM queue_category category, terms
              WHERE category.queue_order_id = terms.order_id
                AND born_on <= %(today)s - make_interval(months => category.months_from)
                AND (category.months_to IS NULL
                     OR born_on > %(today)s - make_interval(months => category.months_to + 1))
                AND (category.privilege IS NULL OR category.privilege = application.privilege)) AS rank
      FROM application WHERE status = 'queued' AND standing) ranked
WHERE rank IS NOT NULL;

CREATE TEMP TABLE free ON COMMIT DROP AS
SELECT kindergarten.place_id, kindergarten.queue_kind, count(*) AS seats
FROM seat JOIN vacancy ON vacancy.id = seat.vacancy_id JOIN kg_group ON kg_group.id = seat.group_id
JOIN kindergarten ON kindergarten.id = kg_group.kindergarten_id
WHERE vacancy.status = 'published' AND vacancy.intake = 'general' AND seat.retired_at IS NULL
  AND NOT EXISTS (SELECT FROM holding WHERE holding.seat_id = seat.id AND holding.ended_at IS NULL)
GROUP BY 1, 2;

INSERT INTO queue_round (place_id, held_on, held_at, queue_order_id, after_change_id, automatic, served, passed)
SELECT place_id, %(today)s, %(at)s, order_id, (SELECT max(id) FROM change), false, sum(served), sum(waits - served)
FROM terms, (SELECT place_id, count(*) AS waits, count(*) FILTER (WHERE position <= seats) AS served
             FROM line JOIN free USING (place_id, queue_kind) GROUP BY place_id, queue_kind) queues
GROUP BY place_id, order_id ORDER BY place_id;

CREATE TEMP TABLE given ON COMMIT DROP AS
SELECT line.id, line.place_id, queue_round.id AS round_id,
       row_number() OVER (ORDER BY line.place_id, line.queue_kind, position) AS position
FROM line JOIN free USING (place_id, queue_kind)
JOIN queue_round ON queue_round.place_id = line.place_id WHERE line.position <= seats;

INSERT INTO voucher (application_id, round_id, kind, status, issued_at, issued_on, confirm_by, confirm_norm_id)
SELECT id, round_id, 'general', 'issued', %(at)s, %(today)s, confirm_by, norm_id FROM given, terms ORDER BY position;

INSERT INTO change (at, effective_on, verb, subject, subject_id, application_id, place_id, role, for_family, status_from,
                    status_to, standing, norm_id)
SELECT %(at)s, %(today)s, 'issue', 'voucher', voucher.id, given.id, place_id, 'department', false, NULL, 'issued',
       NULL::boolean, norm_id
FROM given JOIN voucher ON voucher.application_id = given.id AND voucher.status = 'issued', terms
UNION ALL
SELECT %(at)s, %(today)s, 'issue', 'application', id, id, place_id, 'department', false, 'queued', 'confirming', true, norm_id
FROM given, terms;

INSERT INTO change (at, effective_on, verb, subject, subject_id, place_id, role, for_family)
SELECT held_at, held_on, 'issue', 'queue_round', id, place_id, 'department', false FROM queue_round;

INSERT INTO notice (application_id, audience, template, facts, at, planned)
SELECT id, 'family', 'issue', jsonb_build_object('confirm_by', confirm_by), %(at)s, false FROM given, terms;

UPDATE application SET status = 'confirming' FROM given WHERE application.id = given.id;

WITH paper AS (
    INSERT INTO document (round_id, kind, version, facts, code, asked_at)
    SELECT id, 'protocol', 1, jsonb_build_object('served', served), md5(random()::text), held_at FROM queue_round
    RETURNING id, asked_at)
INSERT INTO outbox (job, document_id, asked_at, attempts) SELECT 'render', id, asked_at, 0 FROM paper;
