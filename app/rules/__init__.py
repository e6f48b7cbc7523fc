"""What the regulation says: pure functions and tables; no session, no clock, no Flask."""
