r"""Tables in LaTeX with the rules of booktabs; foreign text is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_SIGNS = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "|": r"\textbar{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        '"': r"\char34{}",
        **{sign: rf"\{sign}" for sign in "&%$#_{}"},
        **{sign: f"{{{sign}}}" for sign in "[]*"},  # arguments of \\ where they begin a row
        "±": r"$\pm$",
    }
)


def as_latex(text: str) -> str:
    r"""`text` on one line for a paragraph or a cell, without the characters that do not print.

    >>> print(as_latex("50 % of A_B\n& \\input{x}"))
    50 \% of A\_B \& \textbackslash{}input\{x\}
    """
    line = " ".join(text.split())
    return "".join(sign for sign in line if sign.isprintable()).translate(_SIGNS)


def cell(value: Any, form: str = ".2f") -> str:
    r"""A number, the bounds of an interval, or a text; a dash for None.

    >>> [cell(value) for value in (None, 35598, -1.5, [0.5, 2.25], "a & b")]
    ['--', '35,598', '$-1.50$', '[0.50, 2.25]', 'a \\& b']
    >>> cell(4.64e-05, ".2g")
    '$4.6\\times10^{-5}$'
    """
    if value is None:
        return "--"
    if isinstance(value, str):
        return as_latex(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(cell(bound, form) for bound in value)}]"
    text = f"{value:,}" if isinstance(value, int) else f"{value:{form}}"
    number, _, exponent = text.partition("e")
    if exponent:
        return rf"${number}\times10^{{{int(exponent)}}}$"
    return f"${text}$" if text.startswith("-") else text


def table(label: str, caption: str, heads: Sequence[str], aligned: str, groups: dict[str, list[list[str]]]) -> str:
    """A floating table over the width of the page.

    Args:
        label: Label of the table.
        caption: Plain text.
        heads: Plain text above each column.
        aligned: `l` or `r` for each column.
        groups: Rows of finished cells by the plain text above them, "" for none.
    """
    lines = []
    for title, rows in groups.items():
        lines.append(r"\midrule")
        if title:
            lines.append(rf"\multicolumn{{{len(heads)}}}{{l}}{{\emph{{{as_latex(title)}}}}} \\")
        lines += [rf"{' & '.join(row)} \\" for row in rows]
    return "\n".join(
        (
            r"% \usepackage{booktabs}",
            r"\begin{table*}",
            r"\centering\footnotesize\setlength{\tabcolsep}{3pt}",
            rf"\caption{{{as_latex(caption)}}}",
            rf"\label{{tab:{label}}}",
            rf"\begin{{tabular}}{{@{{}}{aligned}@{{}}}}",
            r"\toprule",
            rf"{' & '.join(map(as_latex, heads))} \\",
            *lines,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table*}",
            "",
        )
    )
