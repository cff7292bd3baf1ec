"""The page "Monitoring": how triage does on this machine, and how one notices that it stops."""
