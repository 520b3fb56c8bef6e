#!/usr/bin/env python3
"""Writes one byte image per message of the schemas, and what is in it, for tests/golden.rs.

A second, independent reading of the XML: it shares nothing with the generator but the standard
(SBE 1.0), so an offset that is wrong in one of the two does not match. Only for messages without
var-data and groups in groups; a group has two entries. A published image never changes: a diff here is a change of
the wire. Run it without arguments after a new message.
"""

import struct
import xml.etree.ElementTree as ElementTree
from pathlib import Path

HERE = Path(__file__).parent
PACK = {"uint8": "B", "uint16": "H", "uint32": "I", "uint64": "Q",
        "int8": "b", "int16": "h", "int32": "i", "int64": "q", "char": "B"}
EXPONENT = 10 ** 8


class Values:
    """A different value for every field, the same in every run."""

    def __init__(self):
        self.count = 0

    def next(self, primitive):
        self.count += 1
        size = struct.calcsize(PACK[primitive])
        # Every byte of it differs, so that a wrong byte order or width shows.
        return int.from_bytes(bytes((7 * self.count + 3 * at) % 119 + 1 for at in range(size)), "little")


def decimal(mantissa):
    sign = "-" if mantissa < 0 else ""
    whole, part = divmod(abs(mantissa), EXPONENT)
    digits = f"{part:08}".rstrip("0")
    return f"{sign}{whole}.{digits}" if digits else f"{sign}{whole}"


def simple(node, name, values):
    """A <type>: its bytes and its text."""
    primitive, length = node.get("primitiveType"), int(node.get("length", 1))
    if primitive == "char" and length > 1:
        text = f"{name}-{values.count}"[:length]
        return text.encode().ljust(length, b"\0"), text
    if length > 1:
        numbers = [values.next(primitive) for _ in range(length)]
        return b"".join(struct.pack("<" + PACK[primitive], n) for n in numbers), str(numbers)
    value = values.next(primitive)
    if node.get("presence") == "optional" and values.count % 2:
        null = int(node.get("nullValue"))
        return struct.pack("<" + PACK[primitive], null), "-"
    return struct.pack("<" + PACK[primitive], value), str(value)


def encode(types, kind, name, values):
    """A field of type `kind`: its bytes and its text."""
    if kind in PACK:
        return simple(ElementTree.Element("type", primitiveType=kind), name, values)
    node = types[kind]
    if node.tag == "type":
        return simple(node, name, values)
    if node.tag == "enum":
        choice = list(node)[-1]
        form, text = node.get("encodingType"), choice.text.strip()
        code = ord(text) if form == "char" else int(text)
        return struct.pack("<" + PACK[form], code), choice.get("name")
    if node.tag == "set":
        bits = sum(1 << int(choice.text) for choice in node)
        names = "|".join(choice.get("name") for choice in node)
        return struct.pack("<" + PACK[node.get("encodingType")], bits), names
    members = [member for member in node if member.get("presence") != "constant"]
    parts = []
    for member in members:
        if member.tag == "ref":
            parts.append(encode(types, member.get("type"), member.get("name"), values))
        else:
            parts.append(simple(member, member.get("name"), values))
    image = b"".join(part for part, _ in parts)
    if len(members) > 1:
        pairs = (f"{member.get('name')}={text}" for member, (_, text) in zip(members, parts))
        return image, f"({' '.join(pairs)})"
    text = parts[0][1]
    return image, text if text == "-" else decimal(int(text))


def two_entries(types, group, values):
    """A group of u16 dimensions: its bytes and its text."""
    entries, texts = [], []
    for _ in range(2):
        fields = [(field.get("name"), *encode(types, field.get("type"), field.get("name"), values))
                  for field in group]
        entries.append(b"".join(image for _, image, _ in fields))
        texts.append(f"({' '.join(f'{name}={text}' for name, _, text in fields)})")
    return struct.pack("<2H", len(entries[0]), 2) + b"".join(entries), f"[{' '.join(texts)}]"


def main():
    for schema in ("journal", "order-entry", "market-data"):
        root = ElementTree.parse(HERE / f"../../schemas/{schema}.xml").getroot()
        types = {node.get("name"): node for group in root.iter("types") for node in group}
        for message in root.iter("{http://fixprotocol.io/2016/sbe}message"):
            values, block, pairs = Values(), b"", []
            tail = b""
            for field in message:
                if field.get("type") == "ReportHead":
                    continue  # On the wire only: these are images of what is stored.
                if field.tag == "group":
                    image, text = two_entries(types, field, values)
                    tail += image
                else:
                    assert field.tag == "field" and field.get("offset") is None, field.attrib
                    image, text = encode(types, field.get("type"), field.get("name"), values)
                    block += image
                pairs.append(f"{field.get('name')}={text}")
            identity = (message.get("id"), root.get("id"), root.get("version"))
            image = struct.pack("<4H", len(block), *map(int, identity)) + block + tail
            rows = [image[at:at + 32].hex(" ") for at in range(0, len(image), 32)]
            text = "\n".join([f"# {message.get('name')} {' '.join(pairs)}", *rows, ""])
            (HERE / f"{schema}-{message.get('name')}.hex").write_text(text)


if __name__ == "__main__":
    main()
