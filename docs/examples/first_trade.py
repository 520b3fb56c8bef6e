#!/usr/bin/env python3
"""A first trade: two sessions of the demo venue buy and sell one share of ACME.

    pip install simplefix
    python3 docs/examples/first_trade.py [PORT]

Numbers start again with 141=Y, so it can be run as often as you like.
"""

import socket
import sys
from datetime import datetime, timezone

import simplefix

PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 9001


class Session:
    """One FIX 4.4 session: a socket, a parser, and the number of the next message."""

    def __init__(self, name):
        self.name, self.number = name, 1
        self.parser = simplefix.FixParser()
        self.socket = socket.create_connection(("127.0.0.1", PORT), timeout=20)
        self.send("A", [(98, 0), (108, 30), (141, "Y"), (553, name), (554, name.lower())])
        self.expect("A")

    def send(self, kind, fields):
        message = simplefix.FixMessage()
        message.append_pair(8, "FIX.4.4")
        message.append_pair(35, kind)
        message.append_pair(49, self.name)
        message.append_pair(56, "PORTCULLIS")
        message.append_pair(34, self.number)
        message.append_utc_timestamp(52)
        for tag, value in fields:
            message.append_pair(tag, value)
        self.number += 1
        self.socket.sendall(message.encode())
        self.show(">", message)

    def expect(self, kind):
        while True:
            message = self.parser.get_message()
            if message is not None:
                self.show("<", message)
                got = message.get(35).decode()
                if got == kind:
                    return message
                sys.exit(f"expected {kind}, got {got}")
            data = self.socket.recv(4096)
            if not data:
                sys.exit("the venue closed the connection")
            self.parser.append_buffer(data)

    def show(self, arrow, message):
        print(self.name, arrow, message.encode().replace(b"\x01", b"|").decode())

    def order(self, name, side, price):
        now = datetime.now(timezone.utc).strftime("%Y%m%d-%H:%M:%S.%f")[:-3]
        self.send("D", [(11, name), (55, "ACME"), (54, side), (60, now), (38, 1), (40, 2), (44, price)])


buyer, seller = Session("CLIENT1"), Session("CLIENT2")
stamp = datetime.now().strftime("%H%M%S%f")
buyer.order(f"buy-{stamp}", 1, "10.50")
assert buyer.expect("8").get(150) == b"0", "accepted"
seller.order(f"sell-{stamp}", 2, "10.50")
assert seller.expect("8").get(150) == b"0", "accepted"
filled = seller.expect("8")
assert filled.get(150) == b"F" and filled.get(31) == b"10.5", "traded"
assert buyer.expect("8").get(150) == b"F", "traded"
for session in (buyer, seller):
    session.send("5", [])
    session.expect("5")
print("one share of ACME traded at 10.50")
