-- A verb by hand: what is read to decide, under the district's lock, then the rows that it leaves, those of the form that
-- was sent (it has its effect once, and is answered as before when it comes again) among them. 10 April 2026 is a Friday.

-- verb: confirm
SELECT id FROM place WHERE id = (SELECT place_id FROM application WHERE id = %(id)s) FOR NO KEY UPDATE;
SELECT application.status, voucher.id, voucher.status, voucher.confirm_by FROM application
JOIN voucher ON voucher.application_id = application.id WHERE application.id = %(id)s;
UPDATE voucher SET status = 'confirmed', confirmed_on = %(today)s, choose_by = '2026-04-17',
       choose_norm_id = (SELECT id FROM norm WHERE name = 'voucher.choose')
WHERE application_id = %(id)s AND status = 'issued';
UPDATE application SET status = 'voucher_issued' WHERE id = %(id)s;
INSERT INTO change (at, effective_on, verb, subject, subject_id, application_id, place_id, role, user_id, for_family, paper_on,
                    status_from, status_to, standing, norm_id)
SELECT %(at)s, %(today)s, 'confirm', 'voucher', voucher.id, application.id, place_id, 'department',
       (SELECT min(id) FROM ab_user), true, %(today)s, 'issued', 'confirmed', NULL::boolean, choose_norm_id
FROM application JOIN voucher ON voucher.application_id = application.id
WHERE application.id = %(id)s AND voucher.status = 'confirmed'
UNION ALL
SELECT %(at)s, %(today)s, 'confirm', 'application', application.id, application.id, place_id, 'department',
       (SELECT min(id) FROM ab_user), true, %(today)s, 'confirming', 'voucher_issued', true, choose_norm_id
FROM application JOIN voucher ON voucher.application_id = application.id
WHERE application.id = %(id)s AND voucher.status = 'confirmed';
INSERT INTO notice (application_id, audience, template, facts, at, planned)
VALUES (%(id)s, 'family', 'confirm', '{"choose_by": "2026-04-17"}', %(at)s, false);
INSERT INTO document (application_id, voucher_id, kind, code, asked_at)
SELECT %(id)s, id, 'voucher', md5(random()::text), %(at)s FROM voucher WHERE application_id = %(id)s AND status = 'confirmed';
INSERT INTO outbox (job, document_id, asked_at, attempts)
SELECT 'render', id, %(at)s, 0 FROM document WHERE application_id = %(id)s AND kind = 'voucher';
INSERT INTO sent_form (key_hash, user_id, body_hash, at, answer)
VALUES (encode(sha256(random()::text::bytea), 'hex'), (SELECT min(id) FROM ab_user), md5('confirm'), now(), '{"said": []}');
UPDATE signed_in SET facts = facts, seen_at = now() WHERE id = (SELECT min(id) FROM signed_in);

-- verb: choose
SELECT id FROM place WHERE id = (SELECT place_id FROM application WHERE id = %(id)s) FOR NO KEY UPDATE;
SELECT application.status, voucher.id, voucher.status, voucher.choose_by FROM application
JOIN voucher ON voucher.application_id = application.id WHERE application.id = %(id)s;
SELECT seat.id FROM seat WHERE vacancy_id = %(vacancy)s AND retired_at IS NULL
AND NOT EXISTS (SELECT FROM holding WHERE seat_id = seat.id AND ended_at IS NULL) ORDER BY seat.id LIMIT 1;
INSERT INTO referral (application_id, child_id, child_iin, voucher_id, vacancy_id, kind, status, issued_at, issued_on, extensions)
SELECT application.id, child_id, child_iin, voucher.id, %(vacancy)s, 'general', 'issued', %(at)s, %(today)s, 0
FROM application JOIN voucher ON voucher.application_id = application.id
WHERE application.id = %(id)s AND voucher.status = 'confirmed';
INSERT INTO contract (referral_id, status, drawn_up_at) SELECT id, 'draft', %(at)s FROM referral WHERE application_id = %(id)s;
INSERT INTO holding (seat_id, kind, application_id, referral_id, started_at)
SELECT (SELECT seat.id FROM seat WHERE vacancy_id = %(vacancy)s AND retired_at IS NULL
        AND NOT EXISTS (SELECT FROM holding WHERE seat_id = seat.id AND ended_at IS NULL) ORDER BY seat.id LIMIT 1),
       'held', %(id)s, id, %(at)s FROM referral WHERE application_id = %(id)s;
UPDATE application SET status = 'referred' WHERE id = %(id)s;
INSERT INTO change (at, effective_on, verb, subject, subject_id, application_id, kindergarten_id, place_id, role, user_id,
                    for_family, paper_on, status_from, status_to, standing)
SELECT %(at)s, %(today)s, verb, subject, CASE subject WHEN 'application' THEN application.id WHEN 'referral' THEN referral.id
       ELSE contract.id END, application.id, kindergarten_id, place_id, 'department', (SELECT min(id) FROM ab_user),
       paper IS NOT NULL, paper, before, after, CASE subject WHEN 'application' THEN true END
FROM application JOIN referral ON referral.application_id = application.id
JOIN contract ON contract.referral_id = referral.id JOIN vacancy ON vacancy.id = vacancy_id
JOIN kg_group ON kg_group.id = group_id,
     (VALUES ('issue', 'referral', NULL, NULL, 'issued'), ('draw_up', 'contract', NULL, NULL, 'draft'),
             ('choose', 'application', %(today)s::date, 'voucher_issued', 'referred'))
     AS rows (verb, subject, paper, before, after)
WHERE application.id = %(id)s;
INSERT INTO notice (application_id, kindergarten_id, audience, template, facts, at, planned)
SELECT %(id)s, CASE audience WHEN 'kindergarten' THEN kindergarten.id END, audience, 'choose',
       jsonb_build_object('kindergarten', kindergarten.name, 'choose_by', '2026-04-16'), %(at)s, false
FROM vacancy JOIN kg_group ON kg_group.id = group_id JOIN kindergarten ON kindergarten.id = kindergarten_id,
     unnest(ARRAY['family', 'kindergarten']) audience WHERE vacancy.id = %(vacancy)s;
INSERT INTO document (application_id, referral_id, kind, code, asked_at)
SELECT %(id)s, referral.id, made.kind, md5(random()::text), %(at)s
FROM referral, unnest(ARRAY['referral', 'child_card', 'contract']) made (kind) WHERE application_id = %(id)s;
INSERT INTO outbox (job, document_id, asked_at, attempts)
SELECT 'render', id, %(at)s, 0 FROM document WHERE application_id = %(id)s AND referral_id IS NOT NULL;
INSERT INTO sent_form (key_hash, user_id, body_hash, at, answer)
VALUES (encode(sha256(random()::text::bytea), 'hex'), (SELECT min(id) FROM ab_user), md5('choose'), now(), '{"said": []}');
UPDATE signed_in SET facts = facts, seen_at = now() WHERE id = (SELECT min(id) FROM signed_in);

-- verb: enrol
SELECT id FROM place WHERE id = (SELECT place_id FROM application WHERE id = %(id)s) FOR NO KEY UPDATE;
SELECT application.status, referral.status, contract.status FROM application
JOIN referral ON referral.application_id = application.id JOIN contract ON contract.referral_id = referral.id
WHERE application.id = %(id)s;
UPDATE holding SET ended_at = %(at)s WHERE application_id = %(id)s AND kind = 'held' AND ended_at IS NULL;
INSERT INTO enrolment (child_id, child_iin, application_id, group_id, intake, started_on)
SELECT child_id, child_iin, id, (SELECT group_id FROM vacancy WHERE id = %(vacancy)s), 'general', %(today)s
FROM application WHERE id = %(id)s;
INSERT INTO holding (seat_id, kind, application_id, enrolment_id, started_at)
SELECT seat_id, 'enrolment', %(id)s, enrolment.id, %(at)s FROM holding JOIN enrolment USING (application_id)
WHERE application_id = %(id)s AND kind = 'held';
UPDATE referral SET status = 'used', ended_at = %(at)s WHERE application_id = %(id)s;
UPDATE application SET status = 'enrolled' WHERE id = %(id)s;
INSERT INTO change (at, effective_on, verb, subject, subject_id, application_id, kindergarten_id, place_id, role, user_id,
                    for_family, status_from, status_to, standing)
SELECT %(at)s, %(today)s, verb, subject, CASE subject WHEN 'application' THEN application.id WHEN 'referral' THEN referral.id
       ELSE enrolment.id END, application.id, kindergarten_id, place_id, 'head', (SELECT max(id) FROM ab_user), false, before,
       after, CASE subject WHEN 'application' THEN true END
FROM application JOIN referral ON referral.application_id = application.id
JOIN enrolment ON enrolment.application_id = application.id JOIN kg_group ON kg_group.id = enrolment.group_id,
     (VALUES ('enrol', 'enrolment', NULL, NULL), ('use', 'referral', 'issued', 'used'),
             ('enrol', 'application', 'referred', 'enrolled')) AS rows (verb, subject, before, after)
WHERE application.id = %(id)s;
INSERT INTO notice (application_id, audience, template, facts, at, planned)
SELECT %(id)s, 'family', 'enrol', jsonb_build_object('kindergarten', kindergarten.name), %(at)s, false
FROM vacancy JOIN kg_group ON kg_group.id = group_id JOIN kindergarten ON kindergarten.id = kindergarten_id
WHERE vacancy.id = %(vacancy)s;
INSERT INTO sent_form (key_hash, user_id, body_hash, at, answer)
VALUES (encode(sha256(random()::text::bytea), 'hex'), (SELECT min(id) FROM ab_user), md5('enrol'), now(), '{"said": []}');
UPDATE signed_in SET facts = facts, seen_at = now() WHERE id = (SELECT min(id) FROM signed_in);
