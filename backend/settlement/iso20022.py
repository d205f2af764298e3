# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""ISO 20022 documents: built, read and held against their schemas; the one home of the XML library.

What comes from outside is read without entities, network or DTD, and only in versions that are named here. The schemas
are those that the sepaxml and camt053 packages carry; none is kept here. A server needs no camt053: the readers of the
bank's answers check by themselves all that they use, and tests hold them against the schemas (ADR 0019).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, distribution
from typing import Any, Final, TypeAlias

from lxml import etree

Element: TypeAlias = etree._Element
DOCUMENT_BYTES_MAX: Final = 64 * 1024 * 1024
_PREFIX: Final = "urn:iso:std:iso:20022:tech:xsd:"
_SCHEMAS: Final = {
    "pain.001.001.09": ("sepaxml", "sepaxml/schemas/pain.001.001.09.xsd"),
    "camt.053.001.02": ("camt053", "camt053/xsd/camt.053.001.02.xsd"),
    "camt.053.001.08": ("camt053", "camt053/xsd/camt.053.001.08.xsd"),
}


class BankFileInvalid(Exception):
    """A document is not what it should be; nothing of it may be sent, or believed."""


@dataclass(frozen=True, slots=True)
class Node:
    """An element of a document that was read, by names without their namespace."""

    element: Element
    namespace: str

    def first(self, path: str) -> "Node | None":
        """The first element under a path, as `Acct/Id/IBAN`."""
        found = self.element.find(self._qualified(path))
        return None if found is None else Node(found, self.namespace)

    def all(self, path: str) -> "Iterator[Node]":
        """Every element under a path, in order."""
        return (Node(found, self.namespace) for found in self.element.iterfind(self._qualified(path)))

    def text(self, *paths: str) -> str:
        """What stands under the first of these paths that is there; nothing where none is."""
        for path in paths:
            found = self.element.find(self._qualified(path))
            if found is not None and (found.text or "").strip():
                return (found.text or "").strip()
        return ""

    def need(self, *paths: str) -> str:
        """The same; raises `BankFileInvalid` where nothing is there."""
        found = self.text(*paths)
        if not found:
            raise BankFileInvalid(f"{' or '.join(paths)} is missing")
        return found

    def _qualified(self, path: str) -> str:
        return "/".join(f"{{{self.namespace}}}{name}" for name in path.split("/"))


def document(name: str) -> Element:
    """The root of a document to be written, as `pain.001.001.09`."""
    namespaces: dict[Any, str] = {None: _PREFIX + name}
    return etree.Element(f"{{{_PREFIX + name}}}Document", nsmap=namespaces)


def child(parent: Element, tag: str, text: str | None = None) -> Element:
    """An element at the end of another, in the same namespace."""
    node = etree.SubElement(parent, f"{{{etree.QName(parent).namespace}}}{tag}")
    node.text = text
    return node


def path(parent: Element, steps: str, text: str | None = None) -> Element:
    """Elements one in the other, as `Dbtr/Nm`; the innermost."""
    *outer, last = steps.split("/")
    for tag in outer:
        parent = child(parent, tag)
    return child(parent, last, text)


def written(root: Element) -> bytes:
    """A document's bytes."""
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def name_of(data: bytes) -> str:
    """Which message a document is, as `camt.053.001.08`. Raises `BankFileInvalid`."""
    return _name(_parsed(data))


def read(data: bytes, names: frozenset[str]) -> Node:
    """A document of one of these messages, whole. Raises `BankFileInvalid`."""
    root = _parsed(data)
    name = _name(root)
    if name not in names:
        raise BankFileInvalid(f"this is {name or 'no bank message'}, and not {' or '.join(sorted(names))}")
    if _is_installed(name):
        _check(root, name)
    return Node(root, _PREFIX + name)


def validate(data: bytes, name: str) -> None:
    """Hold a document against its schema. Raises `BankFileInvalid`."""
    _check(_parsed(data), name)


def euros(amount: int) -> str:
    """Cents as the standard writes them."""
    return f"{amount // 100}.{amount % 100:02d}"


def cents_of(node: Node, where: str = "Amt") -> int:
    """An amount of euro in cents. Raises `BankFileInvalid` for another currency, or for parts of a cent."""
    found = node.first(where)
    text = "" if found is None else (found.element.text or "").strip()
    whole, _, parts = text.partition(".")
    if found is None or found.element.get("Ccy", "EUR") != "EUR":
        raise BankFileInvalid(f"{where} is not an amount of euro")
    digits = parts.ljust(2, "0")
    if not (whole.isascii() and whole.isdigit() and digits.isascii() and digits.isdigit()) or digits[2:].strip("0"):
        raise BankFileInvalid(f"{where} is not a number of cents: {text[:40]!r}")
    return int(whole) * 100 + int(digits[:2])


def _parsed(data: bytes) -> Element:
    if len(data) > DOCUMENT_BYTES_MAX:
        raise BankFileInvalid("a bank's document is 64 MiB at most")
    try:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BankFileInvalid(f"not XML: {error}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise BankFileInvalid("a bank's document has no DTD")
    return root


def _name(root: Element) -> str:
    namespace = etree.QName(root).namespace or ""
    return namespace.removeprefix(_PREFIX) if namespace.startswith(_PREFIX) else ""


def _check(root: Element, name: str) -> None:
    try:
        _schema(name).assertValid(root)
    except etree.DocumentInvalid as error:
        raise BankFileInvalid(str(error)) from error


def _is_installed(name: str) -> bool:
    package, file = _SCHEMAS.get(name, ("", ""))
    try:
        return bool(package) and distribution(package).locate_file(file) is not None
    except PackageNotFoundError:
        return False


@lru_cache(maxsize=4)
def _schema(name: str) -> etree.XMLSchema:
    package, file = _SCHEMAS[name]
    return etree.XMLSchema(etree.parse(str(distribution(package).locate_file(file))))
