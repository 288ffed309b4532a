#include "postgres/connection.hpp"

#include "postgres/interrupt.hpp"
#include "postgres/pins.hpp"
#include "postgres/quote.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdlib>

namespace crossfade {

ConnectKeywords::ConnectKeywords(const ConnectionOptions& options) {
    char* message = nullptr;
    struct FreeOptions {
        void operator()(PQconninfoOption* parsed) const { PQconninfoFree(parsed); }
    };
    const std::unique_ptr<PQconninfoOption, FreeOptions> parsed{
        PQconninfoParse(options.conninfo.c_str(), &message)};
    const PqMemory<char> message_owner{message};
    if (!parsed) {
        // libpq's message quotes the connection string, which may hold a password: it is left out.
        throw Failure{Error{ErrorKind::configuration, options.purpose + ": conninfo is not valid"}};
    }
    const char* environment_options = std::getenv("PGOPTIONS");
    std::string given = environment_options != nullptr ? environment_options : "";
    // With these defaults a peer that vanished without closing the connection is noticed within a
    // minute.
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(options.connect_timeout);
    entries_ = {{"connect_timeout", std::to_string(seconds.count())},
                {"keepalives_idle", "20"},
                {"keepalives_interval", "10"},
                {"keepalives_count", "3"},
                {"tcp_user_timeout", "60000"}};
    for (const PQconninfoOption* option = parsed.get(); option->keyword != nullptr; ++option) {
        if (option->val == nullptr) continue;
        const std::string keyword = option->keyword;
        if (keyword == "options") {
            given = option->val;
            continue;
        }
        std::erase_if(entries_, [&](const auto& entry) { return entry.first == keyword; });
        entries_.emplace_back(keyword, option->val);
    }
    const auto set = [&](const std::string& keyword, std::string value) {
        std::erase_if(entries_, [&](const auto& entry) { return entry.first == keyword; });
        entries_.emplace_back(keyword, std::move(value));
    };
    set("client_encoding", "UTF8");
    set("application_name", options.application_name);
    set("options", startup_options(options, given));
    if (options.replication) set("replication", "database");
    for (const auto& [keyword, value] : entries_) {
        if (keyword == "connect_timeout")
            connect_timeout_ = std::chrono::seconds{std::atoi(value.c_str())};
        keyword_pointers_.push_back(keyword.c_str());
        value_pointers_.push_back(value.c_str());
    }
    keyword_pointers_.push_back(nullptr);
    value_pointers_.push_back(nullptr);
}

void fail_to_connect(const PGconn* connection, const std::string& purpose) {
    std::string message = PQerrorMessage(connection);
    std::replace(message.begin(), message.end(), '\n', ' ');
    while (!message.empty() && message.back() == ' ')
        message.pop_back();
    // libpq gives no SQLSTATE for a failed connect, so the server's text is compared. If
    // lc_messages makes it another language than English, it is not recognised, and the connect is
    // retried.
    const auto says = [&](const char* part) { return message.find(part) != std::string::npos; };
    const bool refused = says("password") || says("authentication") || says("does not exist") ||
                         says("pg_hba.conf") || says("permission denied") ||
                         says("must be superuser or replication role") ||
                         says("is not permitted to log in") ||
                         says("unrecognized configuration parameter") || says("certificate") ||
                         says("definition of service");
    Error error{refused ? ErrorKind::configuration : ErrorKind::unavailable,
                purpose + ": cannot connect: " + message};
    const char* user = PQuser(connection);
    const char* database = PQdb(connection);
    const std::string role = quote_identifier(user != nullptr ? user : "");
    if (says("is not permitted to log in")) {
        error.with_hint("ALTER ROLE " + role + " LOGIN;");
    } else if (says("CONNECT privilege")) {
        error.with_hint("GRANT CONNECT ON DATABASE " +
                        quote_identifier(database != nullptr ? database : "") + " TO " + role +
                        ";");
    } else if (says("must be superuser or replication role")) {
        error.with_hint("ALTER ROLE " + role + " REPLICATION;");
    }
    throw Failure{error};
}

namespace {
[[noreturn]] void fail_to_wait(const ConnectionOptions& options, const char* why) {
    throw Failure{Error{ErrorKind::unavailable, options.purpose + ": cannot connect: " + why}};
}

// PQconnectdbParams, that an interrupt ends, and with milliseconds. connect_timeout counts for all
// hosts together; name resolution is not interrupted (libpq).
ConnPtr connect_in_time(const ConnectKeywords& keywords, const ConnectionOptions& options) {
    using Clock = std::chrono::steady_clock;
    std::chrono::milliseconds timeout = keywords.connect_timeout();
    if (options.answer_within.count() > 0 &&
        (timeout.count() == 0 || options.answer_within < timeout))
        timeout = options.answer_within;
    const auto end = Clock::now() + timeout;
    ConnPtr connection{PQconnectStartParams(keywords.keywords(), keywords.values(), 0)};
    const Interrupt* const interrupt = options.interrupt;
    auto next = PGRES_POLLING_WRITING;
    while (connection && PQstatus(connection.get()) != CONNECTION_BAD && next != PGRES_POLLING_OK) {
        pollfd waits[] = {{PQsocket(connection.get()),
                           static_cast<short>(next == PGRES_POLLING_WRITING ? POLLOUT : POLLIN), 0},
                          {interrupt != nullptr ? interrupt->descriptor() : -1, POLLIN, 0}};
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
        if (timeout.count() > 0 && left.count() <= 0) fail_to_wait(options, "timeout expired");
        const int ready =
            ::poll(waits, 2, timeout.count() > 0 ? static_cast<int>(left.count()) : -1);
        if (interrupt != nullptr && interrupt->raised()) fail_to_wait(options, "interrupted");
        if (ready > 0 && waits[0].revents != 0) next = PQconnectPoll(connection.get());
        if (next == PGRES_POLLING_FAILED) break;
    }
    return connection;
}
}  // namespace

Connection::Connection(ConnPtr connection, std::string purpose)
    : sink_{std::make_unique<NoticeSink>()},
      connection_{std::move(connection)},
      purpose_{std::move(purpose)} {
    PQsetNoticeReceiver(connection_.get(), &Connection::receive_notice, sink_.get());
}

Connection Connection::open(const ConnectionOptions& options) {
    const ConnectKeywords keywords{options};
    ConnPtr connection = connect_in_time(keywords, options);
    if (!connection) throw std::bad_alloc{};
    if (PQstatus(connection.get()) != CONNECTION_OK)
        fail_to_connect(connection.get(), options.purpose);
    return adopt(std::move(connection), options);
}

Connection Connection::adopt(ConnPtr connection, const ConnectionOptions& options) {
    if (options.interrupt != nullptr) {
        options.interrupt->add(connection.get());
        connection.get_deleter().interrupt = options.interrupt;
    }
    if (options.answer_within.count() == 0) {
        connection.get_deleter().session = ServerSession::begin(
            options.purpose, options.application_name, PQsocket(connection.get()));
    }
    Connection adopted{std::move(connection), options.purpose};
    adopted.answer_within_ = options.answer_within;
    pin_session(adopted, options);
    if (ServerSession* const session = adopted.session()) {
        const QueryResult facts = adopted.exec(
            "SELECT pg_catalog.pg_backend_pid(), "
            "extract(epoch from pg_catalog.pg_postmaster_start_time())");
        session->known_as(static_cast<int>(facts.integer(0, 0)),
                          std::strtod(std::string{facts.text(0, 1)}.c_str(), nullptr));
    }
    return adopted;
}

void Connection::receive_notice(void* sink, const PGresult* notice) {
    const auto field = [&](int code) -> std::string {
        const char* text = PQresultErrorField(notice, code);
        return text != nullptr ? text : "";
    };
    const auto& handler = static_cast<NoticeSink*>(sink)->handler;
    if (!handler) return;
    handler({field(PG_DIAG_SEVERITY_NONLOCALIZED), field(PG_DIAG_SQLSTATE),
             field(PG_DIAG_MESSAGE_PRIMARY)});
}

void Connection::fail(const PGresult* result) const {
    Error error = server_error(result, connection_.get()).to_error();
    const std::string cut = session() != nullptr ? session()->cut_reason() : std::string{};
    if (!cut.empty()) {
        error = Error{ErrorKind::unavailable, cut};
    } else if (!is_good() && error.kind() != ErrorKind::unavailable) {
        error = Error{ErrorKind::unavailable, error.message(), error.sqlstate()};
    }
    throw Failure{error.within(purpose_)};
}

Error Connection::data_error(const PGresult* result) const {
    Error error = server_error(result, connection_.get()).to_error();
    if (!is_good() || next_step(error.kind()) != NextStep::quarantine) fail(result);
    return error;
}

void Connection::give_up() noexcept {
    const int socket = PQsocket(raw());
    if (socket < 0) return;
    ::shutdown(socket, SHUT_RDWR);
    // libpq notices when it reads.
    while (PQconsumeInput(raw()) == 1 && is_good()) {
    }
}

bool Connection::wait_for_input(std::chrono::steady_clock::time_point end) {
    int timeout = -1;
    if (answer_within_.count() > 0) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        timeout = static_cast<int>(std::max<std::int64_t>(left.count(), 0));
    }
    pollfd socket{PQsocket(raw()), POLLIN, 0};
    return ::poll(&socket, 1, timeout) != 0;
}

ResultPtr Connection::answer(int sent) {
    const ServerSession::Wait waiting{session()};
    const auto end = std::chrono::steady_clock::now() + answer_within_;
    ResultPtr last;
    if (sent != 1) return last;
    for (;;) {
        // Without a bound of our own libpq waits; it also sends what is not sent yet.
        while (answer_within_.count() > 0 && PQisBusy(raw()) == 1) {
            if (!wait_for_input(end)) {
                give_up();  // what comes later would be taken for the next answer
                throw Failure{Error{ErrorKind::unavailable,
                                    purpose_ + ": no answer within " +
                                        std::to_string(answer_within_.count()) + " ms"}};
            }
            if (PQconsumeInput(raw()) != 1) break;
        }
        ResultPtr result{PQgetResult(raw())};
        if (!result) return last;
        const ExecStatusType status = PQresultStatus(result.get());
        last = std::move(result);
        const bool copies =
            status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH;
        if (copies || !is_good()) return last;
    }
}

Result<QueryResult> Connection::checked(ResultPtr result) {
    switch (PQresultStatus(result.get())) {
        case PGRES_COMMAND_OK:
        case PGRES_TUPLES_OK:
        case PGRES_EMPTY_QUERY:
        case PGRES_COPY_IN:
        case PGRES_COPY_OUT:
        case PGRES_COPY_BOTH: return QueryResult{std::move(result)};
        default: return data_error(result.get());
    }
}

namespace {
QueryResult or_throw(Result<QueryResult> result, const std::string& purpose) {
    if (result.has_error()) throw Failure{result.error().within(purpose)};
    return std::move(*result);
}
}  // namespace

Result<QueryResult> Connection::try_exec(const std::string& sql) {
    return checked(answer(PQsendQuery(raw(), sql.c_str())));
}

QueryResult Connection::exec(const std::string& sql) { return or_throw(try_exec(sql), purpose_); }

Result<QueryResult> Connection::try_exec(const std::string& sql, const Params& params) {
    const auto& arrays = params.arrays();
    return checked(answer(PQsendQueryParams(raw(), sql.c_str(), params.size(), nullptr,
                                            arrays.values, arrays.lengths, arrays.formats, 0)));
}

QueryResult Connection::exec(const std::string& sql, const Params& params) {
    return or_throw(try_exec(sql, params), purpose_);
}

void Connection::prepare(const std::string& name, const std::string& sql) {
    or_throw(checked(answer(PQsendPrepare(raw(), name.c_str(), sql.c_str(), 0, nullptr))),
             purpose_);
}

QueryResult Connection::exec_prepared(const std::string& name, const Params& params, bool binary) {
    const auto& arrays = params.arrays();
    return or_throw(
        checked(answer(PQsendQueryPrepared(raw(), name.c_str(), params.size(), arrays.values,
                                           arrays.lengths, arrays.formats, binary ? 1 : 0))),
        purpose_);
}

Result<QueryResult> Connection::try_exec_prepared(const std::string& name, const Params& params) {
    const auto& arrays = params.arrays();
    return checked(answer(PQsendQueryPrepared(raw(), name.c_str(), params.size(), arrays.values,
                                              arrays.lengths, arrays.formats, 0)));
}

}  // namespace crossfade
