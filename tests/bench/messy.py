"""A messy CSV of a million rows, always the same: latin-1, ``;``, ``1.131,59``, dd/mm/yyyy.

3 % of the rows repeat an earlier key with other values, 0.5 % of the amounts end in a letter O.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

ROWS = 1_000_000
DUPLICATES = 0.03
BAD = 0.005
HEADER = "N° orden;Región;Fecha;Producto;Monto;Cantidad"
REGIONS = ("Ñuble", "Biobío", "Aysén", "Valparaíso", "O'Higgins", "Los Ríos")
PRODUCTS = ("café molido", "té verde", "azúcar", "harina", "aceite", "jabón", "taza", "tetera")


def write(path: Path, *, rows: int = ROWS, seed: int = 7, edition: int = 0) -> Path:
    """Write the file; ``edition`` changes 10 % of the amounts and keeps the keys."""
    random = np.random.default_rng(seed)
    key = np.arange(rows)
    repeats = random.choice(rows - 1, int(rows * DUPLICATES), replace=False) + 1
    key[repeats] = random.integers(0, repeats)
    cents = random.integers(100, 90_000_000, rows)
    revised = np.random.default_rng(seed + edition).random(rows) < (0.1 if edition else 0)
    cents[revised] += 1
    day = np.datetime64("2023-01-01") + random.integers(0, 730, rows)
    region = np.array(REGIONS)[random.integers(0, len(REGIONS), rows)]
    product = np.array(PRODUCTS)[random.integers(0, len(PRODUCTS), rows)]
    quantity = random.integers(1, 500, rows)
    bad = set(random.choice(rows, int(rows * BAD), replace=False).tolist())
    texts = [f"{d[8:]}/{d[5:7]}/{d[:4]}" for d in np.datetime_as_string(np.unique(day))]
    dates = dict(zip(np.unique(day).tolist(), texts, strict=True))
    with path.open("w", encoding="latin-1", newline="\n") as file:
        file.write(HEADER + "\n")
        columns = zip(key.tolist(), region.tolist(), day.tolist(), product.tolist(),
                      cents.tolist(), quantity.tolist(), strict=True)  # fmt: skip
        for number, (k, r, d, p, c, q) in enumerate(columns):
            amount = money(c)[:-1] + "O" if number in bad else money(c)
            file.write(f"{k:012d};{r};{dates[d]};{p};{amount};{q}\n")
    return path


def money(cents: int) -> str:
    """``113159`` as ``1.131,59``."""
    whole, rest = divmod(cents, 100)
    return f"{whole:,}".replace(",", ".") + f",{rest:02d}"
