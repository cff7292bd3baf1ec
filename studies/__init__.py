"""What takes too long to be repeated with every test: `python -m studies NAME`.

One study a file, each with `main(arguments) -> int`; `__main__` lists them. Their results are kept
in studies/results as they were measured, with hardware, versions, date and command; tests look that
what is committed still speaks of the code as it is.
"""
