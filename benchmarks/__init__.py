"""What the project claims about its speed, measured on this machine: `python -m benchmarks`.

One benchmark a file, each with `measure(...) -> list[Row]`; `__main__` lists, runs and reports
them. README.md says what is claimed and how the results read.
"""
