#!/usr/bin/env python3
"""Every book of a venue out of its feed, and whether the feed keeps its word.

    python3 docs/examples/feed_books.py [--seconds N] [--interface ADDRESS] [--replay ADDRESS:PORT]
                                        [--a GROUP:PORT] [--b GROUP:PORT] [--snapshot GROUP:PORT]

A subscriber that shares nothing with the venue: it needs nothing but Python, and knows the published schema and
docs/wire/feed.md. It records what comes on lines A and B and on the snapshot channel, and then checks

  - both lines: byte for byte the same packets; sequences without a hole; each instrument's rptSeq without one;
  - books, order by order: every message is possible, every BookChecksum is theirs, none is crossed in continuous trading;
  - every snapshot is the book at its sequence, so whoever joins with it has the same books;
  - events end where the log sequence changes; every TradeSummary is the sum of the trades behind it;
  - with --replay: what the venue gives again by TCP is what it sent, byte for byte.

Meant for checking and reading, not for speed. The exit code is 1 if anything is wrong, or nothing came.
"""

import argparse
import select
import socket
import struct
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

SCHEMA = Path(__file__).parents[2] / "sbe-schemas/schemas/market-data.xml"
PACK = {"char": "c", "uint8": "B", "uint16": "H", "uint32": "I", "uint64": "Q", "int8": "b", "int64": "q"}
HEADER, ENCODING, FRAME_TCP = "<BBHHHIIQQ", 0xEB50, 0x5046
IS_SNAPSHOT, IS_CONTROL, END_OF_EVENT, FIRST_OF_SUMMARY = 1, 8, 1, 2
BUY, CONTINUOUS, EVERY = 1, 3, 2**64 - 1
MASK = 2**64 - 1


class Schema:
    """Messages by id: their name, and of each field the name, where it is and its struct format."""

    def __init__(self, path):
        root = ElementTree.parse(path).getroot()
        self.id = int(root.get("id"))
        self.types = {node.get("name"): node for group in root.iter("types") for node in group}
        self.messages, self.ids = {}, {}
        for node in root.iter("{http://fixprotocol.io/2016/sbe}message"):
            fields = [part for field in node for part in self.parts(field.get("name"), field.get("type"))]
            form = struct.Struct("<" + "".join(form for _, form in fields))
            self.messages[int(node.get("id"))] = (node.get("name"), form, [name for name, _ in fields])
            self.ids[node.get("name")] = int(node.get("id"))

    def parts(self, name, kind):
        """A field as the flat fields that it consists of."""
        node = self.types.get(kind)
        if node is None:
            return [(name, PACK[kind])]
        if node.tag == "type":
            length = int(node.get("length", 1))
            return [(name, f"{length}s" if length > 1 else PACK[node.get("primitiveType")])]
        if node.tag in ("enum", "set"):
            return [(name, PACK[node.get("encodingType")])]
        members = [member for member in node if member.get("presence") != "constant"]
        if len(members) == 1:
            return [(name, PACK[members[0].get("primitiveType")])]
        return [part for m in members
                for part in self.parts(f"{name}.{m.get('name')}", m.get("type") or m.get("primitiveType"))]

    def decode(self, message):
        """Name and fields of SBE header and body; a message of a later version by what is known of it."""
        length, template, schema, _ = struct.unpack_from("<HHHH", message)
        assert schema == self.id, f"schema {schema}"
        if template not in self.messages:
            return f"template {template}", {}
        name, form, names = self.messages[template]
        assert form.size <= length <= len(message) - 8, f"{name}: {length} bytes"
        return name, dict(zip(names, form.unpack_from(message, 8)))

    def encode(self, name, *values):
        """SBE header and body."""
        _, form, _ = self.messages[self.ids[name]]
        return struct.pack("<HHHH", form.size, self.ids[name], self.id, 0) + form.pack(*values)


def messages_of(packet):
    """Flags, sequence, and the messages of a packet."""
    version, flags, _, count, head, epoch, _, sequence, _ = struct.unpack_from(HEADER, packet)
    assert version == 1 and epoch > 0 and len(packet) <= 1472, f"version {version}, epoch {epoch}, {len(packet)} bytes"
    messages, at = [], head
    for _ in range(count):
        length, encoding = struct.unpack_from("<HH", packet, at)
        assert encoding == ENCODING and length > 12, f"a frame of {length}"
        messages.append(packet[at + 4:at + length])
        at += length
    assert at == len(packet), "bytes behind the last message"
    return flags, sequence, messages


def mix(value, word):
    """One step of the checksum (docs/wire/feed.md)."""
    product = ((value ^ (word & MASK)) * 0x9E3779B97F4A7C15) & (2**128 - 1)
    low = product & MASK
    return (product >> 64) ^ ((low << 23 | low >> 41) & MASK) ^ 0x6A09E667F3BCC909


def sum_of(orders):
    total = 0
    for number, (side, price, qty, priority) in orders.items():
        value = 0x6A09E667F3BCC909
        for word in (number, side, price, qty, priority):
            value = mix(value, word)
        total += value
    return total & MASK


class Book:
    """Orders by OrderID: side, price, quantity shown, priority."""

    def __init__(self):
        self.orders, self.rpt_seq, self.phase, self.bands, self.symbol = {}, 0, None, None, b""

    def walk(self):
        """As they trade: buyers first."""
        rank = {number: (o[0], -o[1] if o[0] == BUY else o[1], o[3]) for number, o in self.orders.items()}
        return [(number, *self.orders[number]) for number in sorted(rank, key=rank.get)]

    def apply(self, name, m):
        """A change of the book. What cannot be true is an error."""
        assert m["rptSeq"] == self.rpt_seq + 1, f"rptSeq {m['rptSeq']} behind {self.rpt_seq}"
        self.rpt_seq = m["rptSeq"]
        if name == "BookClear":
            self.orders.clear()
            return
        number = m["orderId"]
        if name == "OrderAdd":
            assert number not in self.orders and m["qty"] > 0, "an order that was there"
            self.orders[number] = (m["side"], m["price"], m["qty"], m["rptSeq"])
            return
        side, price, qty, priority = self.orders.pop(number)
        assert side == m["side"], "another side"
        if name == "OrderExecute":
            worse = m["price"] > price if side == BUY else m["price"] < price
            assert not worse and m["qty"] > 0 and qty - m["qty"] == m["leavesQty"], "a trade that cannot be"
            left = m["leavesQty"]
        else:
            left = m["qty"] if name == "OrderReduce" else 0
            assert left < qty, "no reduction"
        if left:
            self.orders[number] = (side, price, left, priority)

    def is_crossed(self):
        bids = [o[1] for o in self.orders.values() if o[0] == BUY]
        asks = [o[1] for o in self.orders.values() if o[0] != BUY]
        return bool(bids and asks) and max(bids) >= min(asks)


BANDS = ("low", "high", "staticLow", "staticHigh")


class Checker:
    """Messages of the incremental channel in, books and complaints out."""

    def __init__(self, schema):
        self.schema, self.books, self.faults, self.counts = schema, {}, [], {}
        self.last = None  # Log sequence and end of event of the message before.
        self.promised = None  # Of the last TradeSummary: what of it has not come.
        self.snapshots = {}  # By the last sequence that they include.

    def fault(self, text):
        self.faults.append(text)

    def message(self, sequence, message):
        try:
            name, m = self.schema.decode(message)
            self.counts[name] = self.counts.get(name, 0) + 1
            if m:
                self.known(name, m)
        except (AssertionError, KeyError, struct.error) as error:
            self.fault(f"message {sequence}: {error!r}")
        for begin, orders in self.snapshots.get(sequence, []):
            self.compare(begin, orders)

    def known(self, name, m):
        self.event(name, m)
        self.trade(name, m)
        book = self.books.setdefault(m["instrument"], Book())
        if name in ("OrderAdd", "OrderReduce", "OrderDelete", "OrderExecute", "BookClear"):
            book.apply(name, m)
        elif name == "BookChecksum":
            self.counts["checksums"] = self.counts.get("checksums", 0) + 1
            assert (m["rptSeq"], m["orders"]) == (book.rpt_seq, len(book.orders)), "a checksum of another book"
            assert m["checksum"] == sum_of(book.orders), "the checksum differs"
        elif name in ("InstrumentDefinition", "TradingStatus"):
            book.phase, book.symbol = m["phase"], m.get("symbol", book.symbol)
        if "bands.low" in m:
            book.bands = [m["bands." + of] for of in BANDS]
        if m["flags"] & END_OF_EVENT and book.phase == CONTINUOUS:
            assert not book.is_crossed(), f"the book of {book.symbol} is crossed"

    def event(self, name, m):
        """An event ends where the log sequence changes, and nowhere else."""
        seq = m.get("seq")
        if seq is not None and self.last:
            before, ended = self.last
            assert before is None or ended == (seq != before), f"{name}: events end where others begin"
        # A definition or a checksum does not say its seq: it is of the event of the one before, if that is open.
        same = self.last[0] if seq is None and self.last and not self.last[1] else seq
        self.last = (same, bool(m["flags"] & END_OF_EVENT))

    def trade(self, name, m):
        """Trades outside of an uncross are promised first."""
        if name == "TradeSummary":
            assert not self.promised or self.promised["trades"] == 0, "a summary whose trades did not come"
            self.promised = dict(m)
            return
        maker = m["side"] if name == "OrderExecute" else None
        aggressor = 3 - maker if maker else m.get("aggressor") if name == "Trade" else None
        phase = self.books[m["instrument"]].phase if m["instrument"] in self.books else None
        if not aggressor or (maker and phase != CONTINUOUS):
            return
        p = self.promised
        assert p and p["trades"] > 0, "a trade that no summary has promised"
        first = m["flags"] & FIRST_OF_SUMMARY
        for of in ("instrument", "seq", "price", "tradeId"):
            assert p[of] == m[of], f"another {of} than promised"
        assert p["aggressor"] == aggressor and (not first or m["tradeId"] == p["tradeId"]), "another aggressor"
        p["tradeId"], p["trades"], p["qty"] = p["tradeId"] + 1, p["trades"] - 1, p["qty"] - m["qty"]
        assert (p["trades"] == 0) == (p["qty"] == 0), "trades do not add up to their summary"

    def snapshot(self, schema, packets):
        """All whole snapshots of the channel, by the sequence they are to be compared at."""
        begin, orders, expected = None, [], None
        for sequence, messages in packets:
            begin = begin if sequence == expected else None
            expected = sequence + len(messages)
            for message in messages:
                name, m = schema.decode(message)
                if name == "SnapshotBegin":
                    begin, orders = m, []
                elif begin and name == "SnapshotOrder":
                    orders.append(tuple(m[of] for of in ("orderId", "side", "price", "qty", "priority")))
                elif begin and name == "SnapshotEnd":
                    own = (len(orders), sum_of({o[0]: o[1:] for o in orders}), begin["rptSeq"])
                    if own != (m["orders"], m["checksum"], m["rptSeq"]):
                        self.fault(f"a snapshot of {begin['symbol']} does not add up")
                    self.snapshots.setdefault(begin["sequence"], []).append((begin, orders))
                    begin = None

    def compare(self, begin, orders):
        self.counts["snapshots"] = self.counts.get("snapshots", 0) + 1
        book = self.books.get(begin["instrument"], Book())
        bands = [begin["bands." + of] for of in BANDS]
        told = (book.walk(), book.rpt_seq, book.phase, book.bands)
        if told != (orders, begin["rptSeq"], begin["phase"], bands):
            self.fault(f"the snapshot of {begin['symbol']} at {begin['sequence']} is not the book")


def join(group, interface):
    """A socket that hears a group, with as much room as the kernel gives."""
    address, port = group.split(":")
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 20)
    sock.bind((address, int(port)))
    member = socket.inet_aton(address) + socket.inet_aton(interface)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
    sock.setblocking(False)
    return sock


def replay(schema, address, first):
    """All messages that the venue keeps, by TCP, up to those told now; bytes by sequence."""
    host, port = address.split(":")
    with socket.create_connection((host, int(port)), timeout=10) as sock:
        def ask(start, end):
            request = schema.encode("ReplayRequest", 1, 1, 1, start, end)
            framed = struct.pack("<HH", len(request) + 4, ENCODING) + request
            head = struct.pack(HEADER, 1, IS_CONTROL, 0, 1, 32, 1, 0, 0, 0)
            sock.sendall(struct.pack("<HH", 4 + len(head + framed), FRAME_TCP) + head + framed)

        def packets():
            data = b""
            while True:
                while len(data) < 4 or len(data) < struct.unpack_from("<H", data)[0]:
                    more = sock.recv(65536)
                    assert more, "the venue hung up"
                    data += more
                length = struct.unpack_from("<H", data)[0]
                yield data[4:length]
                data = data[length:]

        ask(first, EVERY)
        told = {}
        for packet in packets():
            flags, sequence, messages = messages_of(packet)
            if flags & IS_CONTROL:
                name, m = schema.decode(messages[0])
                assert name in ("ReplayBegin", "SlowConsumer"), f"{name} {m}"
                continue
            if not messages:
                return told  # A heartbeat: that is all, so far.
            for number, message in enumerate(messages, sequence):
                told[number] = message


def main():
    words = argparse.ArgumentParser(description="Rebuilds the books of a feed and checks it.")
    words.add_argument("--seconds", type=float, default=5)
    words.add_argument("--interface", default="127.0.0.1")
    words.add_argument("--replay")
    words.add_argument("--a", default="239.255.42.1:9101")
    words.add_argument("--b", default="239.255.42.2:9102")
    words.add_argument("--snapshot", default="239.255.42.3:9103")
    args = words.parse_args()
    schema = Schema(SCHEMA)
    sockets = [join(group, args.interface) for group in (args.a, args.b, args.snapshot)]
    heard = {sock: [] for sock in sockets}
    end = time.monotonic() + args.seconds
    while time.monotonic() < end:
        for sock in select.select(sockets, [], [], 0.1)[0]:
            try:
                while True:
                    heard[sock].append(sock.recv(65536))
            except BlockingIOError:
                pass
    checker, a, b = Checker(schema), {}, {}
    for lines, sock in zip((a, b), sockets):
        for packet in heard[sock]:
            flags, sequence, messages = messages_of(packet)
            # A restart sends the last packets again, byte for byte.
            if flags & IS_SNAPSHOT or messages and lines.setdefault(sequence, packet) != packet:
                checker.fault(f"packet {sequence} is of another channel, or came before and was another")
    snapshots = [messages_of(packet)[1:] for packet in heard[sockets[2]]]
    for sequence in a.keys() & b.keys():
        if a[sequence] != b[sequence]:
            checker.fault(f"packet {sequence} is not the same on both lines")
    told = {}
    for packet in (a | b).values():
        _, sequence, messages = messages_of(packet)
        told.update(enumerate(messages, sequence))
    both, compared = len(a.keys() & b.keys()), 0
    if args.replay:
        # From the first message kept, so that books begin empty; what came by multicast must be the same.
        kept = replay(schema, args.replay, 0)
        for sequence, message in told.items():
            compared += 1
            if kept.get(sequence, message) != message:
                checker.fault(f"message {sequence} is another when it is sent again")
        told = kept | told
    if told and min(told) != 1:
        sys.exit(f"the first message is {min(told)}: books cannot be built from nothing; use --replay, or come earlier")
    missing = set(range(1, max(told, default=0) + 1)) - told.keys()
    if missing:
        checker.fault(f"{len(missing)} messages are missing, the first is {min(missing)}")
    checker.snapshot(schema, snapshots)
    for sequence in sorted(told):
        checker.message(sequence, told[sequence])
    for number, book in sorted(checker.books.items()):
        symbol = book.symbol.rstrip(b"\0").decode()
        print(f"{number} {symbol}: rptSeq {book.rpt_seq}, {len(book.orders)} orders, checksum {sum_of(book.orders):#018x}")
    print(f"packets A {len(a)}, B {len(b)}, both {both}; messages {len(told)}, of these sent again {compared}")
    print(", ".join(f"{name} {count}" for name, count in sorted(checker.counts.items())))
    for text in checker.faults[:20]:
        print("FAULT:", text)
    if checker.faults or not told:
        sys.exit(f"{len(checker.faults)} faults" if told else "nothing came")
    print("the feed keeps its word")


if __name__ == "__main__":
    main()
