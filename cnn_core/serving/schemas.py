"""The replies as OpenAPI describes them: JSON Schema, held by the tests against real replies."""

from http import HTTPStatus
from typing import Any

from cnn_core.results.xray_plan import STATEMENT
from cnn_core.serving.problems import MEDIA_TYPE, SCHEMA
from cnn_core.serving.uploads import FIELD

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_NUMBER: Schema = {"type": "number"}
_NUMBER_OR_NONE: Schema = {"type": ["number", "null"]}
_SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
_SHARES: Schema = {"type": "object", "additionalProperties": _SHARE}
_SHA256: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_ID: Schema = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
_STATEMENT: Schema = {"type": "string", "const": STATEMENT}


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def _object(properties: dict[str, Schema], **more: object) -> Schema:
    """Return an object that has all of its properties, and perhaps others."""
    return {"type": "object", "required": [*properties], "properties": properties, **more}


def _or_none(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


HEALTH = _object({"status": _TEXT, "statement": _STATEMENT})

MODEL = _object(
    {
        "model": _SHA256 | {"description": "SHA-256, as in every prediction"},
        "title": _TEXT,
        "synthetic": {"type": "boolean", "description": "trained on drawn films"},
        "network": _TEXT,
        "classes": _list(_TEXT),
        "prior": _SHARES | {"description": "of the classes, where it was calibrated"},
        "prevalences": _SHARES | {"description": "that probabilities are shown at"},
        "parity": _NUMBER | {"description": "largest difference from torch"},
        "statement": _STATEMENT,
        "under_every_result": _list(_TEXT),
    }
)

PREDICTION = _object(
    {
        "id": _ID | {"description": "of the prediction, as in the log"},
        "request_id": _ID,
        "model": _SHA256,
        "decision": {"type": "string", "enum": ["routine", "refer", "refused"]},
        "headline": _TEXT,
        "reasons": _list(_object({"code": _TEXT, "sentence": _TEXT})) | {"minItems": 1},
        "checks": _list(
            _object(
                {"code": _TEXT, "title": _TEXT, "passed": {"type": "boolean"}, "sentence": _TEXT}
            )
        ),
        "score": _NUMBER_OR_NONE | {"description": "null of a refused film"},
        "threshold": _NUMBER_OR_NONE | {"description": "null where none can be guaranteed"},
        "score_assumes": _SHARES | {"description": "shares of the classes that the score assumes"},
        "probabilities": _or_none(
            _list(
                _object(
                    {
                        "class": _TEXT,
                        "resembles": _TEXT,
                        "probability": _SHARE,
                        "assumed_prevalence": _SHARE,
                        "sentence": _TEXT,
                    }
                )
            )
        ),
        "set": _or_none(_list(_TEXT)),
        "set_sentence": _TEXT,
        "sets_promise": _TEXT,
        "view_scores": _list(_SHARE),
        "spread_sentence": _TEXT,
        "nearest": _list(_object({"label": _TEXT, "source": _TEXT, "distance": _NUMBER_OR_NONE})),
        "gate_distance": _NUMBER_OR_NONE,
        "gate_limit": _NUMBER_OR_NONE,
        "brightness": _NUMBER_OR_NONE,
        "contrast": _NUMBER_OR_NONE,
        "heat": _or_none(
            _object(
                {
                    "label": _TEXT,
                    "outside": _NUMBER_OR_NONE,
                    "outside_even": _NUMBER_OR_NONE,
                    "randomised": _NUMBER_OR_NONE,
                    "sentence": _TEXT,
                    "png": {"type": "string", "contentEncoding": "base64"},
                }
            )
        ),
        "seconds": _NUMBER_OR_NONE,
        "assumes": _TEXT,
        "statement": _STATEMENT,
        "under_every_result": _list(_TEXT),
    }
)

FORM: Schema = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": _object(
                    {
                        FIELD: {
                            "type": "string",
                            "format": "binary",
                            "description": "PNG, JPEG or DICOM (CR, DX), whatever its name",
                        }
                    }
                )
            }
        },
    }
}


def reply(description: str, schema: Schema) -> Schema:
    """Return the description of a reply in JSON."""
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def problems(*statuses: int) -> dict[int | str, Schema]:
    """Return the descriptions of errors, by status."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": SCHEMA}},
        }
        for status in statuses
    }
