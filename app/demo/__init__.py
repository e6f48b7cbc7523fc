"""The invented town that `make run` shows: its people, and what happened in it before today."""
