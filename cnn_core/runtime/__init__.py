"""Processes, devices and disk: run store, queue, workers, checkpoints and the warm spare."""
