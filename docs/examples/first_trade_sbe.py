#!/usr/bin/env python3
"""A first trade in binary: two clients of the demo venue buy and sell one share of ACME.

    python3 docs/examples/first_trade_sbe.py [PORT]

It needs nothing but Python: messages are written and read by what the published schema says, not by generated code.
The rules are docs/wire/sbe.md.
"""

import hashlib
import hmac
import socket
import struct
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 9002
SCHEMA = Path(__file__).parents[2] / "sbe-schemas/schemas/order-entry.xml"
PACK = {"char": "c", "uint8": "B", "uint16": "H", "uint32": "I", "uint64": "Q", "int8": "b", "int64": "q"}
ENCODING = 0xEB50
ONE = 10**8


class Schema:
    """Messages by name and by id: for each field its name, struct format and enum."""

    def __init__(self, path):
        root = ElementTree.parse(path).getroot()
        self.id, self.version = int(root.get("id")), int(root.get("version"))
        self.types = {node.get("name"): node for group in root.iter("types") for node in group}
        self.messages = {}
        for node in root.iter("{http://fixprotocol.io/2016/sbe}message"):
            fields = [part for field in node if field.tag == "field"
                      for part in self.parts(field.get("name"), field.get("type"))]
            self.messages[node.get("name")] = (int(node.get("id")), fields)

    def parts(self, name, kind):
        """A field as the flat fields that it consists of."""
        node = self.types.get(kind)
        if node is None:
            return [(name, PACK[kind], {})]
        if node.tag == "type":
            length = int(node.get("length", 1))
            form = PACK[node.get("primitiveType")]
            return [(name, f"{length}s" if length > 1 else form, {})]
        if node.tag in ("enum", "set"):
            is_char = node.get("encodingType") == "char"
            codes = {c.get("name"): ord(c.text) if is_char else int(c.text) for c in node}
            codes = codes if node.tag == "enum" else {}
            return [(name, PACK["uint8"], codes)]
        members = [member for member in node if member.get("presence") != "constant"]
        if len(members) == 1:
            return [(name, "q", {})]
        return [part for m in members for part in self.parts(m.get("name"), m.get("type") or m.get("primitiveType"))]

    def encode(self, message, **values):
        number, fields = self.messages[message]
        block = b""
        for name, form, codes in fields:
            # Prices and quantities that are not given are absent.
            value = values.get(name, -(2**63) if form == "q" else b"" if form.endswith("s") else 0)
            value = codes[value] if isinstance(value, str) and codes else value
            value = value.encode() if isinstance(value, str) else value
            block += struct.pack("<" + form, value)
        return struct.pack("<4H", len(block), number, self.id, self.version) + block

    def decode(self, message):
        length, number, _, _ = struct.unpack_from("<4H", message)
        known = [(name, fields) for name, (n, fields) in self.messages.items() if n == number]
        name, fields = known[0] if known else ("unknown", [])
        values, at = {"message": name}, 8
        for field, form, codes in fields:
            if at + struct.calcsize("<" + form) > 8 + length:
                break  # Of a later version of the schema than the venue's.
            (value,) = struct.unpack_from("<" + form, message, at)
            at += struct.calcsize("<" + form)
            if isinstance(value, bytes):
                value = value.rstrip(b"\0").decode(errors="replace")
            values[field] = {code: word for word, code in codes.items()}.get(value, value)
        return values


class Client:
    def __init__(self, schema, name, key):
        self.schema, self.name, self.key, self.number = schema, name, key.encode(), 0
        self.socket = socket.create_connection(("127.0.0.1", PORT), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        version = time.time_ns()
        self.enter("Negotiate", versionId=version)
        self.expect("NegotiateResponse")
        self.enter("Establish", versionId=version, nextSeqNo=1, keepaliveMs=10_000)
        self.expect("EstablishAck")

    def enter(self, message, **values):
        bare = self.schema.encode(message, session=self.name, timestamp=time.time_ns(), **values)
        signed = bare[:-64]
        self.say(signed + hmac.new(self.key, signed, hashlib.sha256).digest().ljust(64, b"\0"))

    def say(self, message):
        self.socket.sendall(struct.pack("<HH", len(message) + 4, ENCODING) + message)

    def ask(self, message, **values):
        self.number += 1
        self.say(self.schema.encode(message, msgSeqNum=self.number, **values))

    def hear(self):
        length, encoding = struct.unpack("<HH", self.read(4))
        assert encoding == ENCODING
        return self.schema.decode(self.read(length - 4))

    def read(self, count):
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                raise SystemExit(f"{self.name}: the venue has closed the connection")
            data += more
        return data

    def expect(self, message):
        while True:
            heard = self.hear()
            if heard["message"] == message:
                return heard
            if "Reject" in heard["message"]:
                raise SystemExit(f"{self.name}: {heard}")


def main():
    schema = Schema(SCHEMA)
    seller, buyer = Client(schema, "BINARY1", "binary1"), Client(schema, "BINARY2", "binary2")
    buyer.ask("InstrumentListRequest", requestId=1)
    while (info := buyer.expect("InstrumentInfo"))["symbol"] != "ACME":
        pass
    name = f"{time.time_ns():x}"
    order = dict(instrument=info["instrument"], ordType="Limit", timeInForce="Day", price=100 * ONE, orderQty=ONE)
    seller.ask("NewOrder", clOrdId=f"{name}-s", side="Sell", **order)
    print("accepted:", seller.expect("ExecutionReportNew")["orderId"])
    buyer.ask("NewOrder", clOrdId=f"{name}-b", side="Buy", **order)
    trades = [client.expect("ExecutionReportTrade") for client in (seller, buyer)]
    assert trades[0]["tradeId"] == trades[1]["tradeId"] and trades[0]["seq"] == trades[1]["seq"]
    for client in (seller, buyer):
        client.say(schema.encode("Terminate"))
        client.expect("Terminate")
    price, quantity = trades[0]["lastPx"] / ONE, trades[0]["lastQty"] / ONE
    print(f"traded: {quantity:g} at {price:g}, trade {trades[0]['tradeId']}, log sequence {trades[0]['seq']}")


if __name__ == "__main__":
    main()
