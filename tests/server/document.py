"""Holds answers against the OpenAPI document that the server hands out."""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import validate


class Document:
    """The document of a server; checks every answer by the schema that it names for its path."""

    def __init__(self, document: Any) -> None:
        validate(document)
        self.document = document
        self.used: set[tuple[str, str]] = set()

    def check(self, method: str, path: str, status: int, body: Any) -> None:
        operation = self.document["paths"][path][method]
        self.used.add((method, path))
        responses = operation["responses"]
        response = responses.get(str(status), responses["default"])
        schema = response["content"]["application/json"]["schema"]
        whole = {**schema, "components": self.document["components"]}
        Draft202012Validator(whole, format_checker=FormatChecker()).validate(body)

    def operations(self) -> set[tuple[str, str]]:
        return {(method, path) for path, methods in self.document["paths"].items() for method in methods}
