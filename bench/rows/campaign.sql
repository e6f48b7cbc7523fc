-- Families of the first district: %(families)s of them, who hold vouchers (choices.sql), choose by a code; %(refresh)s
-- others look again and again. Each has entered, by a key of which this is the hash.

INSERT INTO norm (name, place_id, valid_from, value, unit, carry, legal_basis, approved_at)
SELECT 'sign.choose', here.place_id, valid_from, 'code', unit, carry, legal_basis, approved_at
FROM norm, here WHERE name = 'sign.choose';

CREATE TEMP TABLE visits AS
SELECT family.id, true AS chooses FROM family
UNION ALL (SELECT id, false FROM application WHERE status = 'queued' ORDER BY id DESC LIMIT %(refresh)s);

INSERT INTO visit (key_hash, iin, sign_in, phones, whole, began_at, seen_at)
SELECT encode(sha256(convert_to('bench-' || visits.id, 'UTF8')), 'hex'), applicant.iin, 'code', '[]', true, now(), now()
FROM visits JOIN application USING (id) JOIN applicant ON applicant.id = application.applicant_id;
