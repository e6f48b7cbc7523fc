"""Tables read from files of any format, and written as XLSX or CSV. Nothing here knows what a kindergarten is."""
