#include "postgres/pipeline.hpp"

namespace crossfade {

namespace {
// One null closes the results of each statement; two behind each other close nothing.
constexpr int kNullsMax = 2;
}  // namespace

Pipeline::Pipeline(Connection& connection) : connection_{connection} {
    if (PQenterPipelineMode(connection_.raw()) != 1) connection_.fail(nullptr);
}

Pipeline::~Pipeline() {
    const ServerSession::Wait waiting{connection_.session()};
    PGconn* raw = connection_.raw();
    if (unanswered_ > 0 && unanswered_syncs_ == 0) {
        if (PQpipelineSync(raw) == 1) ++unanswered_syncs_;
    }
    // The sync is received too; else its answer would reach the next user of the connection.
    // Of a session that ended nothing comes but nulls, and libpq need not know yet that it is lost.
    int nulls = 0;
    while (unanswered_syncs_ > 0 && connection_.is_good() && nulls < kNullsMax) {
        const ResultPtr result{PQgetResult(raw)};
        nulls = result ? 0 : nulls + 1;
        if (result && PQresultStatus(result.get()) == PGRES_PIPELINE_SYNC) --unanswered_syncs_;
    }
    // Whoever used it next would get the answers of others.
    if (unanswered_syncs_ > 0 || PQexitPipelineMode(raw) != 1) connection_.give_up();
}

void Pipeline::check(int sent) {
    if (sent != 1) connection_.fail(nullptr);
    ++unanswered_;
}

void Pipeline::prepare(const std::string& name, const std::string& sql) {
    const ServerSession::Wait waiting{connection_.session()};
    check(PQsendPrepare(connection_.raw(), name.c_str(), sql.c_str(), 0, nullptr));
}

void Pipeline::send(const std::string& name, const Params& params) {
    const ServerSession::Wait waiting{connection_.session()};
    const auto& arrays = params.arrays();
    check(PQsendQueryPrepared(connection_.raw(), name.c_str(), params.size(), arrays.values,
                              arrays.lengths, arrays.formats, 0));
}

void Pipeline::send_sql(const std::string& sql, const Params& params) {
    const ServerSession::Wait waiting{connection_.session()};
    const auto& arrays = params.arrays();
    check(PQsendQueryParams(connection_.raw(), sql.c_str(), params.size(), nullptr, arrays.values,
                            arrays.lengths, arrays.formats, 0));
}

void Pipeline::flush() {
    const ServerSession::Wait waiting{connection_.session()};
    if (PQsendFlushRequest(connection_.raw()) != 1 || PQflush(connection_.raw()) < 0) {
        connection_.fail(nullptr);
    }
}

void Pipeline::sync() {
    const ServerSession::Wait waiting{connection_.session()};
    if (PQpipelineSync(connection_.raw()) != 1) connection_.fail(nullptr);
    ++unanswered_syncs_;
}

Pipeline::Answer Pipeline::receive() {
    if (unanswered_ == 0) {
        throw Failure{
            Error{ErrorKind::internal, "an answer was asked for that nothing was sent for"}};
    }
    const ServerSession::Wait waiting{connection_.session()};
    PGconn* raw = connection_.raw();
    ResultPtr result{PQgetResult(raw)};
    if (!result) connection_.fail(nullptr);
    --unanswered_;
    Answer answer;
    switch (PQresultStatus(result.get())) {
        case PGRES_COMMAND_OK:
        case PGRES_TUPLES_OK:
        case PGRES_EMPTY_QUERY: answer.result.emplace(std::move(result)); break;
        case PGRES_PIPELINE_ABORTED: answer.skipped = true; break;
        default:
            connection_.data_error(result.get());  // throws unless the data is at fault
            answer.refused = server_error(result.get(), raw);
    }
    const ResultPtr end{PQgetResult(raw)};  // the null that closes each statement's results
    return answer;
}

void Pipeline::receive_sync() {
    while (unanswered_ > 0)
        receive();
    const ServerSession::Wait waiting{connection_.session()};
    const ResultPtr result{PQgetResult(connection_.raw())};
    if (PQresultStatus(result.get()) != PGRES_PIPELINE_SYNC) connection_.fail(result.get());
    --unanswered_syncs_;
}

}  // namespace crossfade
