"""A chart's option, leaf by leaf."""


def walk(node, path=()):
    """Yield (path, value) of every leaf."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from walk(value, (*path, key))
    elif isinstance(node, list):
        for value in node:
            yield from walk(value, path)
    else:
        yield path, node
