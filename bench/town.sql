-- A town of %(size)s applications in 20 districts. Invented names and IINs (without a valid check digit); the same
-- rows every time, no random(). Of every 100 applications of a district: 5 have a voucher that was not confirmed in
-- time (two last days), 1 has one to confirm and 1 a confirmed one that still run, 2 are stop-listed, 3 archived,
-- 2 enrolled, 86 wait, most of them with a voucher that lapsed before.

SET session_replication_role = replica;  -- the rows are right: no look-up of foreign keys while they are loaded

INSERT INTO place (kind, parent_id, name_kk, name_ru, sort_kk, sort_ru)
SELECT 'region', id, 'Өлшем облысы', 'Область замеров', '', '' FROM place WHERE kind = 'country';

INSERT INTO place (kind, parent_id, name_kk, name_ru, sort_kk, sort_ru)
SELECT 'district', region.id, n || '-аудан', 'Район ' || n, lpad(n::text, 3, '0'), lpad(n::text, 3, '0')
FROM place region, generate_series(1, 20) n WHERE region.kind = 'region';

CREATE TEMP TABLE one AS
SELECT i,
       districts.ids[1 + i %% 20] AS place_id,
       i / 20 %% 100 AS kind,
       date '2021-01-01' + i %% 1400 AS born_on,
       timestamptz '2023-03-01 09:00+05' + (interval '3 years' * i / %(size)s) AS queued_at,
       1 + i * 17 %% 40 AS last_name,
       1 + i / 40 %% 25 AS first_name,
       1 + i %% 20 + 20 * (i / 20 * 4 / 5) AS applicant_id  -- one in five of a district has two children
FROM generate_series(0, %(size)s - 1) i,
     (SELECT array_agg(id ORDER BY id) AS ids FROM place WHERE kind = 'district') districts;

INSERT INTO child (id, place_id, iin, born_on, birth_year, sex, last_name, first_name, patronymic, search_name)
SELECT i + 1, place_id, to_char(born_on, 'YYMMDD') || lpad(i::text, 6, '0'), born_on, extract(year FROM born_on),
       CASE i %% 2 WHEN 0 THEN 'male' ELSE 'female' END,
       (%(last_names)s::text[])[last_name], (%(first_names)s::text[])[first_name], '',
       (%(last_keys)s::text[])[last_name] || ' ' || (%(first_keys)s::text[])[first_name]
FROM one;

INSERT INTO applicant (id, place_id, iin, last_name, first_name, patronymic, search_name)
SELECT DISTINCT ON (applicant_id) applicant_id, place_id, '9' || lpad(applicant_id::text, 11, '0'),
       (%(last_names)s::text[])[last_name], (%(first_names)s::text[])[first_name], '',
       (%(last_keys)s::text[])[last_name] || ' ' || (%(first_keys)s::text[])[first_name]
FROM one ORDER BY applicant_id;

INSERT INTO application
       (id, number, number_key, place_id, queue_kind, child_id, child_iin, born_on, birth_year, applicant_id, queued_at,
        standing, privilege, status, notice_language)
SELECT i + 1, 'ОДО.2026.' || i, 'ODO-2026-' || i, place_id, 'general', i + 1,
       to_char(born_on, 'YYMMDD') || lpad(i::text, 6, '0'), born_on, extract(year FROM born_on), applicant_id, queued_at,
       true, CASE kind WHEN 50 THEN 'out_of_turn' WHEN 51 THEN 'first_order' END,
       CASE WHEN kind < 6 THEN 'confirming' WHEN kind < 8 THEN 'stop_listed' WHEN kind < 11 THEN 'archived'
            WHEN kind < 13 THEN 'enrolled' WHEN kind = 13 THEN 'voucher_issued' ELSE 'queued' END, 'kk'
FROM one;

INSERT INTO privilege (application_id, kind, status, claimed_at, decided_at)
SELECT i + 1, CASE kind WHEN 50 THEN 'out_of_turn' ELSE 'first_order' END, 'confirmed', queued_at, queued_at
FROM one WHERE kind IN (50, 51);

CREATE TEMP TABLE voucher_of (kind int, status text, issued_on date, confirm_by date, confirmed_on date, choose_by date);
INSERT INTO voucher_of VALUES
(5, 'issued', '2026-04-10', '2026-04-14', NULL, NULL),
(13, 'confirmed', '2026-04-08', '2026-04-10', '2026-04-09', '2026-04-16');
INSERT INTO voucher_of SELECT kind, 'issued', date '2026-04-06' + kind %% 2, date '2026-04-08' + kind %% 2
FROM generate_series(0, 4) kind;
INSERT INTO voucher_of SELECT kind, 'lapsed', '2026-03-30', '2026-04-01'
FROM generate_series(6, 99) kind WHERE kind NOT BETWEEN 8 AND 27;

INSERT INTO voucher (application_id, kind, status, issued_at, issued_on, confirm_by, confirm_norm_id, confirmed_on,
                     choose_by, ended_at)
SELECT i + 1, 'general', of.status, of.issued_on + time '10:00', of.issued_on, of.confirm_by, norm.id, of.confirmed_on,
       of.choose_by, CASE of.status WHEN 'lapsed' THEN of.confirm_by + time '20:00' END
FROM one JOIN voucher_of of USING (kind) JOIN norm ON norm.name = 'voucher.confirm';

INSERT INTO stop_listing (application_id, voucher_id, from_on, until, norm_id, ended_at, ended_with)
SELECT application_id, voucher.id, date '2026-04-02', date '2026-04-30', norm.id,
       CASE application.status WHEN 'queued' THEN timestamptz '2026-04-03 10:00+05' END,
       CASE application.status WHEN 'queued' THEN 'restore' END
FROM voucher, application, norm
WHERE application.id = application_id AND voucher.status = 'lapsed' AND norm.name = 'voucher.stop_list'
  AND (application.status = 'stop_listed' OR application_id / 20 %% 5 = 0);

INSERT INTO change (at, effective_on, verb, subject, subject_id, application_id, place_id, role, for_family, status_to,
                    standing)
SELECT queued_at, queued_at::date, 'register', 'application', i + 1, i + 1, place_id, 'operator', false, 'queued', true
FROM one;

INSERT INTO change (at, effective_on, verb, subject, subject_id, application_id, place_id, role, for_family, status_from,
                    status_to, standing)
SELECT timestamptz '2026-03-30 10:00+05', '2026-03-30', 'issue', 'application', application.id, application.id,
       application.place_id, 'department', false, 'queued', application.status, true
FROM application WHERE status <> 'queued';

INSERT INTO change (at, effective_on, verb, subject, subject_id, application_id, place_id, role, for_family, status_to)
SELECT claimed_at, claimed_at::date, 'confirm', 'privilege', privilege.id, application_id, place_id, 'specialist', false,
       'confirmed'
FROM privilege JOIN application ON application.id = application_id;

INSERT INTO notice (application_id, audience, template, facts, at, planned)
SELECT i + 1, 'family', 'register', '{}', queued_at, false FROM one WHERE kind < 50;

SELECT setval(pg_get_serial_sequence(t, 'id'), %(size)s + 1)
FROM unnest(ARRAY['child', 'applicant', 'application']) t;
