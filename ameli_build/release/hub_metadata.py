"""Values of the card's head that the Hugging Face hub prescribes: the licence and the size category."""

from __future__ import annotations

import re

_NAMES = """
afl-3.0 agpl-3.0 apache-2.0 artistic-2.0 bsd bsd-2-clause bsd-3-clause bsd-3-clause-clear bsl-1.0 c-uda cc cc0-1.0
cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nc-nd-3.0 cc-by-nc-nd-4.0
cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cc-by-nd-4.0 cc-by-sa-3.0 cc-by-sa-4.0 cdla-permissive-1.0
cdla-permissive-2.0 cdla-sharing-1.0 ecl-2.0 epl-1.0 epl-2.0 etalab-2.0 eupl-1.1 gfdl gpl gpl-2.0 gpl-3.0 isc lgpl
lgpl-2.1 lgpl-3.0 lgpl-lr lppl-1.3c mit mpl-2.0 ms-pl ncsa odbl odc-by ofl-1.1 osl-3.0 pddl postgresql unknown
unlicense wtfpl zlib
"""
LICENSES = frozenset(_NAMES.split())
"""Licences that the hub knows, except those of models: https://huggingface.co/docs/hub/repositories-licenses."""
_URLS = (
    (r"creativecommons\.org/licenses/([a-z-]+)/([\d.]+)", r"cc-\1-\2"),
    (r"creativecommons\.org/publicdomain/zero/([\d.]+)", r"cc0-\1"),
    (r"spdx\.org/licenses/([\w.+-]+?)(?:\.html)?$", r"\1"),
)
"""Addresses of licences, and the SPDX identifier of each."""
_FAMILIES = frozenset({"c-uda", "gfdl", "gpl", "lgpl", "odbl", "odc-by", "pddl"})
"""Licences that the hub knows without a version."""


def hub_license(name: str) -> dict[str, str]:
    """The keys of a licence in the head of a card.

    Args:
        name: An SPDX identifier, a name, a URL, or a name and a URL.

    >>> hub_license("CC BY 4.0"), hub_license("ODbL-1.0"), hub_license("https://spdx.org/licenses/MIT.html")
    ({'license': 'cc-by-4.0'}, {'license': 'odbl'}, {'license': 'mit'})
    >>> hub_license("Shop Terms 2 https://shop.test/terms")
    {'license': 'other', 'license_name': 'shop-terms-2', 'license_link': 'https://shop.test/terms'}
    """
    *words, last = name.split() or ["unknown"]
    link = last if re.match(r"https?://", last) else ""
    plain = " ".join(words if link else [*words, last])
    for known in (plain, link):
        if found := _known(known):
            return {"license": found}
    slug = "-".join(re.findall(r"[a-z0-9.+]+", (plain or link.partition("://")[2]).lower()))
    return {"license": "other", "license_name": slug or "other"} | ({"license_link": link} if link else {})


def _known(name: str) -> str:
    """The hub's identifier of a licence; "" if it has none."""
    for pattern, identifier in _URLS:
        if found := re.search(pattern, name.rstrip("/")):
            name = found.expand(identifier)
    spdx = re.sub(r"-(only|or-later)$", "", "-".join(name.lower().split()))
    family = re.sub(r"-[\d.]+$", "", spdx)
    return spdx if spdx in LICENSES else family if family in _FAMILIES else ""


def size_category(rows: int) -> str:
    """The hub's category of a number of rows.

    >>> size_category(999), size_category(1_000), size_category(18_472), size_category(2_000_000)
    ('n<1K', '1K<n<10K', '10K<n<100K', '1M<n<10M')
    """
    bounds = ["1K", "10K", "100K", "1M", "10M", "100M", "1B", "10B"]
    digits = min(len(str(rows)), len(bounds) + 2)
    return f"{bounds[digits - 4]}<n<{bounds[digits - 3]}" if digits > 3 else "n<1K"
