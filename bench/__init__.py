"""What Kezek does, measured beside a peer that does the same (spec 9): `make bench`, one file in rows/ for each row."""
