# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The NL API Design Rules, as far as a document shows whether they are kept; each rule goes by its published id.

These are the technical rules of the standard (Logius, REST API Design Rules 2.1) with its published linter's
conditions, restated here because the linter itself is a program of another ecosystem. What only a running API can
show (headers, trailing slashes, who may read the document) is in tests/backend/api/test_design_rules.py.

Each rule is also given the document with one thing spoilt, so that a rule that finds nothing anywhere cannot pass.
"""

import copy
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

Document = dict[str, Any]
Rule = Callable[[Document], Iterator[str]]

DOCUMENT: Document = json.loads((Path(__file__).parents[2] / "docs" / "openapi.json").read_text("utf-8"))
METHODS = frozenset({"get", "put", "post", "delete", "patch"})
BESIDE_METHODS = frozenset({"parameters", "summary", "description", "servers"})
PROBLEM_TYPES = frozenset({"application/problem+json", "application/problem+xml"})
SEMVER = re.compile(
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
    r"(-(0|[1-9]\d*|\d*[a-zA-Z-][\da-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][\da-zA-Z-]*))*)?"
    r"(\+[\da-zA-Z-]+(\.[\da-zA-Z-]+)*)?"
)


# --- reading a document -------------------------------------------------------------------------------------


def resolved(document: Document, value: Any) -> Any:
    """What a reference refers to; anything else as it is. Raises `KeyError` for a reference to nothing."""
    while isinstance(value, dict) and "$ref" in value:
        place: Any = document
        for part in value["$ref"].removeprefix("#/").split("/"):
            place = place[part]
        value = place
    return value


def everything(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of a document, and where it stands."""
    yield place, value
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from everything(item, f"{place}/{key}")


def operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    """Path, method and operation."""
    for path, item in document["paths"].items():
        for method in item.keys() & METHODS:
            yield path, method, item[method]


def responses(document: Document) -> Iterator[tuple[str, str, Document]]:
    """Where, status and response."""
    for path, method, operation in operations(document):
        for status, response in operation["responses"].items():
            yield f"{method} {path} {status}", status, resolved(document, response)


def parameters(document: Document) -> Iterator[tuple[str, Document]]:
    """Where, and the parameter."""
    for path, method, operation in operations(document):
        for parameter in operation.get("parameters", []):
            yield f"{method} {path}", resolved(document, parameter)


def media(document: Document) -> Iterator[tuple[str, Document]]:
    """Every body, asked or answered: where, and what is said of it."""
    for path, method, operation in operations(document):
        bodies = {"body": operation.get("requestBody", {}), **operation["responses"]}
        for name, body in bodies.items():
            for kind, content in resolved(document, body).get("content", {}).items():
                yield f"{method} {path} {name} {kind}", content


# --- the rules ----------------------------------------------------------------------------------------------


def doc_openapi(document: Document) -> Iterator[str]:
    """/core/doc-openapi: OpenAPI 3 or newer, every reference leads somewhere, and there are paths."""
    if not re.fullmatch(r"3(\.\d+){1,2}", str(document.get("openapi"))):
        yield "the document is not of OpenAPI 3"
    if not document.get("paths"):
        yield "there are no paths"
    for place, value in everything(document):
        if isinstance(value, dict) and "$ref" in value:
            try:
                resolved(document, value)
            except KeyError:
                yield f"{place} refers to nothing"


def publish_openapi(document: Document) -> Iterator[str]:
    """/core/publish-openapi: the document is one that programs can use.

    Operation ids and tags are unique, path parameters are declared and used, examples fit their schemas, and the
    servers are named (the linter's oas3 rules).
    """
    ids = [operation.get("operationId") for _, _, operation in operations(document)]
    if None in ids or len(set(ids)) != len(ids):
        yield "operation ids are missing, or not unique"
    tags = [tag["name"] for tag in document.get("tags", [])]
    if len(set(tags)) != len(tags):
        yield "tags are not unique"
    if not document.get("servers"):
        yield "no server is named"
    for path, method, operation in operations(document):
        declared = {
            parameter["name"]
            for parameter in (resolved(document, one) for one in operation.get("parameters", []))
            if parameter["in"] == "path" and parameter.get("required") is True
        }
        if declared != set(re.findall(r"{([^}]+)}", path)):
            yield f"{method} {path}: parameters of the path are not those that are declared"
        if not set(operation.get("tags", ())) <= set(tags) or not operation.get("tags"):
            yield f"{method} {path} has no tag, or one that is not described"
    yield from examples_fit(document)


def examples_fit(document: Document) -> Iterator[str]:
    """Part of /core/publish-openapi: oas3-valid-media-example and oas3-valid-schema-example."""
    told = [(where, content) for where, content in media(document)]
    told += [(f"{where} {parameter['name']}", parameter) for where, parameter in parameters(document)]
    for where, content in told:
        values = [content["example"]] if "example" in content else []
        values += [resolved(document, example)["value"] for example in content.get("examples", {}).values()]
        schema = {"components": document["components"], **content["schema"]}
        for value in values:
            if not jsonschema_rs.is_valid(schema, value):
                yield f"{where}: an example does not fit its schema"


def version_header(document: Document) -> Iterator[str]:
    """/core/version-header: every answer that is no error tells of a header API-Version."""
    for where, status, response in responses(document):
        if status[0] in "23" and "api-version" not in {name.lower() for name in response.get("headers", {})}:
            yield f"{where} has no API-Version"


def uri_version(document: Document) -> Iterator[str]:
    """/core/uri-version: a server's address holds the major version, and no more of it; the paths hold none."""
    for server in document["servers"]:
        versions = re.findall(r"/v([\d.]+)(?=/|$)", server["url"])
        if versions != [document["info"]["version"].split(".")[0]]:
            yield f"{server['url']} does not hold the major version alone"
    for path in document["paths"]:
        if re.search(r"/v\d", path):
            yield f"{path} holds a version"


def no_trailing_slash(document: Document) -> Iterator[str]:
    """/core/no-trailing-slash: no path ends in one, and no server."""
    for path in [*document["paths"], *(server["url"] for server in document["servers"])]:
        if path != "/" and path.endswith("/"):
            yield f"{path} ends in a slash"


def doc_openapi_contact(document: Document) -> Iterator[str]:
    """/core/doc-openapi-contact: whom to ask, with name, address and mail."""
    missing = {"name", "url", "email"} - document["info"].get("contact", {}).keys()
    if missing:
        yield f"the contact lacks {sorted(missing)}"


def http_methods(document: Document) -> Iterator[str]:
    """/core/http-methods: get, post, put, patch and delete, and no others."""
    for path, item in document["paths"].items():
        for method in item.keys() - METHODS - BESIDE_METHODS:
            yield f"{path} has the method {method}"


def path_segments_kebab_case(document: Document) -> Iterator[str]:
    """/core/path-segments-kebab-case: lower case, digits and hyphens between words; the last may begin with `_`."""
    for path in document["paths"]:
        *segments, last = path.removeprefix("/").split("/")
        for segment in [*segments, last.removeprefix("_")]:
            if segment and not re.fullmatch(r"{[^}]+}|[a-z0-9]+(-[a-z0-9]+)*", segment):
                yield f"{path}: {segment} is not in kebab case"


def query_keys_camel_case(document: Document) -> Iterator[str]:
    """/core/query-keys-camel-case."""
    schemes = document["components"].get("securitySchemes", {}).items()
    for where, parameter in [*parameters(document), *schemes]:
        if parameter.get("in") == "query" and not re.fullmatch(r"[a-z][a-z\d]*([A-Z][a-z\d]*)*", parameter["name"]):
            yield f"{where}: {parameter['name']} is not in camel case"


def schema_names_pascal_case(document: Document) -> Iterator[str]:
    """The linter's schema-camel-case, a warning there: a schema's name is in upper camel case."""
    for name in document["components"]["schemas"]:
        if not re.fullmatch(r"([A-Z][a-z0-9]*)+", name):
            yield f"the schema {name} is not in upper camel case"


def servers_use_https(document: Document) -> Iterator[str]:
    """/core/transport/tls, as far as a document shows it: no server is called without TLS."""
    for server in document["servers"]:
        if server["url"].startswith("http:"):
            yield f"{server['url']} is without TLS"


def problem_details(document: Document) -> Iterator[str]:
    """/core/error-handling/problem-details: every error is a problem with status, title and detail."""
    for where, status, response in responses(document):
        if status[0] not in "45":
            continue
        content = response.get("content", {})
        if not content or not content.keys() <= PROBLEM_TYPES:
            yield f"{where} is not a problem document alone"
        for body in content.values():
            schema = resolved(document, body["schema"])
            if not {"status", "title", "detail"} <= set(schema.get("required", ())) & schema["properties"].keys():
                yield f"{where} lacks status, title or detail"


def invalid_input(document: Document) -> Iterator[str]:
    """/core/error-handling/invalid-input: whatever takes parameters or a body may answer 400."""
    for path, method, operation in operations(document):
        takes = operation.get("parameters") or method in ("put", "post", "patch")
        if takes and "400" not in operation["responses"]:
            yield f"{method} {path} has no 400"


def date_time_format(document: Document) -> Iterator[str]:
    """/core/date-time/format, /timezone and /date-omit-time-portion: dates are dates, and times have their zone."""
    for place, value in everything(document):
        if isinstance(value, dict) and value.get("format") in ("date-time-local", "time"):
            yield f"{place} has a format without a zone"
        match re.search(r"/properties/([^/]+)$", place):
            case re.Match() as found if re.search(r"(^|_|(?<=\w))([dD])(ate|atum)$", found[1]):
                if not isinstance(value, dict) or value.get("format") != "date":
                    yield f"{place} is a date of another format"


def semver(document: Document) -> Iterator[str]:
    """/core/semver."""
    if not SEMVER.fullmatch(document["info"]["version"]):
        yield f"{document['info']['version']} is no semantic version"


def no_sensitive_uris(document: Document) -> Iterator[str]:
    """/core/transport/no-sensitive-uris, as far as names show it: nothing that identifies a person or lets one in."""
    for where, parameter in parameters(document):
        if parameter["in"] in ("query", "path") and re.search(
            r"(?i)bsn|citizen|password|secret|token", parameter["name"]
        ):
            yield f"{where}: {parameter['name']} stands in the address"


def well_described(document: Document) -> Iterator[str]:
    """/core/doc-openapi's last sentence: clear descriptions and examples, of every operation and parameter."""
    for path, method, operation in operations(document):
        if not operation.get("summary") or not operation.get("description"):
            yield f"{method} {path} has no summary or description"
    for where, parameter in parameters(document):
        if not parameter.get("description") or not {"example", "examples"} & parameter.keys():
            yield f"{where} {parameter['name']} has no description or example"
    for where, content in media(document):
        binary = content["schema"].get("format") == "binary"
        if not binary and not {"example", "examples"} & content.keys():
            yield f"{where} has no example"


# --- each of them, on the document and on one that is spoilt ------------------------------------------------

HEAD = "/terminals/{terminal}/head"


def spoilt(*place: str, value: Any = None, rename: str | None = None) -> Document:
    """The document with one value replaced; taken away where none is given, under another name with `rename`."""
    document = copy.deepcopy(DOCUMENT)
    *way, last = place
    parent: Any = document
    for key in way:
        parent = parent[int(key)] if isinstance(parent, list) else parent[key]
    if rename is not None:
        parent[rename] = parent.pop(last)
    elif value is None:
        del parent[last]
    else:
        parent[last] = value
    return document


RULES: Mapping[Rule, Document] = {
    doc_openapi: spoilt("components", "schemas", "Head"),
    publish_openapi: spoilt("paths", HEAD, "get", "operationId", value="getOutcomes"),
    examples_fit: spoilt("components", "examples", "Head", "value", "seq", value=-1),
    version_header: spoilt("paths", HEAD, "get", "responses", "200", "headers", "API-Version"),
    uri_version: spoilt("servers", "0", "url", value="https://heitje.example/v1.1"),
    no_trailing_slash: spoilt("paths", HEAD, rename=f"{HEAD}/"),
    doc_openapi_contact: spoilt("info", "contact", "email"),
    http_methods: spoilt("paths", HEAD, "get", rename="trace"),
    path_segments_kebab_case: spoilt("paths", HEAD, rename="/terminals/{terminal}/journalHead"),
    query_keys_camel_case: spoilt(
        "paths", "/terminals/{terminal}/outcomes", "get", "parameters", "1", "name", value="after-seq"
    ),
    schema_names_pascal_case: spoilt("components", "schemas", "Head", rename="journal_head"),
    servers_use_https: spoilt("servers", "0", "url", value="http://heitje.example/v1"),
    problem_details: spoilt("components", "schemas", "Problem", "required", value=["title", "status"]),
    invalid_input: spoilt("paths", HEAD, "get", "responses", "400"),
    date_time_format: spoilt(
        "components", "schemas", "Head", "properties", "startDate", value={"type": "string", "format": "date-time"}
    ),
    semver: spoilt("info", "version", value="1.0"),
    no_sensitive_uris: spoilt("paths", HEAD, "get", "parameters", "0", "name", value="citizen"),
    well_described: spoilt("paths", HEAD, "get", "description"),
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_document_keeps_the_rule(rule: Rule) -> None:
    assert list(rule(DOCUMENT)) == []


@pytest.mark.parametrize(("rule", "bad"), RULES.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_the_rule_finds_what_breaks_it(rule: Rule, bad: Document) -> None:
    assert list(rule(bad))


@pytest.mark.parametrize(
    ("rule", "bad"),
    [
        (doc_openapi, spoilt("openapi", value="2.0")),
        (publish_openapi, spoilt("servers")),
        (publish_openapi, spoilt("tags", "0", "name", value="till")),
        (publish_openapi, spoilt("paths", HEAD, rename="/terminals/{id}/head")),
        (uri_version, spoilt("paths", HEAD, rename=f"/v2{HEAD}")),
        (
            problem_details,
            spoilt(
                *("paths", HEAD, "get", "responses", "401", "content", "application/problem+json"),
                rename="application/json",
            ),
        ),
        (well_described, spoilt("paths", HEAD, "get", "parameters", "0", "example")),
        (well_described, spoilt("paths", HEAD, "get", "responses", "200", "content", "application/json", "examples")),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_the_rule_finds_more(rule: Rule, bad: Document) -> None:
    assert list(rule(bad))
