"""All that is on record about one party, as a bundle that people can read: a ZIP of pages and tables.

``index.html`` leads to everything and shows short tables; each table is also a CSV file (UTF-8, RFC 4180) for a
spreadsheet; ``all.json`` is the document itself. The same document gives the same bytes.
"""

import csv
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

ROWS_SHOWN = 50
FORMULA = ("=", "+", "-", "@", "\t", "\r")
EPOCH = (1980, 1, 1, 0, 0, 0)
STYLE = (
    "body{font-family:sans-serif;margin:2rem;max-width:70rem}table{border-collapse:collapse;font-size:.9rem}"
    "th,td{border:1px solid #999;padding:.2rem .5rem;text-align:left;vertical-align:top}div{overflow-x:auto}"
)

Rows = Sequence[Mapping[str, Any]]


def bundled(document: Mapping[str, Any]) -> bytes:
    """The ZIP of what ``services.members.exporting.export`` gives."""
    tables: Mapping[str, Rows] = document["tables"]
    files = {"index.html": _page(document), "all.json": json.dumps(document, ensure_ascii=False, indent=1)}
    files |= {f"{name}.csv": _csv(rows) for name, rows in tables.items()}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, EPOCH), text.encode(), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _csv(rows: Rows) -> str:
    written = io.StringIO()
    names = _names(rows)
    writer = csv.writer(written)
    writer.writerow(names)
    writer.writerows([_cell(row.get(name)) for name in names] for row in rows)
    return "\ufeff" + written.getvalue()


def _cell(value: Any) -> str:
    """A value in a spreadsheet; what would be taken for a formula is marked as text."""
    text = _said(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULA) else text


def _said(value: Any) -> str:
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)


def _names(rows: Rows) -> list[str]:
    """Every column that a row has, in the order of first sight."""
    return list(dict.fromkeys(name for row in rows for name in row))


def _page(document: Mapping[str, Any]) -> str:
    tables: Mapping[str, Rows] = document["tables"]
    title = f"All on record about {document['party']}"
    listed = "".join(
        f'<li><a href="#{escape(name)}">{escape(name)}</a>: {len(rows)}</li>' for name, rows in tables.items()
    )
    parts = "".join(_section(name, rows) for name, rows in tables.items())
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head><body><h1>{escape(title)}</h1><p>As of {escape(document['exported_at'])}. "
        f'The whole as one document: <a href="all.json">all.json</a>.</p><ul>{listed}</ul>{parts}</body></html>\n'
    )


def _section(name: str, rows: Rows) -> str:
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in _names(rows))
    shown = "".join(
        f"<tr>{''.join(f'<td>{escape(_said(row.get(column)))}</td>' for column in _names(rows))}</tr>"
        for row in rows[:ROWS_SHOWN]
    )
    more = f"<p>The first {ROWS_SHOWN} of {len(rows)}; all are in the file.</p>" if len(rows) > ROWS_SHOWN else ""
    return (
        f'<h2 id="{escape(name)}">{escape(name)}</h2><p><a href="{escape(name)}.csv">{escape(name)}.csv</a></p>{more}'
        f"<div><table><thead><tr>{head}</tr></thead><tbody>{shown}</tbody></table></div>"
    )
