"""The database: its session and how it is written to, and what the two databases say in their own words."""
