"""Examples for the spec reference, by kind and name; a test loads every one of them."""

from __future__ import annotations

EXAMPLES: dict[tuple[str, str], str] = {
    ("sources", "files"): """
# all is detected
source: {path: inbox/sales_*.csv}
---
# a report: title above, totals below, numbers as 1.131,59, the year in the file's name
source:
  path: [inbox/budget_*.csv, archive/**/budget_*.csv]
  encoding: latin-1
  delimiter: ";"
  decimal: ","
  thousands: "."
  header: {line: 5}
  footer: {match: ["^TOTAL", "^Source:"]}
  null_values: ["-", "n/a"]
  values_from_name: 'budget_(?P<year>\\d{4})-(?P<month>\\d{2})'
---
# no header; a description may hold an unquoted delimiter
source:
  path: inbox/codes.csv
  header: {names: [code, name, description]}
  ragged: {short: pad, long: merge, merge_into: description}
---
# a workbook with a header of two rows, on one sheet for each year (they get a column `sheet`)
source:
  path: inbox/imports.xlsx
  sheet: {matches: "20[0-9]{2}"}
  header: {line: 3, rows: 2}
  columns: A:AB
  stop_at_blank: true
""",
    ("sources", "dataset"): """
source: {type: dataset, dataset: sales}
""",
    ("transforms", "aggregate"): """
- aggregate:
    group_by: [region, week]
    measures:
      orders: count(*)
      customers: count_distinct(customer)
      amount: sum(price * quantity)
      late: {function: count, where: "delivered > due"}
""",
    ("transforms", "deduplicate"): """
- deduplicate: {keys: [order, line], keep: last}
- deduplicate: {keys: customer, order_by: [{column: updated, descending: true}]}
""",
    ("transforms", "derive"): """
- derive:
    columns:
      total: round(price * quantity, 2)
      season: case when month in (12, 1, 2) then 'summer' else 'other' end
""",
    ("transforms", "drop"): """
- drop: {columns: {pattern: "^column_"}}
""",
    ("transforms", "fill_down"): """
- fill_down: {columns: [year, region]}
""",
    ("transforms", "filter"): """
- filter: {where: "amount <> 0 and region is not null"}
""",
    ("transforms", "join"): """
- join: {dataset: lines, on: order, how: inner}
- join: {dataset: customers, on: {customer_id: id}, columns: [region], prefix: customer_}
""",
    ("transforms", "lookup"): """
- lookup: {dataset: products, on: [product], columns: [family], unmatched: quarantine}
""",
    ("transforms", "map_categories"): """
- map_categories:
    column: month
    mapping: {Enero: 1, Febrero: 2, Marzo: 3}
    insensitive: true
    other: quarantine
""",
    ("transforms", "melt"): """
# months as columns become rows
- melt: {columns: {pattern: "^(jan|feb|mar)$"}, names_to: month, values_to: amount}
# every column but these; the header `2024 Q1` gives two columns
- melt:
    keep: [code, name]
    names_to: [year, quarter]
    names_pattern: '(\\d{4}) Q(\\d)'
    values_to: amount
    drop_nulls: true
""",
    ("transforms", "rename"): """
- rename: {columns: {n_boleta: receipt, cod_cliente: customer}}
""",
    ("transforms", "replace_values"): """
- replace_values: {columns: [town], values: {"Stgo.": Santiago, "s/i": null}}
- replace_values: {columns: [month], pattern: '[¹²†]', with: ""}
""",
    ("transforms", "select"): """
- select: {columns: [code, name, amount]}
""",
    ("transforms", "split"): """
- split: {column: place, separator: ", ", into: [town, region], on_error: keep}
""",
    ("transforms", "trim"): """
- trim: {columns: all, collapse: true}
""",
    ("transforms", "type_cast"): """
- type_cast:
    columns:
      code: text
      quantity: integer
      price: {type: "decimal(18,2)", decimal: ",", thousands: ".", strip: ["$"]}
      sold: {type: date, format: ["%d/%m/%Y", "%d-%m-%y"]}
      paid: {type: boolean, true_values: [sí], false_values: [no]}
    on_error: quarantine
""",
    ("destinations", "duckdb"): """
connection: archive
type: duckdb
path: data/archive.duckdb
""",
    ("destinations", "parquet"): """
connection: exchange
type: parquet
path: data/exchange
keep: 5
""",
    ("destinations", "postgres"): """
connection: reports
type: postgres
host: db.example.org
database: reports
user: loader
password: ${env:REPORTS_PASSWORD}
sslmode: require
""",
}
