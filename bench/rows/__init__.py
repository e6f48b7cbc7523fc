"""The rows of the table: one file each, its name is the row's name, and nothing else has to know of it.

A row says WORK (what is done), PEER (what it is measured beside), TARGET (the highest ratio that holds), and has
`measure(town, times) -> Figure` that first checks that both sides do the same. `times`: pairs of runs, at least 2.
"""
