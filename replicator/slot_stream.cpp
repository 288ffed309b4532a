#include "replicator/slot_stream.hpp"

#include "postgres/quote.hpp"

#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>

namespace crossfade {

namespace asio = boost::asio;

namespace {
constexpr std::chrono::milliseconds kTick{500};

// A literal of the replication grammar, which knows no backslashes.
std::string replication_literal(std::string_view text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'') out += c;
        out += c;
    }
    return out + "'";
}

std::chrono::milliseconds sender_timeout(Connection& connection) {
    const QueryResult shown = connection.exec(
        "SELECT setting FROM pg_catalog.pg_settings WHERE name = 'wal_sender_timeout'");
    return std::chrono::milliseconds{shown.empty() ? 60'000 : shown.integer(0, 0)};
}
}  // namespace

std::string start_replication_command(std::string_view slot,
                                      const std::vector<PluginOption>& options, EndLsn from) {
    std::string list;
    for (const auto& [name, value] : options) {
        list += (list.empty() ? " (" : ", ") + quote_identifier(name) + " " +
                replication_literal(value);
    }
    return "START_REPLICATION SLOT " + quote_identifier(slot) + " LOGICAL " + from.lsn.format() +
           (list.empty() ? "" : list + ")");
}

SlotStream::SlotStream(Connection connection, const asio::any_io_executor& executor,
                       const Decoder& decoder, SourceIdentity identity, Feedback feedback)
    : decoder_{decoder},
      connection_{std::move(connection)},
      session_{connection_.shared_session()},
      socket_{executor},
      timer_{executor},
      identity_{identity},
      feedback_{feedback} {
    connection_.on_notice([this](const Notice& notice) {
        if (!left_out_) left_out_ = decoder_.judge(notice);
    });
}

SlotStream::~SlotStream() { close(); }

asio::awaitable<std::unique_ptr<SlotStream>> SlotStream::start(ConnectionOptions source,
                                                               StreamOptions options,
                                                               const Decoder& decoder,
                                                               EndLsn from) {
    source.replication = true;
    Connection connection = co_await with_deadline(open_async(source), options.connect_timeout,
                                                   "connect to the source");
    const SystemPosition system = identify_system(connection);
    if (options.expected) require_same_source(*options.expected, system.identity);
    if (from.lsn > system.flushed) {
        throw Failure{Error{ErrorKind::trust, "the stored position " + from.lsn.format() +
                                                  " is ahead of the source, which has come to " +
                                                  system.flushed.format()}
                          .with_hint("the source was restored or replaced: load a new snapshot")};
    }
    Feedback::Options feedback;
    feedback.interval = status_interval(sender_timeout(connection));
    feedback.confirm_idle = options.confirm_idle;
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    const Feedback begun{from, feedback, Feedback::Clock::now()};
    std::unique_ptr<SlotStream> stream{
        new SlotStream{std::move(connection), executor, decoder, system.identity, begun}};
    co_await with_deadline(stream->begin(options, from), options.connect_timeout,
                           "start of replication");
    co_return stream;
}

asio::awaitable<void> SlotStream::begin(const StreamOptions& options, EndLsn from) {
    PGconn* raw = connection_.raw();
    const std::string command = start_replication_command(options.slot, decoder_.options(), from);
    if (PQsetnonblocking(raw, 1) != 0 || PQsendQuery(raw, command.c_str()) != 1) {
        connection_.fail(nullptr);
    }
    while (PQflush(raw) == 1)
        co_await socket_.wait_write(raw);
    while (PQisBusy(raw) == 1) {
        co_await socket_.wait_read(raw);
        if (PQconsumeInput(raw) != 1) connection_.fail(nullptr);
    }
    const ResultPtr result{PQgetResult(raw)};
    if (PQresultStatus(result.get()) != PGRES_COPY_BOTH) {
        try {
            connection_.fail(result.get());
        } catch (const Failure& failure) {
            throw Failure{with_slot_hint(failure.error(), options.slot)};
        }
    }
}

std::optional<WalFrame> SlotStream::take_frame() {
    char* data = nullptr;
    const int length = PQgetCopyData(connection_.raw(), &data, 1);
    frame_.reset(data);
    if (left_out_) throw Failure{*left_out_};
    if (length == 0) return std::nullopt;
    if (length < 0) {
        end_of_copy();
        return std::nullopt;
    }
    WalFrame frame = parse_wal_frame({data, static_cast<std::size_t>(length)});
    if (const auto* wal = std::get_if<WalData>(&frame))
        feedback_.received(wal->start);
    else {
        const auto& keepalive = std::get<Keepalive>(frame);
        feedback_.keepalive(keepalive.end, keepalive.reply_requested);
        const bool behind = keepalive.reply_requested && feedback_.told().lsn < keepalive.end;
        if (behind && behind_ && behind_()) {
            close();
            return std::nullopt;
        }
    }
    return frame;
}

// "COPY 0" or the end of the connection: the server shuts down. An error result is thrown.
void SlotStream::end_of_copy() {
    const ResultPtr result{PQgetResult(connection_.raw())};
    const ExecStatusType status = PQresultStatus(result.get());
    if (result && status == PGRES_FATAL_ERROR) connection_.fail(result.get());
    close();
}

asio::awaitable<std::optional<WalFrame>> SlotStream::next() {
    while (!closed_) {
        if (auto frame = take_frame()) {
            if (feedback_.due(Feedback::Clock::now())) send_update();
            co_return frame;
        }
        if (closed_) break;
        if (feedback_.due(Feedback::Clock::now())) send_update();
        try {
            const ServerSession::Wait waiting{session_.get(), true};
            co_await socket_.wait_read(connection_.raw());
        } catch (const boost::system::system_error&) {
            if (!closed_) throw;  // close() ends the wait; whatever else is not ours
        }
        if (closed_) break;
        if (PQconsumeInput(connection_.raw()) != 1) connection_.fail(nullptr);
    }
    co_return std::nullopt;
}

asio::awaitable<void> SlotStream::report() {
    while (!closed_) {
        timer_.expires_after(kTick);
        try {
            co_await timer_.async_wait(asio::use_awaitable);
        } catch (const boost::system::system_error&) {
            if (!closed_) throw;
        }
        if (closed_) break;
        if (feedback_.due(Feedback::Clock::now()))
            send_update();
        else if (unsent_)
            flush();
    }
}

void SlotStream::send_update() {
    const std::string update =
        feedback_.update(Feedback::Clock::now(), std::chrono::system_clock::now());
    const int put =
        PQputCopyData(connection_.raw(), update.data(), static_cast<int>(update.size()));
    if (put < 0) connection_.fail(nullptr);
    flush();
}

// What the kernel does not take now goes with the next tick.
void SlotStream::flush() {
    const int left = PQflush(connection_.raw());
    if (left < 0) connection_.fail(nullptr);
    unsent_ = left == 1;
}

void SlotStream::close() {
    if (closed_) return;
    closed_ = true;
    socket_.release();
    timer_.cancel();
    connection_.disconnect();
}

}  // namespace crossfade
