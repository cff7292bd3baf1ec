"""Processes, devices and disk: the run store, the queue, workers, checkpoints and the warm spare."""
