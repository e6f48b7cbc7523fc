-- In the first district: nobody holds a voucher but %(families)s families, who have confirmed theirs; each turn has a
-- kindergarten with %(free)s free places, and one big kindergarten has places for everybody else.

SET session_replication_role = replica;  -- the rows are right: no look-up of foreign keys while they are written

CREATE TEMP TABLE here AS SELECT min(id) AS place_id FROM place WHERE kind = 'district';

INSERT INTO norm (name, place_id, valid_from, value, unit, carry, legal_basis, approved_at)
SELECT name, here.place_id, valid_from, 'voucher', unit, carry, legal_basis, approved_at
FROM norm, here WHERE name = 'procedure';

UPDATE voucher SET status = 'lapsed', ended_at = issued_at
FROM application JOIN here USING (place_id)
WHERE application.id = voucher.application_id AND voucher.status IN ('issued', 'confirmed');
UPDATE stop_listing SET ended_at = '2026-04-03', ended_with = 'archive'
FROM application JOIN here USING (place_id)
WHERE application.id = stop_listing.application_id AND stop_listing.ended_at IS NULL;
UPDATE application SET status = 'archived'
FROM here WHERE application.place_id = here.place_id AND status IN ('confirming', 'voucher_issued', 'stop_listed');

CREATE TEMP TABLE family AS
SELECT id FROM application JOIN here USING (place_id) WHERE status = 'queued' ORDER BY id LIMIT %(families)s;
INSERT INTO voucher (application_id, kind, status, issued_at, issued_on, confirm_by, confirm_norm_id, confirmed_on,
                     choose_by, choose_norm_id)
SELECT family.id, 'general', 'confirmed', '2026-04-08 10:00+05', '2026-04-08', '2026-04-10', confirm.id, '2026-04-09',
       '2026-04-16', choose.id
FROM family, norm confirm, norm choose WHERE confirm.name = 'voucher.confirm' AND choose.name = 'voucher.choose';
UPDATE application SET status = 'voucher_issued' FROM family WHERE family.id = application.id;

INSERT INTO kindergarten (place_id, name, search_name, kind, ownership, state_order, queue_kind)
SELECT place_id, n::text, n::text, 'kindergarten', 'state', false, 'general'
FROM here, generate_series(0, %(turns)s) n;
INSERT INTO kg_group (kindergarten_id, name, search_name, language, birth_year_from, birth_year_to, capacity)
SELECT id, 'топ', 'top', 'kk', 2018, 2026, CASE name WHEN '0' THEN 999 ELSE %(free)s END FROM kindergarten ORDER BY id;
INSERT INTO vacancy (group_id, intake, places, status, published_at)
SELECT id, 'general', capacity, 'published', '2026-04-01' FROM kg_group ORDER BY id;
INSERT INTO seat (group_id, vacancy_id, intake)
SELECT group_id, id, 'general' FROM vacancy, generate_series(1, places);
