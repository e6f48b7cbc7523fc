"""The regulation a second time (spec 3, from the text alone), to play the real system against: spec 7, "the workflow".

days.py counts days, lines.py puts children in order, reference.py is the town; machine.py plays both at once.
"""
