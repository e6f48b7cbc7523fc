-- The clock's lapse by hand, for all districts in one transaction: what a database administrator would write.

CREATE TEMP TABLE due ON COMMIT DROP AS
SELECT voucher.id, voucher.application_id, application.place_id,
       voucher.confirm_by + 1 AS from_on, voucher.confirm_by + 1 + norm.value::int AS until, norm.id AS norm_id
FROM voucher
JOIN application ON application.id = voucher.application_id
JOIN norm ON norm.name = 'voucher.stop_list'
WHERE voucher.status = 'issued' AND voucher.confirm_by < %(today)s;

ANALYZE due;

INSERT INTO stop_listing (application_id, voucher_id, from_on, until, norm_id)
SELECT application_id, id, from_on, until, norm_id FROM due;

INSERT INTO notice (application_id, audience, template, facts, at, planned)
SELECT application_id, 'family', 'lapse', jsonb_build_object('until', until), %(at)s, false FROM due;

INSERT INTO change (at, effective_on, verb, subject, subject_id, application_id, place_id, role, for_family,
                    status_from, status_to, standing, norm_id, details)
SELECT %(at)s, from_on, 'lapse', 'application', application_id, application_id, place_id, 'clock', false,
       'confirming', 'stop_listed', true, norm_id, NULL::jsonb
FROM due
UNION ALL
SELECT %(at)s, from_on, 'lapse', 'voucher', id, application_id, place_id, 'clock', false,
       'issued', 'lapsed', NULL::boolean, norm_id, jsonb_build_object('ended_at', %(at_text)s)
FROM due;

UPDATE application SET status = 'stop_listed' FROM due WHERE application.id = due.application_id;

UPDATE voucher SET status = 'lapsed', ended_at = %(at)s FROM due WHERE voucher.id = due.id;
