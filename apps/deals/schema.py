"""How the operations on deals are described in the OpenAPI document; the views wear these."""

from typing import Any

from django.core.exceptions import TooManyFieldsSent, TooManyFilesSent
from drf_spectacular.utils import OpenApiResponse, PolymorphicProxySerializer, extend_schema, extend_schema_field
from rest_framework import serializers

from apps.common import multipart, problems, schema, uploads
from apps.common.problems import Problem
from apps.common.schema import FieldErrorSerializer, ProblemSerializer
from apps.deals import problems as deals_problems
from apps.deals.errors import (
    FaultyDealsError,
    NoErrorsError,
    NoSuchImportError,
    OtherImportError,
    UnsupportedCharsetError,
    UnsupportedTypeError,
)
from apps.deals.parser.deals import MOST_FAULTS
from apps.deals.serializers import (
    DealsUploadSerializer,
    FaultSerializer,
    ImportSerializer,
    OutcomeSerializer,
    TopCustomersSerializer,
)

TAGS = ["deals"]
FAULT = {
    "line": 17,
    "column": "total",
    "value": "abc",
    "code": "not_money",
    "detail": "'abc' is not an amount of money",
}
IMPORT: dict[str, Any] = {
    "id": 3,
    "status": "queued",
    "progress": 0,
    "rows": 0,
    "errors": [],
    "ignored_columns": [],
    "created_at": "2026-11-20T10:00:00.123456Z",
    "finished_at": None,
}
FAILED = {**IMPORT, "status": "failed", "rows": 16, "errors": [FAULT], "finished_at": "2026-11-20T10:00:00.223456Z"}
CUSTOMER = {"username": "resplendent", "spent_money": 451731, "gems": ["Рубин", "Сапфир", "Танзанит"]}
CSV = "customer,item,total,quantity,date\nann,ruby,70,1,2018-12-14 08:29:52\n"


@extend_schema_field(
    PolymorphicProxySerializer(
        component_name="DealsError",
        serializers=[FaultSerializer, FieldErrorSerializer],
        resource_type_field_name=None,
        many=True,
    )
)
class ErrorsField(serializers.ListField):
    """Faults of the file, or of the form that it came in."""


class DealsProblemSerializer(ProblemSerializer):
    """An error of an import, with the `Status` and `Desc` of this API's first version."""

    Status = serializers.ChoiceField(choices=["Error"])
    Desc = serializers.CharField()
    import_id = serializers.IntegerField(required=False, help_text="The import, if there was one.")
    errors = ErrorsField(required=False)  # type: ignore[assignment] # wider than that of others


def _top_customers(operation_id: str, **options: Any) -> Any:
    return extend_schema(
        operation_id=operation_id,
        tags=TAGS,
        summary="Ask for the five customers who spent most",
        parameters=[
            schema.asked_by_header("If-None-Match", "304 if the ETag is one of these."),
            schema.asked_by_header("If-Match", "412 if the ETag is none of these."),
            schema.header("ETag", "New with another answer; weak when compressed.", [200, 304]),
            schema.header("Cache-Control", "Always `no-cache`: keep it, and ask each time.", [200, 304]),
        ],
        responses={
            200: schema.answer(TopCustomersSerializer, "Out of the last import.", {"response": [CUSTOMER]}),
            304: OpenApiResponse(description="The client has it already."),
            **schema.faults(problems.CHANGED),
        },
        **options,
    )


def _upload(operation_id: str, **options: Any) -> Any:
    return extend_schema(
        operation_id=operation_id,
        tags=TAGS,
        summary="Import deals",
        request={"multipart/form-data": DealsUploadSerializer, "text/csv": {"type": "string", "example": CSV}},
        parameters=[
            schema.asked_by_header("Prefer", "`respond-async`: keep the file, import it in the background (RFC 7240)."),
            schema.header("Location", "Where the import is found.", [202], type=schema.REFERENCE),
            schema.header("Preference-Applied", "Always `respond-async`.", [202]),
        ],
        responses={
            200: schema.answer(
                OutcomeSerializer,
                "The deals are replaced by these.",
                {"Status": "OK", "import_id": 3, "deals": 1, "ignored_columns": []},
            ),
            202: schema.answer(ImportSerializer, "The file is kept, and will be imported.", IMPORT),
            **schema.faults(*map(_with_status, UPLOAD_FAULTS), form=DealsProblemSerializer),
        },
        **options,
    )


def _with_status(fault: schema.Fault) -> Problem:
    return deals_problems.with_status(schema.problem_of(fault))


UPLOAD_FAULTS: tuple[schema.Fault, ...] = (
    FaultyDealsError([FAULT], import_id=3),
    multipart.NoFileError,
    multipart.EmptyFileError,
    multipart.SeveralFilesError,
    uploads.MalformedBodyError,
    uploads.TruncatedBodyError,
    TooManyFieldsSent,
    TooManyFilesSent,
    OtherImportError,
    multipart.FileTooLargeError,
    UnsupportedTypeError("text/plain"),
    UnsupportedCharsetError,
    problems.STORAGE_FULL,
)
TOP_CUSTOMERS = _top_customers("read_top_customers")
TOP_CUSTOMERS_FIRST_VERSION = _top_customers(
    "read_top_customers_first_version", description="As `/api/v1/deals/`, at its first address."
)
UPLOAD = _upload(
    "import_deals",
    description="Replaces all deals by those of a CSV file, or nothing at all if the file has a fault.",
)
UPLOAD_FIRST_VERSION = _upload("import_deals_first_version", description="As `/api/v1/deals/`, at its first address.")
READ_IMPORT = extend_schema(
    operation_id="read_import",
    tags=TAGS,
    summary="Read how far an import is",
    responses={
        200: schema.answer(ImportSerializer, "The import, with its first 20 faults.", FAILED),
        **schema.faults(NoSuchImportError),
    },
)
READ_ERRORS = extend_schema(
    operation_id="download_import_errors",
    tags=TAGS,
    summary="Download the faults of an import",
    parameters=[schema.header("Content-Disposition", "Under which name to save it.", [200])],
    responses={
        (200, "text/csv"): schema.answer(
            str,
            f"A row for each of the first {MOST_FAULTS} faults: where, what, and the record itself. "
            "Where there may be more, the last row says so: its code is `more_faults`.",
        ),
        **schema.faults(NoSuchImportError, NoErrorsError),
    },
)
