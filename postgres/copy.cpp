#include "postgres/copy.hpp"

namespace crossfade {

namespace {
// The result behind a copy, and the null behind that.
ResultPtr final_result(Connection& connection) {
    const ServerSession::Wait waiting{connection.session()};
    ResultPtr result{PQgetResult(connection.raw())};
    while (const ResultPtr more{PQgetResult(connection.raw())}) {
    }
    return result;
}

}  // namespace

std::uint64_t copy_out(Connection& connection, const std::string& sql,
                       const std::function<void(std::string_view)>& row) {
    const QueryResult started = connection.exec(sql);
    if (PQresultStatus(started.raw()) != PGRES_COPY_OUT) {
        throw Failure{Error{ErrorKind::internal, "the statement is no COPY TO STDOUT"}};
    }
    for (;;) {
        char* data = nullptr;
        const int length = [&] {
            const ServerSession::Wait waiting{connection.session()};
            return PQgetCopyData(connection.raw(), &data, 0);
        }();
        const PqMemory<char> owner{data};
        if (length == -1) break;
        if (length < 0) connection.fail(nullptr);
        try {
            row({data, static_cast<std::size_t>(length)});
        } catch (...) {
            // The rest could only be read or cancelled by waiting for the server.
            connection.give_up();
            throw;
        }
    }
    ResultPtr result = final_result(connection);
    if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) connection.fail(result.get());
    return QueryResult{std::move(result)}.affected();
}

CopyIn::CopyIn(Connection& connection, const std::string& sql) : connection_{connection} {
    const QueryResult started = connection.exec(sql);
    if (PQresultStatus(started.raw()) != PGRES_COPY_IN) {
        throw Failure{Error{ErrorKind::internal, "the statement is no COPY FROM STDIN"}};
    }
    open_ = true;
}

CopyIn::~CopyIn() {
    if (!open_) return;
    const ServerSession::Wait waiting{connection_.session()};
    if (PQputCopyEnd(connection_.raw(), "the copy was given up") != 1)
        return;  // no session left to drain
    while (const ResultPtr result{PQgetResult(connection_.raw())}) {
    }
}

void CopyIn::put(std::string_view data) {
    const ServerSession::Wait waiting{connection_.session()};
    static constexpr std::size_t kPieceMax =
        1 << 24;  // libpq counts in int, and buffers what it is given
    while (!data.empty()) {
        const std::string_view piece = data.substr(0, kPieceMax);
        if (PQputCopyData(connection_.raw(), piece.data(), static_cast<int>(piece.size())) != 1) {
            connection_.fail(nullptr);
        }
        data.remove_prefix(piece.size());
    }
}

Result<std::uint64_t> CopyIn::finish() {
    open_ = false;
    const ServerSession::Wait waiting{connection_.session()};
    if (PQputCopyEnd(connection_.raw(), nullptr) != 1) connection_.fail(nullptr);
    ResultPtr result = final_result(connection_);
    if (PQresultStatus(result.get()) != PGRES_COMMAND_OK)
        return connection_.data_error(result.get());
    return QueryResult{std::move(result)}.affected();
}

}  // namespace crossfade
