// What QuickFIX takes for what `portcullis-perf codec` measures: an order read, checked against a dictionary and its
// fields taken out; a report of 24 fields written. scripts/perf-rival builds and runs it (Debian: libquickfix-dev).
//
//   codec DICTIONARY [BATCHES]     prints ns a message, the median batch of 512
#include <quickfix/DataDictionary.h>
#include <quickfix/Message.h>
#include <quickfix/fix44/ExecutionReport.h>
#include <quickfix/fix44/NewOrderSingle.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

static const int DIFFERENT = 512; // As many messages, in nothing alike but their form, as the venue's own measurement has.
static volatile size_t sink;

static FIX::UtcTimeStamp time_of(int number) { return FIX::UtcTimeStamp(9, 30, number % 60, number * 7 % 1000, 2, 1, 2026); }

static std::string name_of(int number) {
    char name[32];
    std::snprintf(name, sizeof name, "5f0e3a-%09dn", number * 104729 % 1000000000);
    return name;
}

static void address(FIX::Message& message, const char* from, const char* to, int number) {
    message.getHeader().setField(FIX::SenderCompID(from));
    message.getHeader().setField(FIX::TargetCompID(to));
    message.getHeader().setField(FIX::MsgSeqNum(100000 + number));
    message.getHeader().setField(FIX::SendingTime(time_of(number), 3));
}

static std::string order(int number) {
    FIX44::NewOrderSingle order(FIX::ClOrdID(name_of(number)), FIX::Side(number % 2 ? '1' : '2'),
                                FIX::TransactTime(time_of(number), 6), FIX::OrdType('2'));
    address(order, "CLIENT1", "PORTCULLIS", number);
    order.set(FIX::Account("CLIENT1"));
    order.set(FIX::Symbol("ACME"));
    order.set(FIX::OrderQty(100 + number * 37 % 900));
    order.set(FIX::Price(100 + (number * 13 % 97 + 1) / 100.0));
    order.set(FIX::TimeInForce('1'));
    return order.toString();
}

// Text to fields that an exchange could act on.
static size_t read_order(const std::string& text, const FIX::DataDictionary& dictionary) {
    const FIX::Message message(text, dictionary, true);
    dictionary.validate(message);
    FIX::ClOrdID name;
    FIX::Account account;
    FIX::Symbol symbol;
    FIX::Side side;
    FIX::OrdType type;
    FIX::TimeInForce lasts;
    FIX::OrderQty qty;
    FIX::Price price;
    FIX::TransactTime time;
    FIX::MsgSeqNum number;
    message.getHeader().getField(number);
    message.getField(name);
    message.getField(account);
    message.getField(symbol);
    message.getField(side);
    message.getField(type);
    message.getField(lasts);
    message.getField(qty);
    message.getField(price);
    message.getField(time);
    return name.getValue().size() + static_cast<size_t>(qty.getValue() + price.getValue()) + side.getValue();
}

// The report of an accepted order, as the venue tells it.
static size_t write_report(int number) {
    FIX44::ExecutionReport report(FIX::OrderID(std::to_string(4294967296L + number * 131)),
                                  FIX::ExecID(std::to_string(7000000 + number * 3)), FIX::ExecType('0'), FIX::OrdStatus('0'),
                                  FIX::Side(number % 2 ? '1' : '2'), FIX::LeavesQty(100 + number * 37 % 900), FIX::CumQty(0),
                                  FIX::AvgPx(0));
    address(report, "PORTCULLIS", "CLIENT1", number);
    report.set(FIX::ClOrdID(name_of(number)));
    report.set(FIX::Symbol("ACME"));
    report.set(FIX::OrderQty(100 + number * 37 % 900));
    report.set(FIX::OrdType('2'));
    report.set(FIX::Price(100 + (number * 13 % 97 + 1) / 100.0));
    report.set(FIX::TimeInForce('1'));
    report.set(FIX::TransactTime(time_of(number), 6));
    report.setField(5022, std::to_string(9000000 + number));
    return report.toString().size();
}

template <class Work>
static double median_ns(int batches, Work work) {
    std::vector<double> times;
    for (int batch = 0; batch < batches; ++batch) {
        const auto begun = std::chrono::steady_clock::now();
        size_t sum = 0;
        for (int number = 0; number < DIFFERENT; ++number) sum += work(number);
        sink = sum;
        const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begun;
        times.push_back(took.count() / DIFFERENT);
    }
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
}

int main(int count, char** words) {
    if (count < 2) {
        std::fprintf(stderr, "codec DICTIONARY [BATCHES]\n");
        return 2;
    }
    const int batches = count > 2 ? std::atoi(words[2]) : 200;
    const FIX::DataDictionary dictionary(words[1]);
    std::vector<std::string> orders;
    for (int number = 0; number < DIFFERENT; ++number) orders.push_back(order(number));
    const double reads = median_ns(batches, [&](int number) { return read_order(orders[number], dictionary); });
    const double writes = median_ns(batches, write_report);
    std::printf("{\"order_bytes\": %zu, \"read_ns\": %.1f, \"write_ns\": %.1f}\n", orders[0].size(), reads, writes);
}
