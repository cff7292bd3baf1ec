"""Text from outside as text: in a Markdown element of a page, or in a file that is Markdown."""

import re

_CODE_SPAN = re.compile(r"(`[^`\n]+`)")
_MARKDOWN = re.compile(r"([\\`*_\[\]<>~$#|]|:(?=\w))")


def plain_markdown(text: str) -> str:
    r"""Escape text for a Markdown element; code spans in backticks stay code.

    Messages carry file names and what a person typed: neither may turn into formatting.

    >>> plain_markdown("No file a_b*; run `make test_all`.")
    'No file a\\_b\\*; run `make test_all`.'
    """
    parts = _CODE_SPAN.split(text)
    return "".join(
        part if index % 2 else _MARKDOWN.sub(r"\\\g<0>", part) for index, part in enumerate(parts)
    )
