"""Finds the site's messages in its code, for `make messages`.

Babel's own extractor reads tokens, and does not see calls within f-strings.
"""

import ast
from collections.abc import Collection, Iterator, Mapping
from typing import IO, Any

Found = tuple[int, str, str | tuple[str | None, ...], list[str]]


def extract_messages(
    file: IO[bytes], keywords: Mapping[str, Any], comment_tags: Collection[str], options: Mapping[str, Any]
) -> Iterator[Found]:
    """Line, function, texts (None for what is no constant) and comments of each call of a keyword.

    The form of a Babel extraction method: https://babel.pocoo.org/en/latest/messages.html
    """
    for node in ast.walk(ast.parse(file.read())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in keywords:
            texts = tuple(_text_of(argument) for argument in node.args)
            first, *more = texts or (None,)
            if first is not None:
                yield node.lineno, node.func.id, texts if more else first, []


def _text_of(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
