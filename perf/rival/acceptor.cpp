// A QuickFIX acceptor that does an exchange's least: order -> ExecutionReport New, cancel -> ExecutionReport
// Canceled. No book, no checks, no dictionary: whatever it takes is QuickFIX's own.
// scripts/perf-rival builds it (Debian: libquickfix-dev) and measures it beside the venue.
//
//   acceptor PORT [threaded] [store DIR] [log DIR]     without store and log nothing is written anywhere
//
// Sessions CLIENT1 to CLIENT8, of PORTCULLIS, as the demo venue's; any password is right.
#include <quickfix/Application.h>
#include <quickfix/FileLog.h>
#include <quickfix/FileStore.h>
#include <quickfix/Session.h>
#include <quickfix/SessionSettings.h>
#include <quickfix/SocketAcceptor.h>
#include <quickfix/ThreadedSocketAcceptor.h>
#include <quickfix/fix44/ExecutionReport.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>
#include <sstream>

class Venue : public FIX::Application {
  public:
    void onCreate(const FIX::SessionID&) override {}
    void onLogon(const FIX::SessionID&) override {}
    void onLogout(const FIX::SessionID&) override {}
    void toAdmin(FIX::Message&, const FIX::SessionID&) override {}
    void toApp(FIX::Message&, const FIX::SessionID&) throw(FIX::DoNotSend) override {}
    void fromAdmin(const FIX::Message&, const FIX::SessionID&)
        throw(FIX::FieldNotFound, FIX::IncorrectDataFormat, FIX::IncorrectTagValue, FIX::RejectLogon) override {}

    void fromApp(const FIX::Message& message, const FIX::SessionID& session)
        throw(FIX::FieldNotFound, FIX::IncorrectDataFormat, FIX::IncorrectTagValue,
               FIX::UnsupportedMessageType) override {
        FIX::MsgType kind;
        message.getHeader().getField(kind);
        const bool cancels = kind == FIX::MsgType_OrderCancelRequest;
        if (!cancels && kind != FIX::MsgType_NewOrderSingle) throw FIX::UnsupportedMessageType();
        FIX::ClOrdID id;
        FIX::Symbol symbol;
        FIX::Side side;
        FIX::OrderQty quantity;
        message.getField(id);
        message.getField(symbol);
        message.getField(side);
        message.getField(quantity);
        char number[24];
        std::snprintf(number, sizeof number, "%llu", static_cast<unsigned long long>(++numbers));
        FIX44::ExecutionReport report(
            FIX::OrderID{number}, FIX::ExecID{number},
            FIX::ExecType(cancels ? FIX::ExecType_CANCELED : FIX::ExecType_NEW),
            FIX::OrdStatus(cancels ? FIX::OrdStatus_CANCELED : FIX::OrdStatus_NEW), side,
            FIX::LeavesQty(cancels ? 0 : quantity.getValue()), FIX::CumQty(0), FIX::AvgPx(0));
        report.set(id);
        report.set(symbol);
        report.set(quantity);
        report.set(FIX::TransactTime());
        if (cancels) {
            FIX::OrigClOrdID original;
            message.getField(original);
            report.set(original);
        } else {
            FIX::OrdType type;
            FIX::Price price;
            FIX::TimeInForce in_force;
            message.getField(type);
            message.getField(price);
            message.getField(in_force);
            report.set(type);
            report.set(price);
            report.set(in_force);
        }
        FIX::Session::sendToTarget(report, session);
    }

  private:
    std::atomic<unsigned long long> numbers{0};
};

int main(int argc, char** argv) {
    const char* port = argc > 1 ? argv[1] : nullptr;
    bool threaded = false;
    const char* store_in = nullptr;
    const char* log_in = nullptr;
    for (int n = 2; n < argc; ++n) {
        if (std::strcmp(argv[n], "threaded") == 0) threaded = true;
        if (std::strcmp(argv[n], "store") == 0 && n + 1 < argc) store_in = argv[++n];
        if (std::strcmp(argv[n], "log") == 0 && n + 1 < argc) log_in = argv[++n];
    }
    if (port == nullptr) {
        std::fprintf(stderr, "usage: acceptor PORT [threaded] [store DIR] [log DIR]\n");
        return 2;
    }
    std::ostringstream text;
    text << "[DEFAULT]\nConnectionType=acceptor\nBeginString=FIX.4.4\nSenderCompID=PORTCULLIS\nHeartBtInt=30\n"
         << "StartTime=00:00:00\nEndTime=00:00:00\nUseDataDictionary=N\nSocketNodelay=Y\nSocketReuseAddress=Y\n"
         << "SocketAcceptPort=" << port << "\n";
    if (store_in != nullptr) text << "FileStorePath=" << store_in << "\n";
    if (log_in != nullptr) text << "FileLogPath=" << log_in << "\n";
    for (int n = 1; n <= 8; ++n) text << "[SESSION]\nTargetCompID=CLIENT" << n << "\n";
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, nullptr);
    try {
        std::istringstream stream(text.str());
        FIX::SessionSettings settings(stream);
        Venue venue;
        std::unique_ptr<FIX::MessageStoreFactory> store;
        if (store_in != nullptr) store = std::make_unique<FIX::FileStoreFactory>(settings);
        else store = std::make_unique<FIX::MemoryStoreFactory>();
        std::unique_ptr<FIX::LogFactory> log;
        if (log_in != nullptr) log = std::make_unique<FIX::FileLogFactory>(settings);
        std::unique_ptr<FIX::Acceptor> acceptor;
        if (threaded && log) acceptor = std::make_unique<FIX::ThreadedSocketAcceptor>(venue, *store, settings, *log);
        else if (threaded) acceptor = std::make_unique<FIX::ThreadedSocketAcceptor>(venue, *store, settings);
        else if (log) acceptor = std::make_unique<FIX::SocketAcceptor>(venue, *store, settings, *log);
        else acceptor = std::make_unique<FIX::SocketAcceptor>(venue, *store, settings);
        acceptor->start();
        std::printf("ready\n");
        std::fflush(stdout);
        int signal = 0;
        sigwait(&ends, &signal);
        acceptor->stop(true);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "acceptor: %s\n", error.what());
        return 1;
    }
    return 0;
}
