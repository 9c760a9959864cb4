"""The faults of an import as a CSV file, safe to be opened in a spreadsheet."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.http import HttpResponse

from apps.deals.errors import NoErrorsError
from apps.deals.models import Import
from apps.deals.parser.deals import MOST_FAULTS

COLUMNS = ("line", "column", "value", "code", "detail", "record")
#: Where a spreadsheet may see the beginning of a formula. A value is a cell to one that separates with commas; to one
#: that separates with semicolons, as in half of Europe, it may be several, quotes or not, and each begins anew. To one
#: that expects Chinese or Japanese the wide signs are the same.
FORMULA = re.compile(r"""(?:^|(?<=[;|\t\r\n]))(?=[ "']*[=+\-@＝＋－＠])|^(?=[\t\r\n])""")


def errors_csv(import_: Import) -> HttpResponse:
    """Raises NoErrorsError where there are none."""
    if not import_.errors:
        raise NoErrorsError
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    faults = [*import_.errors, *_end(import_.errors)]
    writer.writerows([_cell(fault.get(column)) for column in COLUMNS] for fault in faults)
    response = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="errors-{import_.pk}.csv"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _end(faults: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """That the file was not read further, where that is so: else its last fault would pass for the last there is."""
    if len(faults) >= MOST_FAULTS:
        line = faults[-1]["line"]
        detail = f"only the first {MOST_FAULTS} faults are told; from line {line} on there may be more"
        yield {"code": "more_faults", "detail": detail}


def _cell(value: Any) -> Any:
    """With an apostrophe before it a formula is a text. Only here: what is stored stays as it is."""
    return FORMULA.sub("'", value) if isinstance(value, str) else value
