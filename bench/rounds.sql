-- The town for rounds: its children wait in 360 queues, 120 districts with three kinds each, by the voucher procedure;
-- nobody has a voucher, and each queue has a kindergarten with one published group of %(seats)s free places for all years.

SET session_replication_role = replica;  -- the rows are right: no look-up of foreign keys while they are written

INSERT INTO place (kind, parent_id, name_kk, name_ru, sort_kk, sort_ru)
SELECT 'district', region.id, n || '-аудан', 'Район ' || n, lpad(n::text, 3, '0'), lpad(n::text, 3, '0')
FROM place region, generate_series(21, 120) n WHERE region.kind = 'region';

INSERT INTO norm (name, place_id, valid_from, value, unit, carry, legal_basis, approved_at)
SELECT norm.name, region.id, valid_from, 'voucher', unit, carry, legal_basis, approved_at
FROM norm, place region WHERE norm.name = 'procedure' AND region.kind = 'region';

CREATE TEMP TABLE moved AS
SELECT application.id, districts.ids[1 + (application.id - 1) %% 120] AS place_id,
       (ARRAY['general', 'sanatorium', 'special'])[1 + (application.id - 1) / 120 %% 3] AS queue_kind
FROM application, (SELECT array_agg(id ORDER BY id) AS ids FROM place WHERE kind = 'district') districts;

UPDATE application SET place_id = moved.place_id, queue_kind = moved.queue_kind,
       status = CASE WHEN status IN ('confirming', 'voucher_issued', 'stop_listed') THEN 'archived' ELSE status END
FROM moved WHERE moved.id = application.id;
UPDATE child SET place_id = moved.place_id FROM moved WHERE moved.id = child.id;
UPDATE voucher SET status = 'lapsed', ended_at = issued_at WHERE status IN ('issued', 'confirmed');
UPDATE stop_listing SET ended_at = '2026-04-03', ended_with = 'archive' WHERE ended_at IS NULL;

INSERT INTO kindergarten (place_id, name, search_name, kind, ownership, state_order, queue_kind)
SELECT id, queue_kind, queue_kind, CASE queue_kind WHEN 'general' THEN 'kindergarten' ELSE queue_kind END, 'state', false,
       queue_kind
FROM place, unnest(ARRAY['general', 'sanatorium', 'special']) queue_kind WHERE place.kind = 'district';
INSERT INTO kg_group (kindergarten_id, name, search_name, language, birth_year_from, birth_year_to, capacity)
SELECT id, 'топ', 'top', 'kk', 2018, 2026, %(seats)s FROM kindergarten;
INSERT INTO vacancy (group_id, intake, places, status, published_at)
SELECT id, 'general', %(seats)s, 'published', '2026-04-01' FROM kg_group;
INSERT INTO seat (group_id, vacancy_id, intake)
SELECT group_id, id, 'general' FROM vacancy, generate_series(1, %(seats)s);
