"""The prose of the spec reference; its tables come from the models."""

from __future__ import annotations

INTRODUCTION = """
<!-- generated: python -m workbench.publish.reference portal/docs/spec-reference.md -->

# Spec reference

A project is a folder with `specs/`. Each dataset is one YAML file in `specs/datasets/`, each
connection one in `specs/connections/`. `workbench validate` reports every error in all of them at
once, with file, line and column; `workbench schema` prints the JSON Schema for your editor;
`workbench detect FILE` prints a ready spec for a file that nobody has described yet.

A whole spec:

```yaml
dataset: budget                       # the name in SQL, in notebooks and in commands
title: Budget execution
owner: Finance team
source:
  path: inbox/budget_*.csv            # what is not said about the files is detected
  footer: {match: "^TOTAL"}
  values_from_name: 'budget_(?P<year>\\d{4})'
transforms:                           # in this order; each is a mapping of one key
  - trim: {columns: all}
  - melt: {columns: {pattern: "^(jan|feb|mar)$"}, names_to: month, values_to: amount}
  - type_cast:
      columns: {year: integer, amount: {type: "decimal(18,2)", decimal: ",", thousands: "."}}
      on_error: quarantine
  - filter: {where: "amount <> 0"}
key: [programme, year, month]
compare: [amount]
columns:
  amount: {description: "executed in the month, in thousands"}
expectations:
  - expect_column_values_to_not_be_null: {column: amount}
  - expect_column_values_to_be_between: {column: amount, min_value: 0, severity: quarantine}
targets:
  - {connection: warehouse, table: budget, strategy: upsert}
schedule: {cron: "0 6 * * 1-5", timezone: Europe/Lisbon}
```

The YAML is plain: no anchors, aliases, tags or merge keys, and no key twice. Quote what YAML would
read as something else: patterns, `"01"`, `"no"`.

**Column names.** Headers become safe names: accents folded, lower case, every run of other
characters one `_` (`Ejecución Acumulada` → `ejecucion_acumulada`); a leading digit gets `c_`
(`1960` → `c_1960`); a header without letters or digits is `column_N`; a name that is taken gets
`_2`. The originals are kept, shown, and can be used in specs wherever a column is named.
"""

TYPES = """
## Types

| type | holds |
|---|---|
| `text` | text |
| `integer` | whole numbers, 64 bits |
| `decimal(p,s)` | exact numbers with `p` digits, `s` of them decimals, at most 38; `decimal` is `decimal(18,2)` |
| `number` | floating point, 64 bits |
| `boolean` | true or false |
| `date` | a day |
| `timestamp` | a day and a time, without a zone |
| `time` | a time of the day |
"""

KIND_WORDS = {
    "sources": """
`source:` says where a dataset comes from. `type` may be left out: with `path` it is `files`, with
`dataset` it is `dataset`.
""",
    "transforms": """
Each transform is a mapping of one key, its name, to its options: `- trim: {columns: all}`.
`enabled: false` among the options switches it off. What a transform does to the rows stands in the
ledger: filtered, deduplicated, expanded, collapsed, quarantined.

**Choosing columns.** Where an option takes a selection, write a name, a list of names,
`{pattern: "^q[1-4]$"}` (a regular expression on safe names and on headers as received),
`{except: [a, b]}`, `{except: {pattern: …}}`, or `all`.
""",
    "destinations": """
A connection is a file in `specs/connections/`: `connection` (its name), `type` (one of those
below), optionally `title`, `description`, `owner`, and the options of the type. A connection
`warehouse` (DuckDB in the home folder) exists without a file.

A secret never stands in a file: `${env:NAME}` is an environment variable and `${file:path}` the
content of a file. They are resolved when the connection is used and never recorded.
""",
}

EXPRESSIONS = """
## Expressions

`filter`, `derive`, conditions of `expect_row_condition_to_hold` and other options marked as
expressions take one SQL expression over the columns of a row:

- columns by name (`"quoted"` if they are no plain word), parameters as `:name`
- texts `'like this'`, numbers, `true`, `false`, `null`, `date '2024-01-31'`,
  `timestamp '2024-01-31 08:00:00'`, `interval 1 month`
- `+ - * / // %`, `||`, `= <> < <= > >=`, `and or not`, `is null`, `is not null`,
  `is distinct from`, `in (…)`, `between … and …`, `like`, `ilike`
- `case when … then … else … end`, and the functions below

Null means unknown, as in SQL: a comparison with null is null, and a filter keeps only what is true.
Expressions are never handed to a database as text.
"""

EXPECTATIONS = """
## Expectations

Names and arguments are those of Great Expectations: `- expect_NAME: {argument: value}`. Besides
the arguments there are `enabled` (`false` switches the check off) and `severity`:

| severity | a failure means |
|---|---|
| `stop` (default) | nothing is published, the run fails with exit code 3 |
| `quarantine` | the rows that fail are set aside with the reason, the others are published; only for expectations of rows, others stop |
| `warn` | it is recorded and shown |
"""
