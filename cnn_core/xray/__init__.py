"""Chest X-ray triage: splits, audit, statistics, decisions, reports. Free of torch."""
