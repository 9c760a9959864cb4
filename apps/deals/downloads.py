"""The faults of an import as a CSV file, safe to be opened in a spreadsheet."""

import csv
import io
import re
from typing import Any

from django.http import HttpResponse

from apps.deals.errors import NoErrorsError
from apps.deals.models import Import

COLUMNS = ("line", "column", "value", "code", "detail", "record")
#: Where a spreadsheet may see the beginning of a formula. A value is a cell to one that separates with commas; to one
#: that separates with semicolons, as in half of Europe, it may be several, quotes or not, and each begins anew.
FORMULA = re.compile(r"""(?:^|(?<=[;|\t\r\n]))(?=[ "']*[=+\-@])|^(?=[\t\r\n])""")


def errors_csv(import_: Import) -> HttpResponse:
    """Raises NoErrorsError where there are none."""
    if not import_.errors:
        raise NoErrorsError
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows([_cell(fault.get(column)) for column in COLUMNS] for fault in import_.errors)
    response = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="errors-{import_.pk}.csv"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _cell(value: Any) -> Any:
    """With an apostrophe before it a formula is a text. Only here: what is stored stays as it is."""
    return FORMULA.sub("'", value) if isinstance(value, str) else value
