"""Reads a DBN file with Databento's own library and rebuilds every book from it.

Prints JSON: the orders of each book in no order, the trades in theirs, and how many records there were.
Knows nothing of this project: what the records mean is what Databento says they mean.
"""

import json
import sys

import databento_dbn as dbn

# Rebuilding a book: https://databento.com/docs, "MBO": T and F change nothing, C takes size away.
symbols, books, trades, last = {}, {}, [], {}
decoder = dbn.DBNDecoder()
decoder.write(open(sys.argv[1], "rb").read())
records = decoder.decode()
metadata, *records = records
assert metadata.dataset == "PORTCULLIS" and metadata.version == 3, metadata
for record in records:
    if isinstance(record, dbn.SymbolMappingMsg):
        assert record.stype_out_symbol == str(record.instrument_id)
        symbols[record.instrument_id] = record.stype_in_symbol
        continue
    assert isinstance(record, dbn.MBOMsg), record
    book = books.setdefault(record.instrument_id, {})
    action, key = record.action, record.order_id
    if action == dbn.Action.CLEAR:
        book.clear()
    elif action == dbn.Action.ADD:
        assert key not in book, "an order is added once"
        book[key] = [str(record.side), record.price, record.size]
    elif action == dbn.Action.MODIFY:
        assert book[key][:2] == [str(record.side), record.price]
        book[key][2] = record.size
    elif action == dbn.Action.CANCEL:
        assert book[key][:2] == [str(record.side), record.price]
        book[key][2] -= record.size
        assert book[key][2] >= 0
        if book[key][2] == 0:
            del book[key]
    elif action == dbn.Action.TRADE:
        trades.append([symbols[record.instrument_id], str(record.side), record.price, record.size])
    else:
        assert action == dbn.Action.FILL and key in book, record
    assert record.ts_event <= record.ts_recv, "engine and listener have the same clock"
    last[record.instrument_id] = record.flags
assert all(int(flags) & 128 for flags in last.values()), "the last record of an event says so"
orders = [
    [symbols[instrument], key, *order] for instrument, book in books.items() for key, order in book.items()
]
print(json.dumps({"orders": orders, "trades": trades, "records": len(records)}))
