"""The ideas behind the classic networks as experiments that are run, not read.

A package an experiment: `row` (what it asks), `settings`, `plan` (its trials) and `reading` (what
they say) are free of torch; `trials` trains.
"""
