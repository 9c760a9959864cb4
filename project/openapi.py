"""What the OpenAPI document says of the API as a whole, and how it is made; operations are described in the apps."""

DESCRIPTION = """\
Upload files and have them processed in the background, import deals, read pages.

**Errors** are [problem+json](https://www.rfc-editor.org/rfc/rfc9457): `code` is for programs, `detail` for people, and
`errors` names the fields of an input. A wrong method is 405, with the right ones in `Allow`.

**Access.** Where an operation asks for credentials, send `Authorization: Token <key>`. A session of the admin is one as
well; what it changes needs the CSRF token in `X-CSRFToken`.

**Forms.** Answers are JSON. With `Accept: text/html` or `?format=api` each address is a page to try it in, errors
included. Texts are compressed for who accepts gzip.

**Ids.** `X-Request-ID` is taken over from a request (letters, digits, `.`, `_`, `-`; 64 at most) or made, comes with
every answer, and stands on the log lines of the request and of the tasks that it caused.
"""

OPENAPI = {
    "TITLE": "Understudy",
    "DESCRIPTION": DESCRIPTION,
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "TAGS": [
        {"name": "files", "description": "Upload files, and read what is found in them."},
        {"name": "deals", "description": "Import deals from a CSV, and ask who spent most."},
        {"name": "pages", "description": "Read pages of mixed content. Each answer counts a view of all in it."},
        {"name": "tasks", "description": "Look at background tasks, and call them off. For staff, or with a token."},
        {"name": "about", "description": "This document."},
    ],
    "PREPROCESSING_HOOKS": ["apps.ops.api.document.only_api"],
    "POSTPROCESSING_HOOKS": ["apps.ops.api.document.tidy"],
    "PATH_CONVERTER_OVERRIDES": {"int": {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}},
    "SCHEMA_PATH_PREFIX": "/api/",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}
