-- Written by `cargo run -p sbe-generator`; do not edit.
-- Name, kind, bytes, and names of the values, of every field in the order of the wire.
local schemas = {
  [1] = { name = "order_entry", version = 1, messages = {
    [1] = { name = "Negotiate", length = 104, fields = {
      { "session", 0, 24, "text" },
      { "versionId", 24, 8, "unsigned" },
      { "timestamp", 32, 8, "unsigned" },
      { "signature", 40, 64, "bytes" },
    }, groups = {
    } },
    [2] = { name = "NegotiateResponse", length = 16, fields = {
      { "versionId", 0, 8, "unsigned" },
      { "requestTimestamp", 8, 8, "unsigned" },
    }, groups = {
    } },
    [3] = { name = "NegotiateReject", length = 25, fields = {
      { "versionId", 0, 8, "unsigned" },
      { "requestTimestamp", 8, 8, "unsigned" },
      { "currentVersionId", 16, 8, "unsigned" },
      { "reason", 24, 1, "enum", { [1] = "Credentials", [2] = "Timestamp", [3] = "VersionNotAbove", [4] = "AlreadyEstablished", } },
    }, groups = {
    } },
    [4] = { name = "Establish", length = 125, fields = {
      { "session", 0, 24, "text" },
      { "versionId", 24, 8, "unsigned" },
      { "timestamp", 32, 8, "unsigned" },
      { "nextSeqNo", 40, 8, "unsigned" },
      { "keepaliveMs", 48, 4, "unsigned" },
      { "cancelWindowMs", 52, 4, "unsigned" },
      { "cancelOnDisconnect", 56, 1, "enum", { [0] = "Never", [1] = "Disconnect", [2] = "Terminate", [3] = "Both", } },
      { "deadManMs", 57, 4, "unsigned" },
      { "signature", 61, 64, "bytes" },
    }, groups = {
    } },
    [5] = { name = "EstablishAck", length = 36, fields = {
      { "versionId", 0, 8, "unsigned" },
      { "requestTimestamp", 8, 8, "unsigned" },
      { "nextSeqNo", 16, 8, "unsigned" },
      { "lastIncomingSeqNo", 24, 8, "unsigned" },
      { "keepaliveMs", 32, 4, "unsigned" },
    }, groups = {
    } },
    [6] = { name = "EstablishReject", length = 17, fields = {
      { "versionId", 0, 8, "unsigned" },
      { "requestTimestamp", 8, 8, "unsigned" },
      { "reason", 16, 1, "enum", { [1] = "Credentials", [2] = "Timestamp", [3] = "Unnegotiated", [4] = "AlreadyEstablished", [5] = "KeepaliveInterval", [6] = "NextSeqNo", [7] = "Finished", [8] = "OutsideHours", [9] = "DeadMan", } },
    }, groups = {
    } },
    [7] = { name = "Sequence", length = 9, fields = {
      { "nextSeqNo", 0, 8, "unsigned" },
      { "lapsed", 8, 1, "enum", { [0] = "False", [1] = "True", } },
    }, groups = {
    } },
    [8] = { name = "RetransmitRequest", length = 20, fields = {
      { "timestamp", 0, 8, "unsigned" },
      { "fromSeqNo", 8, 8, "unsigned" },
      { "count", 16, 4, "unsigned" },
    }, groups = {
    } },
    [9] = { name = "Retransmission", length = 20, fields = {
      { "requestTimestamp", 0, 8, "unsigned" },
      { "nextSeqNo", 8, 8, "unsigned" },
      { "count", 16, 4, "unsigned" },
    }, groups = {
    } },
    [10] = { name = "RetransmitReject", length = 9, fields = {
      { "requestTimestamp", 0, 8, "unsigned" },
      { "reason", 8, 1, "enum", { [1] = "OutOfRange", [2] = "InProgress", [3] = "TooMany", } },
    }, groups = {
    } },
    [11] = { name = "Terminate", length = 1, fields = {
      { "reason", 0, 1, "enum", { [0] = "Finished", [1] = "Violation", [2] = "Malformed", [3] = "KeepaliveLapsed", [4] = "VenueStops", [5] = "TooFarAhead", [6] = "RetransmitRepeated", [7] = "OutsideHours", } },
    }, groups = {
    } },
    [12] = { name = "FinishedSending", length = 8, fields = {
      { "lastSeqNo", 0, 8, "unsigned" },
    }, groups = {
    } },
    [13] = { name = "FinishedReceiving", length = 8, fields = {
      { "lastSeqNo", 0, 8, "unsigned" },
    }, groups = {
    } },
    [20] = { name = "NewOrder", length = 126, fields = {
      { "msgSeqNum", 0, 8, "unsigned" },
      { "sendingTime", 8, 8, "unsigned" },
      { "clOrdId", 16, 36, "text" },
      { "account", 52, 16, "text" },
      { "instrument", 68, 4, "unsigned" },
      { "side", 72, 1, "enum", { [1] = "Buy", [2] = "Sell", } },
      { "ordType", 73, 1, "enum", { [1] = "Market", [2] = "Limit", [3] = "Stop", [4] = "StopLimit", [5] = "MarketToLimit", } },
      { "timeInForce", 74, 1, "enum", { [0] = "Day", [1] = "GoodTillCancel", [2] = "AtTheOpening", [3] = "ImmediateOrCancel", [4] = "FillOrKill", [6] = "GoodTillDate", [7] = "AtTheClose", } },
      { "selfTrade", 75, 1, "enum", { [0] = "SessionDefault", [1] = "Allow", [2] = "CancelNewest", [3] = "CancelOldest", [4] = "CancelBoth", [5] = "Decrement", } },
      { "price", 76, 8, "decimal" },
      { "orderQty", 84, 8, "decimal" },
      { "stopPx", 92, 8, "decimal" },
      { "displayQty", 100, 8, "decimal" },
      { "minQty", 108, 8, "decimal" },
      { "expireTime", 116, 8, "unsigned" },
      { "conditions", 124, 1, "set", { [0] = "PostOnly", [1] = "PostOnlySlide", [2] = "AllOrNone", [3] = "Hidden", } },
      { "capacity", 125, 1, "unsigned" },
    }, groups = {
    } },
    [21] = { name = "NewOrderShort", length = 47, fields = {
      { "msgSeqNum", 0, 8, "unsigned" },
      { "sendingTime", 8, 8, "unsigned" },
      { "clOrdId", 16, 8, "unsigned" },
      { "price", 24, 8, "decimal" },
      { "orderQty", 32, 8, "decimal" },
      { "instrument", 40, 4, "unsigned" },
      { "side", 44, 1, "enum", { [1] = "Buy", [2] = "Sell", } },
      { "timeInForce", 45, 1, "enum", { [0] = "Day", [1] = "GoodTillCancel", [2] = "AtTheOpening", [3] = "ImmediateOrCancel", [4] = "FillOrKill", [6] = "GoodTillDate", [7] = "AtTheClose", } },
      { "conditions", 46, 1, "set", { [0] = "PostOnly", [1] = "PostOnlySlide", [2] = "AllOrNone", [3] = "Hidden", } },
    }, groups = {
    } },
    [22] = { name = "CancelReplace", length = 135, fields = {
      { "msgSeqNum", 0, 8, "unsigned" },
      { "sendingTime", 8, 8, "unsigned" },
      { "clOrdId", 16, 36, "text" },
      { "origClOrdId", 52, 36, "text" },
      { "orderId", 88, 8, "unsigned" },
      { "instrument", 96, 4, "unsigned" },
      { "side", 100, 1, "enum", { [1] = "Buy", [2] = "Sell", } },
      { "ordType", 101, 1, "enum", { [1] = "Market", [2] = "Limit", [3] = "Stop", [4] = "StopLimit", [5] = "MarketToLimit", } },
      { "timeInForce", 102, 1, "enum", { [0] = "Day", [1] = "GoodTillCancel", [2] = "AtTheOpening", [3] = "ImmediateOrCancel", [4] = "FillOrKill", [6] = "GoodTillDate", [7] = "AtTheClose", } },
      { "price", 103, 8, "decimal" },
      { "orderQty", 111, 8, "decimal" },
      { "stopPx", 119, 8, "decimal" },
      { "displayQty", 127, 8, "decimal" },
    }, groups = {
    } },
    [23] = { name = "Cancel", length = 101, fields = {
      { "msgSeqNum", 0, 8, "unsigned" },
      { "sendingTime", 8, 8, "unsigned" },
      { "clOrdId", 16, 36, "text" },
      { "origClOrdId", 52, 36, "text" },
      { "orderId", 88, 8, "unsigned" },
      { "instrument", 96, 4, "unsigned" },
      { "side", 100, 1, "enum", { [1] = "Buy", [2] = "Sell", } },
    }, groups = {
    } },
    [24] = { name = "MassAction", length = 75, fields = {
      { "msgSeqNum", 0, 8, "unsigned" },
      { "sendingTime", 8, 8, "unsigned" },
      { "clOrdId", 16, 36, "text" },
      { "account", 52, 16, "text" },
      { "instrument", 68, 4, "unsigned" },
      { "side", 72, 1, "unsigned" },
      { "action", 73, 1, "enum", { [1] = "Cancel", [2] = "Block", [3] = "Kill", [4] = "Unblock", } },
      { "scope", 74, 1, "enum", { [1] = "Session", [2] = "User", [3] = "Account", [4] = "Firm", [5] = "Everyone", } },
    }, groups = {
    } },
    [25] = { name = "OrderStatusRequest", length = 65, fields = {
      { "msgSeqNum", 0, 8, "unsigned" },
      { "sendingTime", 8, 8, "unsigned" },
      { "clOrdId", 16, 36, "text" },
      { "orderId", 52, 8, "unsigned" },
      { "instrument", 60, 4, "unsigned" },
      { "side", 64, 1, "enum", { [1] = "Buy", [2] = "Sell", } },
    }, groups = {
    } },
    [26] = { name = "MassStatusRequest", length = 56, fields = {
      { "msgSeqNum", 0, 8, "unsigned" },
      { "sendingTime", 8, 8, "unsigned" },
      { "massStatusReqId", 16, 36, "text" },
      { "instrument", 52, 4, "unsigned" },
    }, groups = {
    } },
    [27] = { name = "InstrumentListRequest", length = 28, fields = {
      { "msgSeqNum", 0, 8, "unsigned" },
      { "sendingTime", 8, 8, "unsigned" },
      { "requestId", 16, 8, "unsigned" },
      { "instrument", 24, 4, "unsigned" },
    }, groups = {
    } },
    [28] = { name = "MassQuote", length = 42, fields = {
      { "msgSeqNum", 0, 8, "unsigned" },
      { "sendingTime", 8, 8, "unsigned" },
      { "quoteId", 16, 8, "unsigned" },
      { "account", 24, 16, "text" },
      { "selfTrade", 40, 1, "enum", { [0] = "SessionDefault", [1] = "Allow", [2] = "CancelNewest", [3] = "CancelOldest", [4] = "CancelBoth", [5] = "Decrement", } },
      { "conditions", 41, 1, "set", { [0] = "PostOnly", [1] = "PostOnlySlide", [2] = "AllOrNone", [3] = "Hidden", } },
    }, groups = {
      { name = "quotes", widths = { 2, 2 }, length = 36, fields = {
      { "instrument", 0, 4, "unsigned" },
      { "bidPrice", 4, 8, "decimal" },
      { "bidQty", 12, 8, "decimal" },
      { "offerPrice", 20, 8, "decimal" },
      { "offerQty", 28, 8, "decimal" },
      } },
    } },
    [29] = { name = "QuoteCancel", length = 28, fields = {
      { "msgSeqNum", 0, 8, "unsigned" },
      { "sendingTime", 8, 8, "unsigned" },
      { "quoteId", 16, 8, "unsigned" },
      { "instrument", 24, 4, "unsigned" },
    }, groups = {
    } },
    [40] = { name = "ExecutionReportNew", length = 171, fields = {
      { "msgSeqNum", 0, 8, "unsigned" },
      { "seq", 8, 8, "unsigned" },
      { "time", 16, 8, "unsigned" },
      { "received", 24, 8, "unsigned" },
      { "flags", 32, 1, "set", { [0] = "Admin", [1] = "PossResend", } },
      { "orderId", 33, 8, "unsigned" },
      { "execId", 41, 8, "unsigned" },
      { "clOrdId", 49, 36, "text" },
      { "account", 85, 16, "text" },
      { "instrument", 101, 4, "unsigned" },
      { "user", 105, 4, "unsigned" },
      { "price", 109, 8, "decimal" },
      { "orderQty", 117, 8, "decimal" },
      { "side", 125, 1, "enum", { [1] = "Buy", [2] = "Sell", } },
      { "ordType", 126, 1, "enum", { [1] = "Market", [2] = "Limit", [3] = "Stop", [4] = "StopLimit", [5] = "MarketToLimit", } },
      { "timeInForce", 127, 1, "enum", { [0] = "Day", [1] = "GoodTillCancel", [2] = "AtTheOpening", [3] = "ImmediateOrCancel", [4] = "FillOrKill", [6] = "GoodTillDate", [7] = "AtTheClose", } },
      { "stopPx", 128, 8, "decimal" },
      { "displayQty", 136, 8, "decimal" },
      { "minQty", 144, 8, "decimal" },
      { "expireTime", 152, 8, "unsigned" },
      { "conditions", 160, 1, "set", { [0] = "PostOnly", [1] = "PostOnlySlide", [2] = "AllOrNone", [3] = "Hidden", } },
      { "copyOf", 161, 4, "unsigned" },
      { "capacity", 165, 1, "unsigned" },
      { "parties", 166, 1, "set", { [0] = "ExecutingFirm", [1] = "OriginationTrader", [2] = "ExecutingTrader", [3] = "CustomerAccount", [4] = "EnteringTrader", } },
      { "firm", 167, 4, "unsigned" },
    }, groups = {
    } },
    [41] = { name = "ExecutionReportTrade", length = 197, fields = {
      { "msgSeqNum", 0, 8, "unsigned" },
      { "seq", 8, 8, "unsigned" },
      { "time", 16, 8, "unsigned" },
      { "received", 24, 8, "unsigned" },
      { "flags", 32, 1, "set", { [0] = "Admin", [1] = "PossResend", } },
      { "orderId", 33, 8, "unsigned" },
      { "execId", 41, 8, "unsigned" },
      { "tradeId", 49, 8, "unsigned" },
      { "clOrdId", 57, 36, "text" },
      { "account", 93, 16, "text" },
      { "instrument", 109, 4, "unsigned" },
      { "user", 113, 4, "unsigned" },
      { "price", 117, 8, "decimal" },
      { "orderQty", 125, 8, "decimal" },
      { "lastPx", 133, 8, "decimal" },
      { "lastQty", 141, 8, "decimal" },
      { "cumQty", 149, 8, "decimal" },
      { "leavesQty", 157, 8, "decimal" },
      { "avgPx", 165, 8, "decimal" },
      { "side", 173, 1, "enum", { [1] = "Buy", [2] = "Sell", } },
      { "ordType", 174, 1, "enum", { [1] = "Market", [2] = "Limit", [3] = "Stop", [4] = "StopLimit", [5] = "MarketToLimit", } },
      { "timeInForce", 175, 1, "enum", { [0] = "Day", [1] = "GoodTillCancel", [2] = "AtTheOpening", [3] = "ImmediateOrCancel", [4] = "FillOrKill", [6] = "GoodTillDate", [7] = "AtTheClose", } },
      { "ordStatus", 176, 1, "enum", { [48] = "New", [49] = "PartiallyFilled", [50] = "Filled", [52] = "Canceled", [56] = "Rejected", [67] = "Expired", } },
      { "aggressor", 177, 1, "unsigned" },
      { "auction", 178, 1, "unsigned" },
      { "fee", 179, 8, "decimal" },
      { "copyOf", 187, 4, "unsigned" },
      { "capacity", 191, 1, "unsigned" },
      { "parties", 192, 1, "set", { [0] = "ExecutingFirm", [1] = "OriginationTrader", [2] = "ExecutingTrader", [3] = "CustomerAccount", [4] = "EnteringTrader", } },
      { "firm", 193, 4, "unsigned" },
    }, groups = {
    } },
    [42] = { name = "ExecutionReportReplaced", length = 215, fields = {
      { "msgSeqNum", 0, 8, "unsigned" },
      { "seq", 8, 8, "unsigned" },
      { "time", 16, 8, "unsigned" },
      { "received", 24, 8, "unsigned" },
      { "flags", 32, 1, "set", { [0] = "Admin", [1] = "PossResend", } },
      { "orderId", 33, 8, "unsigned" },
      { "execId", 41, 8, "unsigned" },
      { "clOrdId", 49, 36, "text" },
      { "origClOrdId", 85, 36, "text" },
      { "account", 121, 16, "text" },
      { "instrument", 137, 4, "unsigned" },
      { "user", 141, 4, "unsigned" },
      { "price", 145, 8, "decimal" },
      { "orderQty", 153, 8, "decimal" },
      { "cumQty", 161, 8, "decimal" },
      { "leavesQty", 169, 8, "decimal" },
      { "avgPx", 177, 8, "decimal" },
      { "side", 185, 1, "enum", { [1] = "Buy", [2] = "Sell", } },
      { "ordType", 186, 1, "enum", { [1] = "Market", [2] = "Limit", [3] = "Stop", [4] = "StopLimit", [5] = "MarketToLimit", } },
      { "timeInForce", 187, 1, "enum", { [0] = "Day", [1] = "GoodTillCancel", [2] = "AtTheOpening", [3] = "ImmediateOrCancel", [4] = "FillOrKill", [6] = "GoodTillDate", [7] = "AtTheClose", } },
      { "ordStatus", 188, 1, "enum", { [48] = "New", [49] = "PartiallyFilled", [50] = "Filled", [52] = "Canceled", [56] = "Rejected", [67] = "Expired", } },
      { "stopPx", 189, 8, "decimal" },
      { "displayQty", 197, 8, "decimal" },
      { "copyOf", 205, 4, "unsigned" },
      { "capacity", 209, 1, "unsigned" },
      { "parties", 210, 1, "set", { [0] = "ExecutingFirm", [1] = "OriginationTrader", [2] = "ExecutingTrader", [3] = "CustomerAccount", [4] = "EnteringTrader", } },
      { "firm", 211, 4, "unsigned" },
    }, groups = {
    } },
    [43] = { name = "ExecutionReportCanceled", length = 192, fields = {
      { "msgSeqNum", 0, 8, "unsigned" },
      { "seq", 8, 8, "unsigned" },
      { "time", 16, 8, "unsigned" },
      { "received", 24, 8, "unsigned" },
      { "flags", 32, 1, "set", { [0] = "Admin", [1] = "PossResend", } },
      { "orderId", 33, 8, "unsigned" },
      { "execId", 41, 8, "unsigned" },
      { "clOrdId", 49, 36, "text" },
      { "origClOrdId", 85, 36, "text" },
      { "account", 121, 16, "text" },
      { "instrument", 137, 4, "unsigned" },
      { "user", 141, 4, "unsigned" },
      { "price", 145, 8, "decimal" },
      { "orderQty", 153, 8, "decimal" },
      { "cumQty", 161, 8, "decimal" },
      { "avgPx", 169, 8, "decimal" },
      { "side", 177, 1, "enum", { [1] = "Buy", [2] = "Sell", } },
      { "ordType", 178, 1, "enum", { [1] = "Market", [2] = "Limit", [3] = "Stop", [4] = "StopLimit", [5] = "MarketToLimit", } },
      { "timeInForce", 179, 1, "enum", { [0] = "Day", [1] = "GoodTillCancel", [2] = "AtTheOpening", [3] = "ImmediateOrCancel", [4] = "FillOrKill", [6] = "GoodTillDate", [7] = "AtTheClose", } },
      { "ordStatus", 180, 1, "enum", { [48] = "New", [49] = "PartiallyFilled", [50] = "Filled", [52] = "Canceled", [56] = "Rejected", [67] = "Expired", } },
      { "cause", 181, 1, "enum", { [0] = "Client", [1] = "ImmediateOrCancel", [2] = "FillOrKill", [3] = "Disconnect", [4] = "DayEnd", [5] = "ExpireTime", [6] = "MinQty", [7] = "SelfTrade", [8] = "PriceBand", [9] = "AuctionOver", [10] = "MassCancel", [11] = "Operator", [12] = "CapacityReached", [13] = "DeadMan", } },
      { "copyOf", 182, 4, "unsigned" },
      { "capacity", 186, 1, "unsigned" },
      { "parties", 187, 1, "set", { [0] = "ExecutingFirm", [1] = "OriginationTrader", [2] = "ExecutingTrader", [3] = "CustomerAccount", [4] = "EnteringTrader", } },
      { "firm", 188, 4, "unsigned" },
    }, groups = {
    } },
    [44] = { name = "ExecutionReportRejected", length = 143, fields = {
      { "msgSeqNum", 0, 8, "unsigned" },
      { "seq", 8, 8, "unsigned" },
      { "time", 16, 8, "unsigned" },
      { "received", 24, 8, "unsigned" },
      { "flags", 32, 1, "set", { [0] = "Admin", [1] = "PossResend", } },
      { "execId", 33, 8, "unsigned" },
      { "clOrdId", 41, 36, "text" },
      { "account", 77, 16, "text" },
      { "symbol", 93, 16, "text" },
      { "price", 109, 8, "decimal" },
      { "orderQty", 117, 8, "decimal" },
      { "side", 125, 1, "unsigned" },
      { "ordType", 126, 1, "unsigned" },
      { "timeInForce", 127, 1, "unsigned" },
      { "reason", 128, 1, "enum", { [1] = "UnknownSymbol", [2] = "ExchangeClosed", [3] = "OrderExceedsLimit", [4] = "TooLateToEnter", [6] = "DuplicateOrder", [11] = "UnsupportedOrderCharacteristic", [13] = "IncorrectQuantity", [15] = "UnknownAccount", [100] = "InvalidPriceIncrement", [101] = "PriceMissing", [102] = "PriceNotAllowed", [104] = "CapacityReached", [105] = "Halted", [106] = "NotInAuction", [107] = "BlockedSession", [108] = "BlockedUser", [109] = "BlockedAccount", [110] = "BlockedFirm", [111] = "StopPxMissing", [112] = "StopPxNotAllowed", [113] = "PriceAboveMax", [114] = "InvalidDisplayQty", [115] = "InvalidMinQty", [116] = "ConditionsConflict", [117] = "ExpireTimeMissing", [118] = "ExpireTimeNotAllowed", [119] = "ExpireTimePast", [120] = "PriceOutsideBand", [121] = "PriceThroughCollar", [122] = "NoOppositePrice", [123] = "PostOnlyWouldTrade", [124] = "NotionalTooLarge", [125] = "AccountOpenOrders", [126] = "FirmOpenOrders", [127] = "AccountOpenNotional", [128] = "FirmOpenNotional", [129] = "AccountPosition", [130] = "FirmPosition", [131] = "InsufficientBalance", [132] = "NotPermittedInstrument", [133] = "NotPermittedOrderType", [134] = "PartyNotOwn", } },
      { "copyOf", 129, 4, "unsigned" },
      { "capacity", 133, 1, "unsigned" },
      { "parties", 134, 1, "set", { [0] = "ExecutingFirm", [1] = "OriginationTrader", [2] = "ExecutingTrader", [3] = "CustomerAccount", [4] = "EnteringTrader", } },
      { "firm", 135, 4, "unsigned" },
      { "user", 139, 4, "unsigned" },
    }, groups = {
    } },
    [45] = { name = "ExecutionReportStatus", length = 182, fields = {
      { "msgSeqNum", 0, 8, "unsigned" },
      { "seq", 8, 8, "unsigned" },
      { "time", 16, 8, "unsigned" },
      { "received", 24, 8, "unsigned" },
      { "flags", 32, 1, "set", { [0] = "Admin", [1] = "PossResend", } },
      { "orderId", 33, 8, "unsigned" },
      { "clOrdId", 41, 36, "text" },
      { "account", 77, 16, "text" },
      { "instrument", 93, 4, "unsigned" },
      { "user", 97, 4, "unsigned" },
      { "price", 101, 8, "decimal" },
      { "orderQty", 109, 8, "decimal" },
      { "cumQty", 117, 8, "decimal" },
      { "leavesQty", 125, 8, "decimal" },
      { "avgPx", 133, 8, "decimal" },
      { "side", 141, 1, "enum", { [1] = "Buy", [2] = "Sell", } },
      { "ordType", 142, 1, "enum", { [1] = "Market", [2] = "Limit", [3] = "Stop", [4] = "StopLimit", [5] = "MarketToLimit", } },
      { "timeInForce", 143, 1, "enum", { [0] = "Day", [1] = "GoodTillCancel", [2] = "AtTheOpening", [3] = "ImmediateOrCancel", [4] = "FillOrKill", [6] = "GoodTillDate", [7] = "AtTheClose", } },
      { "ordStatus", 144, 1, "enum", { [48] = "New", [49] = "PartiallyFilled", [50] = "Filled", [52] = "Canceled", [56] = "Rejected", [67] = "Expired", } },
      { "massStatusReqId", 145, 36, "text" },
      { "isLast", 181, 1, "unsigned" },
    }, groups = {
    } },
    [46] = { name = "StatusUnknownOrder", length = 122, fields = {
      { "msgSeqNum", 0, 8, "unsigned" },
      { "seq", 8, 8, "unsigned" },
      { "time", 16, 8, "unsigned" },
      { "received", 24, 8, "unsigned" },
      { "flags", 32, 1, "set", { [0] = "Admin", [1] = "PossResend", } },
      { "clOrdId", 33, 36, "text" },
      { "symbol", 69, 16, "text" },
      { "side", 85, 1, "unsigned" },
      { "massStatusReqId", 86, 36, "text" },
    }, groups = {
    } },
    [47] = { name = "CancelReject", length = 116, fields = {
      { "msgSeqNum", 0, 8, "unsigned" },
      { "seq", 8, 8, "unsigned" },
      { "time", 16, 8, "unsigned" },
      { "received", 24, 8, "unsigned" },
      { "flags", 32, 1, "set", { [0] = "Admin", [1] = "PossResend", } },
      { "orderId", 33, 8, "unsigned" },
      { "clOrdId", 41, 36, "text" },
      { "origClOrdId", 77, 36, "text" },
      { "ordStatus", 113, 1, "enum", { [48] = "New", [49] = "PartiallyFilled", [50] = "Filled", [52] = "Canceled", [56] = "Rejected", [67] = "Expired", } },
      { "responseTo", 114, 1, "enum", { [49] = "Cancel", [50] = "Replace", } },
      { "reason", 115, 1, "enum", { [0] = "TooLateToCancel", [1] = "UnknownOrder", [6] = "DuplicateClOrdId", [100] = "IncorrectQuantity", [101] = "InvalidPriceIncrement", [102] = "NotChangeable", [103] = "CapacityReached", [104] = "QuantityTooLarge", [105] = "ExchangeClosed", [106] = "Halted", [107] = "BlockedSession", [108] = "BlockedUser", [109] = "BlockedAccount", [110] = "BlockedFirm", [111] = "PriceAboveMax", [112] = "InvalidDisplayQty", [113] = "PriceOutsideBand", [114] = "PriceThroughCollar", [115] = "PostOnlyWouldTrade", [116] = "NotionalTooLarge", [117] = "AccountOpenNotional", [118] = "FirmOpenNotional", [119] = "AccountPosition", [120] = "FirmPosition", [121] = "InsufficientBalance", [122] = "NotPermittedInstrument", [123] = "NotPermittedOrderType", } },
    }, groups = {
    } },
    [48] = { name = "BusinessReject", length = 91, fields = {
      { "msgSeqNum", 0, 8, "unsigned" },
      { "seq", 8, 8, "unsigned" },
      { "time", 16, 8, "unsigned" },
      { "received", 24, 8, "unsigned" },
      { "flags", 32, 1, "set", { [0] = "Admin", [1] = "PossResend", } },
      { "refSeqNum", 33, 8, "unsigned" },
      { "refMsgType", 41, 8, "text" },
      { "refId", 49, 36, "text" },
      { "reason", 85, 1, "unsigned" },
      { "throttled", 86, 1, "unsigned" },
      { "refTemplate", 87, 2, "unsigned" },
      { "refField", 89, 2, "unsigned" },
    }, groups = {
    } },
    [49] = { name = "ExecutionReportRestated", length = 164, fields = {
      { "msgSeqNum", 0, 8, "unsigned" },
      { "seq", 8, 8, "unsigned" },
      { "time", 16, 8, "unsigned" },
      { "received", 24, 8, "unsigned" },
      { "flags", 32, 1, "set", { [0] = "Admin", [1] = "PossResend", } },
      { "orderId", 33, 8, "unsigned" },
      { "execId", 41, 8, "unsigned" },
      { "clOrdId", 49, 36, "text" },
      { "account", 85, 16, "text" },
      { "instrument", 101, 4, "unsigned" },
      { "user", 105, 4, "unsigned" },
      { "price", 109, 8, "decimal" },
      { "orderQty", 117, 8, "decimal" },
      { "cumQty", 125, 8, "decimal" },
      { "leavesQty", 133, 8, "decimal" },
      { "avgPx", 141, 8, "decimal" },
      { "side", 149, 1, "enum", { [1] = "Buy", [2] = "Sell", } },
      { "ordType", 150, 1, "enum", { [1] = "Market", [2] = "Limit", [3] = "Stop", [4] = "StopLimit", [5] = "MarketToLimit", } },
      { "timeInForce", 151, 1, "enum", { [0] = "Day", [1] = "GoodTillCancel", [2] = "AtTheOpening", [3] = "ImmediateOrCancel", [4] = "FillOrKill", [6] = "GoodTillDate", [7] = "AtTheClose", } },
      { "ordStatus", 152, 1, "enum", { [48] = "New", [49] = "PartiallyFilled", [50] = "Filled", [52] = "Canceled", [56] = "Rejected", [67] = "Expired", } },
      { "cause", 153, 1, "enum", { [0] = "Triggered", [1] = "SelfTradeDecrement", } },
      { "copyOf", 154, 4, "unsigned" },
      { "capacity", 158, 1, "unsigned" },
      { "parties", 159, 1, "set", { [0] = "ExecutingFirm", [1] = "OriginationTrader", [2] = "ExecutingTrader", [3] = "CustomerAccount", [4] = "EnteringTrader", } },
      { "firm", 160, 4, "unsigned" },
    }, groups = {
    } },
    [50] = { name = "MassActionReport", length = 101, fields = {
      { "msgSeqNum", 0, 8, "unsigned" },
      { "seq", 8, 8, "unsigned" },
      { "time", 16, 8, "unsigned" },
      { "received", 24, 8, "unsigned" },
      { "flags", 32, 1, "set", { [0] = "Admin", [1] = "PossResend", } },
      { "clOrdId", 33, 36, "text" },
      { "account", 69, 16, "text" },
      { "target", 85, 4, "unsigned" },
      { "instrument", 89, 4, "unsigned" },
      { "affected", 93, 4, "unsigned" },
      { "side", 97, 1, "unsigned" },
      { "action", 98, 1, "enum", { [1] = "Cancel", [2] = "Block", [3] = "Kill", [4] = "Unblock", } },
      { "scope", 99, 1, "enum", { [1] = "Session", [2] = "User", [3] = "Account", [4] = "Firm", [5] = "Everyone", } },
      { "reason", 100, 1, "enum", { [0] = "None", [99] = "InvalidScope", [1] = "UnknownInstrument", [100] = "UnknownTarget", } },
    }, groups = {
    } },
    [51] = { name = "NotApplied", length = 49, fields = {
      { "msgSeqNum", 0, 8, "unsigned" },
      { "seq", 8, 8, "unsigned" },
      { "time", 16, 8, "unsigned" },
      { "received", 24, 8, "unsigned" },
      { "flags", 32, 1, "set", { [0] = "Admin", [1] = "PossResend", } },
      { "fromSeqNo", 33, 8, "unsigned" },
      { "count", 41, 8, "unsigned" },
    }, groups = {
    } },
    [52] = { name = "InstrumentInfo", length = 111, fields = {
      { "msgSeqNum", 0, 8, "unsigned" },
      { "seq", 8, 8, "unsigned" },
      { "time", 16, 8, "unsigned" },
      { "received", 24, 8, "unsigned" },
      { "flags", 32, 1, "set", { [0] = "Admin", [1] = "PossResend", } },
      { "requestId", 33, 8, "unsigned" },
      { "instrument", 41, 4, "unsigned" },
      { "symbol", 45, 16, "text" },
      { "tickSize", 61, 8, "decimal" },
      { "lotSize", 69, 8, "decimal" },
      { "quantityMax", 77, 8, "decimal" },
      { "priceMax", 85, 8, "decimal" },
      { "phase", 93, 1, "enum", { [0] = "Closed", [1] = "PreOpen", [2] = "OpeningAuction", [3] = "Continuous", [4] = "VolatilityAuction", [5] = "ClosingAuction", [6] = "Halted", } },
      { "isLast", 94, 1, "enum", { [0] = "False", [1] = "True", } },
      { "base", 95, 8, "text" },
      { "quote", 103, 8, "text" },
    }, groups = {
    } },
    [53] = { name = "QuoteAck", length = 68, fields = {
      { "msgSeqNum", 0, 8, "unsigned" },
      { "seq", 8, 8, "unsigned" },
      { "time", 16, 8, "unsigned" },
      { "received", 24, 8, "unsigned" },
      { "flags", 32, 1, "set", { [0] = "Admin", [1] = "PossResend", } },
      { "quoteId", 33, 8, "unsigned" },
      { "bidOrderId", 41, 8, "unsigned" },
      { "offerOrderId", 49, 8, "unsigned" },
      { "instrument", 57, 4, "unsigned" },
      { "withdrawn", 61, 4, "unsigned" },
      { "bidReason", 65, 1, "unsigned" },
      { "offerReason", 66, 1, "unsigned" },
      { "isLast", 67, 1, "enum", { [0] = "False", [1] = "True", } },
    }, groups = {
    } },
    [54] = { name = "ExecutionReportTradeBust", length = 205, fields = {
      { "msgSeqNum", 0, 8, "unsigned" },
      { "seq", 8, 8, "unsigned" },
      { "time", 16, 8, "unsigned" },
      { "received", 24, 8, "unsigned" },
      { "flags", 32, 1, "set", { [0] = "Admin", [1] = "PossResend", } },
      { "orderId", 33, 8, "unsigned" },
      { "execId", 41, 8, "unsigned" },
      { "tradeId", 49, 8, "unsigned" },
      { "clOrdId", 57, 36, "text" },
      { "account", 93, 16, "text" },
      { "instrument", 109, 4, "unsigned" },
      { "user", 113, 4, "unsigned" },
      { "price", 117, 8, "decimal" },
      { "orderQty", 125, 8, "decimal" },
      { "lastPx", 133, 8, "decimal" },
      { "lastQty", 141, 8, "decimal" },
      { "cumQty", 149, 8, "decimal" },
      { "leavesQty", 157, 8, "decimal" },
      { "avgPx", 165, 8, "decimal" },
      { "side", 173, 1, "enum", { [1] = "Buy", [2] = "Sell", } },
      { "ordType", 174, 1, "enum", { [1] = "Market", [2] = "Limit", [3] = "Stop", [4] = "StopLimit", [5] = "MarketToLimit", } },
      { "timeInForce", 175, 1, "enum", { [0] = "Day", [1] = "GoodTillCancel", [2] = "AtTheOpening", [3] = "ImmediateOrCancel", [4] = "FillOrKill", [6] = "GoodTillDate", [7] = "AtTheClose", } },
      { "ordStatus", 176, 1, "enum", { [48] = "New", [49] = "PartiallyFilled", [50] = "Filled", [52] = "Canceled", [56] = "Rejected", [67] = "Expired", } },
      { "aggressor", 177, 1, "unsigned" },
      { "auction", 178, 1, "unsigned" },
      { "fee", 179, 8, "decimal" },
      { "copyOf", 187, 4, "unsigned" },
      { "capacity", 191, 1, "unsigned" },
      { "parties", 192, 1, "set", { [0] = "ExecutingFirm", [1] = "OriginationTrader", [2] = "ExecutingTrader", [3] = "CustomerAccount", [4] = "EnteringTrader", } },
      { "firm", 193, 4, "unsigned" },
      { "execRefId", 197, 8, "unsigned" },
    }, groups = {
    } },
    [55] = { name = "ExecutionReportExpired", length = 192, fields = {
      { "msgSeqNum", 0, 8, "unsigned" },
      { "seq", 8, 8, "unsigned" },
      { "time", 16, 8, "unsigned" },
      { "received", 24, 8, "unsigned" },
      { "flags", 32, 1, "set", { [0] = "Admin", [1] = "PossResend", } },
      { "orderId", 33, 8, "unsigned" },
      { "execId", 41, 8, "unsigned" },
      { "clOrdId", 49, 36, "text" },
      { "origClOrdId", 85, 36, "text" },
      { "account", 121, 16, "text" },
      { "instrument", 137, 4, "unsigned" },
      { "user", 141, 4, "unsigned" },
      { "price", 145, 8, "decimal" },
      { "orderQty", 153, 8, "decimal" },
      { "cumQty", 161, 8, "decimal" },
      { "avgPx", 169, 8, "decimal" },
      { "side", 177, 1, "enum", { [1] = "Buy", [2] = "Sell", } },
      { "ordType", 178, 1, "enum", { [1] = "Market", [2] = "Limit", [3] = "Stop", [4] = "StopLimit", [5] = "MarketToLimit", } },
      { "timeInForce", 179, 1, "enum", { [0] = "Day", [1] = "GoodTillCancel", [2] = "AtTheOpening", [3] = "ImmediateOrCancel", [4] = "FillOrKill", [6] = "GoodTillDate", [7] = "AtTheClose", } },
      { "ordStatus", 180, 1, "enum", { [48] = "New", [49] = "PartiallyFilled", [50] = "Filled", [52] = "Canceled", [56] = "Rejected", [67] = "Expired", } },
      { "cause", 181, 1, "enum", { [0] = "Client", [1] = "ImmediateOrCancel", [2] = "FillOrKill", [3] = "Disconnect", [4] = "DayEnd", [5] = "ExpireTime", [6] = "MinQty", [7] = "SelfTrade", [8] = "PriceBand", [9] = "AuctionOver", [10] = "MassCancel", [11] = "Operator", [12] = "CapacityReached", [13] = "DeadMan", } },
      { "copyOf", 182, 4, "unsigned" },
      { "capacity", 186, 1, "unsigned" },
      { "parties", 187, 1, "set", { [0] = "ExecutingFirm", [1] = "OriginationTrader", [2] = "ExecutingTrader", [3] = "CustomerAccount", [4] = "EnteringTrader", } },
      { "firm", 188, 4, "unsigned" },
    }, groups = {
    } },
  } },
  [2] = { name = "market_data", version = 0, messages = {
    [10] = { name = "InstrumentDefinition", length = 78, fields = {
      { "instrument", 0, 4, "unsigned" },
      { "flags", 4, 1, "set", { [0] = "EndOfEvent", [1] = "FirstOfSummary", } },
      { "phase", 5, 1, "enum", { [0] = "Closed", [1] = "PreOpen", [2] = "OpeningAuction", [3] = "Continuous", [4] = "VolatilityAuction", [5] = "ClosingAuction", [6] = "Halted", } },
      { "symbol", 6, 16, "text" },
      { "tickSize", 22, 8, "decimal" },
      { "lotSize", 30, 8, "decimal" },
      { "quantityMax", 38, 8, "decimal" },
      { "low", 46, 8, "decimal" },
      { "high", 54, 8, "decimal" },
      { "staticLow", 62, 8, "decimal" },
      { "staticHigh", 70, 8, "decimal" },
    }, groups = {
    } },
    [11] = { name = "TradingStatus", length = 15, fields = {
      { "instrument", 0, 4, "unsigned" },
      { "flags", 4, 1, "set", { [0] = "EndOfEvent", [1] = "FirstOfSummary", } },
      { "phase", 5, 1, "enum", { [0] = "Closed", [1] = "PreOpen", [2] = "OpeningAuction", [3] = "Continuous", [4] = "VolatilityAuction", [5] = "ClosingAuction", [6] = "Halted", } },
      { "reason", 6, 1, "enum", { [0] = "Start", [1] = "Schedule", [2] = "Operator", [3] = "PriceBand", [4] = "AuctionEnd", } },
      { "seq", 7, 8, "unsigned" },
    }, groups = {
    } },
    [12] = { name = "PriceBands", length = 45, fields = {
      { "instrument", 0, 4, "unsigned" },
      { "flags", 4, 1, "set", { [0] = "EndOfEvent", [1] = "FirstOfSummary", } },
      { "seq", 5, 8, "unsigned" },
      { "low", 13, 8, "decimal" },
      { "high", 21, 8, "decimal" },
      { "staticLow", 29, 8, "decimal" },
      { "staticHigh", 37, 8, "decimal" },
    }, groups = {
    } },
    [20] = { name = "OrderAdd", length = 46, fields = {
      { "instrument", 0, 4, "unsigned" },
      { "flags", 4, 1, "set", { [0] = "EndOfEvent", [1] = "FirstOfSummary", } },
      { "side", 5, 1, "enum", { [1] = "Buy", [2] = "Sell", } },
      { "rptSeq", 6, 8, "unsigned" },
      { "seq", 14, 8, "unsigned" },
      { "orderId", 22, 8, "unsigned" },
      { "price", 30, 8, "decimal" },
      { "qty", 38, 8, "decimal" },
    }, groups = {
    } },
    [21] = { name = "OrderReduce", length = 38, fields = {
      { "instrument", 0, 4, "unsigned" },
      { "flags", 4, 1, "set", { [0] = "EndOfEvent", [1] = "FirstOfSummary", } },
      { "side", 5, 1, "enum", { [1] = "Buy", [2] = "Sell", } },
      { "rptSeq", 6, 8, "unsigned" },
      { "seq", 14, 8, "unsigned" },
      { "orderId", 22, 8, "unsigned" },
      { "qty", 30, 8, "decimal" },
    }, groups = {
    } },
    [22] = { name = "OrderDelete", length = 30, fields = {
      { "instrument", 0, 4, "unsigned" },
      { "flags", 4, 1, "set", { [0] = "EndOfEvent", [1] = "FirstOfSummary", } },
      { "side", 5, 1, "enum", { [1] = "Buy", [2] = "Sell", } },
      { "rptSeq", 6, 8, "unsigned" },
      { "seq", 14, 8, "unsigned" },
      { "orderId", 22, 8, "unsigned" },
    }, groups = {
    } },
    [23] = { name = "OrderExecute", length = 62, fields = {
      { "instrument", 0, 4, "unsigned" },
      { "flags", 4, 1, "set", { [0] = "EndOfEvent", [1] = "FirstOfSummary", } },
      { "side", 5, 1, "enum", { [1] = "Buy", [2] = "Sell", } },
      { "rptSeq", 6, 8, "unsigned" },
      { "seq", 14, 8, "unsigned" },
      { "orderId", 22, 8, "unsigned" },
      { "tradeId", 30, 8, "unsigned" },
      { "price", 38, 8, "decimal" },
      { "qty", 46, 8, "decimal" },
      { "leavesQty", 54, 8, "decimal" },
    }, groups = {
    } },
    [24] = { name = "Trade", length = 38, fields = {
      { "instrument", 0, 4, "unsigned" },
      { "flags", 4, 1, "set", { [0] = "EndOfEvent", [1] = "FirstOfSummary", } },
      { "aggressor", 5, 1, "unsigned" },
      { "seq", 6, 8, "unsigned" },
      { "tradeId", 14, 8, "unsigned" },
      { "price", 22, 8, "decimal" },
      { "qty", 30, 8, "decimal" },
    }, groups = {
    } },
    [25] = { name = "AuctionIndicative", length = 38, fields = {
      { "instrument", 0, 4, "unsigned" },
      { "flags", 4, 1, "set", { [0] = "EndOfEvent", [1] = "FirstOfSummary", } },
      { "imbalanceSide", 5, 1, "unsigned" },
      { "seq", 6, 8, "unsigned" },
      { "price", 14, 8, "decimal" },
      { "qty", 22, 8, "decimal" },
      { "imbalanceQty", 30, 8, "decimal" },
    }, groups = {
    } },
    [26] = { name = "AuctionResult", length = 29, fields = {
      { "instrument", 0, 4, "unsigned" },
      { "flags", 4, 1, "set", { [0] = "EndOfEvent", [1] = "FirstOfSummary", } },
      { "seq", 5, 8, "unsigned" },
      { "price", 13, 8, "decimal" },
      { "qty", 21, 8, "decimal" },
    }, groups = {
    } },
    [27] = { name = "TradeBust", length = 45, fields = {
      { "instrument", 0, 4, "unsigned" },
      { "flags", 4, 1, "set", { [0] = "EndOfEvent", [1] = "FirstOfSummary", } },
      { "seq", 5, 8, "unsigned" },
      { "tradeId", 13, 8, "unsigned" },
      { "price", 21, 8, "decimal" },
      { "qty", 29, 8, "decimal" },
      { "tradeTime", 37, 8, "unsigned" },
    }, groups = {
    } },
    [28] = { name = "TradeSummary", length = 40, fields = {
      { "instrument", 0, 4, "unsigned" },
      { "flags", 4, 1, "set", { [0] = "EndOfEvent", [1] = "FirstOfSummary", } },
      { "aggressor", 5, 1, "enum", { [1] = "Buy", [2] = "Sell", } },
      { "seq", 6, 8, "unsigned" },
      { "tradeId", 14, 8, "unsigned" },
      { "price", 22, 8, "decimal" },
      { "qty", 30, 8, "decimal" },
      { "trades", 38, 2, "unsigned" },
    }, groups = {
    } },
    [29] = { name = "BookClear", length = 21, fields = {
      { "instrument", 0, 4, "unsigned" },
      { "flags", 4, 1, "set", { [0] = "EndOfEvent", [1] = "FirstOfSummary", } },
      { "rptSeq", 5, 8, "unsigned" },
      { "seq", 13, 8, "unsigned" },
    }, groups = {
    } },
    [30] = { name = "BookChecksum", length = 25, fields = {
      { "instrument", 0, 4, "unsigned" },
      { "flags", 4, 1, "set", { [0] = "EndOfEvent", [1] = "FirstOfSummary", } },
      { "orders", 5, 4, "unsigned" },
      { "rptSeq", 9, 8, "unsigned" },
      { "checksum", 17, 8, "unsigned" },
    }, groups = {
    } },
    [40] = { name = "SnapshotBegin", length = 105, fields = {
      { "instrument", 0, 4, "unsigned" },
      { "orders", 4, 4, "unsigned" },
      { "rptSeq", 8, 8, "unsigned" },
      { "sequence", 16, 8, "unsigned" },
      { "seq", 24, 8, "unsigned" },
      { "symbol", 32, 16, "text" },
      { "tickSize", 48, 8, "decimal" },
      { "lotSize", 56, 8, "decimal" },
      { "quantityMax", 64, 8, "decimal" },
      { "phase", 72, 1, "enum", { [0] = "Closed", [1] = "PreOpen", [2] = "OpeningAuction", [3] = "Continuous", [4] = "VolatilityAuction", [5] = "ClosingAuction", [6] = "Halted", } },
      { "low", 73, 8, "decimal" },
      { "high", 81, 8, "decimal" },
      { "staticLow", 89, 8, "decimal" },
      { "staticHigh", 97, 8, "decimal" },
    }, groups = {
    } },
    [41] = { name = "SnapshotOrder", length = 37, fields = {
      { "instrument", 0, 4, "unsigned" },
      { "side", 4, 1, "enum", { [1] = "Buy", [2] = "Sell", } },
      { "orderId", 5, 8, "unsigned" },
      { "price", 13, 8, "decimal" },
      { "qty", 21, 8, "decimal" },
      { "priority", 29, 8, "unsigned" },
    }, groups = {
    } },
    [42] = { name = "SnapshotEnd", length = 29, fields = {
      { "instrument", 0, 4, "unsigned" },
      { "orders", 4, 4, "unsigned" },
      { "rptSeq", 8, 8, "unsigned" },
      { "checksum", 16, 8, "unsigned" },
      { "cycle", 24, 4, "unsigned" },
      { "lastOfCycle", 28, 1, "unsigned" },
    }, groups = {
    } },
    [50] = { name = "ReplayRequest", length = 26, fields = {
      { "requestId", 0, 4, "unsigned" },
      { "epoch", 4, 4, "unsigned" },
      { "channel", 8, 2, "unsigned" },
      { "from", 10, 8, "unsigned" },
      { "to", 18, 8, "unsigned" },
    }, groups = {
    } },
    [51] = { name = "ReplayReject", length = 21, fields = {
      { "requestId", 0, 4, "unsigned" },
      { "reason", 4, 1, "enum", { [1] = "Unreadable", [2] = "Channel", [3] = "Epoch", [4] = "Range", [5] = "NotKept", [6] = "TooMuch", [7] = "Busy", } },
      { "first", 5, 8, "unsigned" },
      { "next", 13, 8, "unsigned" },
    }, groups = {
    } },
    [52] = { name = "ReplayBegin", length = 20, fields = {
      { "requestId", 0, 4, "unsigned" },
      { "from", 4, 8, "unsigned" },
      { "to", 12, 8, "unsigned" },
    }, groups = {
    } },
    [53] = { name = "ReplayEnd", length = 12, fields = {
      { "requestId", 0, 4, "unsigned" },
      { "next", 4, 8, "unsigned" },
    }, groups = {
    } },
    [54] = { name = "SlowConsumer", length = 12, fields = {
      { "next", 0, 8, "unsigned" },
      { "leftMs", 8, 4, "unsigned" },
    }, groups = {
    } },
    [55] = { name = "LeaseRequest", length = 18, fields = {
      { "requestId", 0, 4, "unsigned" },
      { "epoch", 4, 4, "unsigned" },
      { "seconds", 8, 2, "unsigned" },
      { "token", 10, 8, "unsigned" },
    }, groups = {
    } },
    [56] = { name = "Lease", length = 22, fields = {
      { "requestId", 0, 4, "unsigned" },
      { "seconds", 4, 2, "unsigned" },
      { "token", 6, 8, "unsigned" },
      { "next", 14, 8, "unsigned" },
    }, groups = {
    } },
    [60] = { name = "ViewRequest", length = 17, fields = {
      { "requestId", 0, 4, "unsigned" },
      { "epoch", 4, 4, "unsigned" },
      { "view", 8, 1, "enum", { [1] = "Top", [2] = "Depth", [3] = "Statistics", } },
      { "instrument", 9, 4, "unsigned" },
      { "intervalMs", 13, 4, "unsigned" },
    }, groups = {
    } },
    [61] = { name = "TopOfBook", length = 77, fields = {
      { "instrument", 0, 4, "unsigned" },
      { "phase", 4, 1, "enum", { [0] = "Closed", [1] = "PreOpen", [2] = "OpeningAuction", [3] = "Continuous", [4] = "VolatilityAuction", [5] = "ClosingAuction", [6] = "Halted", } },
      { "from", 5, 8, "unsigned" },
      { "to", 13, 8, "unsigned" },
      { "price", 21, 8, "decimal" },
      { "qty", 29, 8, "decimal" },
      { "orders", 37, 4, "unsigned" },
      { "price", 41, 8, "decimal" },
      { "qty", 49, 8, "decimal" },
      { "orders", 57, 4, "unsigned" },
      { "lastPrice", 61, 8, "decimal" },
      { "lastQty", 69, 8, "decimal" },
    }, groups = {
    } },
    [62] = { name = "BookDepth", length = 421, fields = {
      { "instrument", 0, 4, "unsigned" },
      { "phase", 4, 1, "enum", { [0] = "Closed", [1] = "PreOpen", [2] = "OpeningAuction", [3] = "Continuous", [4] = "VolatilityAuction", [5] = "ClosingAuction", [6] = "Halted", } },
      { "from", 5, 8, "unsigned" },
      { "to", 13, 8, "unsigned" },
      { "price", 21, 8, "decimal" },
      { "qty", 29, 8, "decimal" },
      { "orders", 37, 4, "unsigned" },
      { "price", 41, 8, "decimal" },
      { "qty", 49, 8, "decimal" },
      { "orders", 57, 4, "unsigned" },
      { "price", 61, 8, "decimal" },
      { "qty", 69, 8, "decimal" },
      { "orders", 77, 4, "unsigned" },
      { "price", 81, 8, "decimal" },
      { "qty", 89, 8, "decimal" },
      { "orders", 97, 4, "unsigned" },
      { "price", 101, 8, "decimal" },
      { "qty", 109, 8, "decimal" },
      { "orders", 117, 4, "unsigned" },
      { "price", 121, 8, "decimal" },
      { "qty", 129, 8, "decimal" },
      { "orders", 137, 4, "unsigned" },
      { "price", 141, 8, "decimal" },
      { "qty", 149, 8, "decimal" },
      { "orders", 157, 4, "unsigned" },
      { "price", 161, 8, "decimal" },
      { "qty", 169, 8, "decimal" },
      { "orders", 177, 4, "unsigned" },
      { "price", 181, 8, "decimal" },
      { "qty", 189, 8, "decimal" },
      { "orders", 197, 4, "unsigned" },
      { "price", 201, 8, "decimal" },
      { "qty", 209, 8, "decimal" },
      { "orders", 217, 4, "unsigned" },
      { "price", 221, 8, "decimal" },
      { "qty", 229, 8, "decimal" },
      { "orders", 237, 4, "unsigned" },
      { "price", 241, 8, "decimal" },
      { "qty", 249, 8, "decimal" },
      { "orders", 257, 4, "unsigned" },
      { "price", 261, 8, "decimal" },
      { "qty", 269, 8, "decimal" },
      { "orders", 277, 4, "unsigned" },
      { "price", 281, 8, "decimal" },
      { "qty", 289, 8, "decimal" },
      { "orders", 297, 4, "unsigned" },
      { "price", 301, 8, "decimal" },
      { "qty", 309, 8, "decimal" },
      { "orders", 317, 4, "unsigned" },
      { "price", 321, 8, "decimal" },
      { "qty", 329, 8, "decimal" },
      { "orders", 337, 4, "unsigned" },
      { "price", 341, 8, "decimal" },
      { "qty", 349, 8, "decimal" },
      { "orders", 357, 4, "unsigned" },
      { "price", 361, 8, "decimal" },
      { "qty", 369, 8, "decimal" },
      { "orders", 377, 4, "unsigned" },
      { "price", 381, 8, "decimal" },
      { "qty", 389, 8, "decimal" },
      { "orders", 397, 4, "unsigned" },
      { "price", 401, 8, "decimal" },
      { "qty", 409, 8, "decimal" },
      { "orders", 417, 4, "unsigned" },
    }, groups = {
    } },
    [63] = { name = "Statistics", length = 108, fields = {
      { "instrument", 0, 4, "unsigned" },
      { "from", 4, 8, "unsigned" },
      { "to", 12, 8, "unsigned" },
      { "dayEnd", 20, 8, "unsigned" },
      { "open", 28, 8, "decimal" },
      { "high", 36, 8, "decimal" },
      { "low", 44, 8, "decimal" },
      { "last", 52, 8, "decimal" },
      { "vwap", 60, 8, "decimal" },
      { "volume", 68, 8, "decimal" },
      { "turnoverHigh", 76, 8, "unsigned" },
      { "turnoverLow", 84, 8, "unsigned" },
      { "trades", 92, 8, "unsigned" },
      { "openInterest", 100, 8, "decimal" },
    }, groups = {
    } },
  } },
}

-- Wireshark dissector of portcullis: binary order entry over TCP and the feed over UDP.
--
--   wireshark -X lua_script:portcullis.lua          (or put it into the folder of personal Lua plugins)
--   tshark -X lua_script:portcullis.lua -r day.pcap -Y 'portcullis.malformed'
--
-- TCP port 9002 is order entry, UDP ports 9101 to 9103 are the feed; preferences change them.

local proto = Proto("portcullis", "portcullis")
local ENCODING = 0xEB50
local PACKET_HEAD = 32

local fields = {
  template = ProtoField.string("portcullis.template", "Message"),
  value = ProtoField.string("portcullis.value", "Field"),
  seq = ProtoField.uint64("portcullis.sequence", "Sequence"),
  epoch = ProtoField.uint32("portcullis.epoch", "Epoch"),
  channel = ProtoField.uint16("portcullis.channel", "Channel"),
  count = ProtoField.uint16("portcullis.count", "Messages"),
}
proto.fields = { fields.template, fields.value, fields.seq, fields.epoch, fields.channel, fields.count }
local malformed = ProtoExpert.new("portcullis.malformed", "Not as the schema has it", expert.group.MALFORMED, expert.severity.ERROR)
proto.experts = { malformed }

proto.prefs.tcp = Pref.uint("TCP port of order entry", 9002, "")
proto.prefs.udp = Pref.range("UDP ports of the feed", "9101-9103", "", 65535)
proto.prefs.wide = Pref.bool("Frames with a length of four bytes", false, "sbe.wide_frames of the venue")

local function text_of(buffer, kind, names)
  if kind == "text" then return buffer:stringz() end
  if kind == "bytes" then return tostring(buffer:bytes()) end
  if kind == "signed" then return tostring(buffer:len() == 8 and buffer:le_int64() or buffer:le_int()) end
  if kind == "decimal" then
    local mantissa = buffer:le_int64()
    if tostring(mantissa) == "-9223372036854775808" then return "-" end
    local sign = ""
    if mantissa < Int64(0) then sign, mantissa = "-", -mantissa end
    local digits = tostring(mantissa)
    while #digits < 9 do digits = "0" .. digits end
    local part = digits:sub(-8):gsub("0+$", "")
    return sign .. digits:sub(1, -9) .. (part ~= "" and "." .. part or "")
  end
  if kind == "enum" then
    local code = buffer:le_uint()
    return names[code] or ("unknown " .. code), names[code] == nil
  end
  if kind == "set" then
    local bits, found = buffer:le_uint(), {}
    for bit = 0, buffer:len() * 8 - 1 do
      if math.floor(bits / 2 ^ bit) % 2 == 1 then table.insert(found, names[bit] or ("bit " .. bit)) end
    end
    return table.concat(found, "|")
  end
  return tostring(buffer:len() == 8 and buffer:le_uint64() or buffer:le_uint())
end

-- The fields of one block.
local function block(buffer, branch, fields_of)
  for _, field in ipairs(fields_of) do
    local name, at, size, kind, names = field[1], field[2], field[3], field[4], field[5]
    local place = buffer(at, size)
    local text, wrong = text_of(place, kind, names)
    local leaf = branch:add(fields.value, place, name .. "=" .. text)
    leaf:set_text(name .. ": " .. text)
    if wrong then leaf:add_proto_expert_info(malformed, name .. " is " .. text) end
  end
end

-- The groups behind a block. Returns where they end; nil: they are cut short.
local function groups(buffer, at, branch, groups_of)
  for _, group in ipairs(groups_of) do
    local wide, many = group.widths[1], group.widths[2]
    if buffer:len() < at + wide + many then return nil end
    local length, count = buffer(at, wide):le_uint(), buffer(at + wide, many):le_uint()
    at = at + wide + many
    if length < group.length or buffer:len() < at + length * count then return nil end
    for number = 1, count do
      local entry = branch:add(fields.value, buffer(at, length), group.name .. "=" .. number)
      block(buffer(at, length), entry, group.fields)
      at = at + length
    end
  end
  return at
end

-- One SBE message, header first. Returns its name.
local function message(buffer, tree)
  if buffer:len() < 8 then
    tree:add_proto_expert_info(malformed, "no room for an SBE header")
    return "?"
  end
  local length, template = buffer(0, 2):le_uint(), buffer(2, 2):le_uint()
  local schema = schemas[buffer(4, 2):le_uint()]
  local known = schema and schema.messages[template]
  if not known then
    tree:add(fields.template, buffer, "template " .. template)
    tree:add_proto_expert_info(malformed, "a message of no schema known here")
    return "?"
  end
  local branch = tree:add(fields.template, buffer, known.name)
  if length ~= known.length or buffer:len() < 8 + length then
    branch:add_proto_expert_info(malformed, "block of " .. length .. " bytes, not " .. known.length)
    if length < known.length or buffer:len() < 8 + length then return known.name end
  end
  if length > 0 then block(buffer(8, length), branch, known.fields) end
  if groups(buffer, 8 + length, branch, known.groups) ~= buffer:len() then
    branch:add_proto_expert_info(malformed, "groups that do not end with the message")
  end
  return known.name
end

-- Names of the messages of one packet, in its column.
local function tell(pinfo, names)
  pinfo.cols.protocol = "portcullis"
  pinfo.cols.info = table.concat(names, ", ")
end

local function order_entry(buffer, pinfo, tree)
  local width = proto.prefs.wide and 4 or 2
  local at, names = 0, {}
  while at < buffer:len() do
    local left = buffer:len() - at
    local need = left >= width + 2 and buffer(at, width):le_uint() or 0
    if need == 0 or need > left then
      pinfo.desegment_offset = at
      pinfo.desegment_len = need == 0 and DESEGMENT_ONE_MORE_SEGMENT or need - left
      break
    end
    if buffer(at + width, 2):le_uint() ~= ENCODING or need < width + 10 then
      tree:add_proto_expert_info(malformed, "no frame")
      break
    end
    local branch = tree:add(proto, buffer(at, need))
    table.insert(names, message(buffer(at + width + 2, need - width - 2), branch))
    at = at + need
  end
  tell(pinfo, names)
  return buffer:len()
end

local function feed(buffer, pinfo, tree)
  if buffer:len() < PACKET_HEAD then return 0 end
  local head = buffer(6, 2):le_uint()
  local branch = tree:add(proto, buffer())
  branch:add_le(fields.channel, buffer(2, 2))
  branch:add_le(fields.count, buffer(4, 2))
  branch:add_le(fields.epoch, buffer(8, 4))
  branch:add_le(fields.seq, buffer(16, 8))
  local at, names = head, {}
  while at + 4 <= buffer:len() do
    local need = buffer(at, 2):le_uint()
    if buffer(at + 2, 2):le_uint() ~= ENCODING or need < 12 or at + need > buffer:len() then
      branch:add_proto_expert_info(malformed, "no message at byte " .. at)
      break
    end
    table.insert(names, message(buffer(at + 4, need - 4), branch))
    at = at + need
  end
  if #names ~= buffer(4, 2):le_uint() then
    branch:add_proto_expert_info(malformed, "another number of messages than the packet says")
  end
  tell(pinfo, #names > 0 and names or { "heartbeat" })
  return buffer:len()
end

function proto.dissector(buffer, pinfo, tree)
  if pinfo.port_type == 2 then return order_entry(buffer, pinfo, tree) end
  return feed(buffer, pinfo, tree)
end

DissectorTable.get("tcp.port"):add(9002, proto)
DissectorTable.get("udp.port"):add("9101-9103", proto)

function proto.prefs_changed()
  DissectorTable.get("tcp.port"):add(proto.prefs.tcp, proto)
  DissectorTable.get("udp.port"):add(proto.prefs.udp, proto)
end
