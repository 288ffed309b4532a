#include "demo/simulate/connection.hpp"

#include <charconv>
#include <cstring>
#include <sstream>
#include <utility>

namespace crossfade::simulate {
namespace {

bool is_loopback_address(std::string_view address) {
    return address.starts_with("127.") || address == "::1";
}

bool is_local_host(std::string_view host) {
    return host.empty() || host.front() == '/' || host.front() == '@' || host == "localhost" ||
           is_loopback_address(host);
}

// host and hostaddr may be lists; every member must be local.
void require_local_list(const char* list) {
    std::stringstream members{list};
    for (std::string host; std::getline(members, host, ',');) {
        if (!is_local_host(host)) {
            throw ConnectionError{"host " + host +
                                  " is not this machine; --allow-remote permits it"};
        }
    }
}

// Looks at what the conninfo and, where it is silent, the environment name, before any byte is
// sent.
void require_local(const std::string& conninfo) {
    using Options = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;
    char* reason = nullptr;
    const Options given{PQconninfoParse(conninfo.c_str(), &reason), &PQconninfoFree};
    if (!given) {
        const std::string text = reason != nullptr ? reason : "out of memory";
        PQfreemem(reason);
        throw ConnectionError{"conninfo: " + text};
    }
    const Options defaults{PQconndefaults(), &PQconninfoFree};
    for (const PQconninfoOption* option = given.get(); option->keyword != nullptr; ++option) {
        if (std::strcmp(option->keyword, "host") != 0 &&
            std::strcmp(option->keyword, "hostaddr") != 0) {
            continue;
        }
        const char* hosts = option->val;
        for (auto* other = defaults.get(); hosts == nullptr && other && other->keyword; ++other) {
            if (std::strcmp(other->keyword, option->keyword) == 0) {
                hosts = other->val;
                break;
            }
        }
        if (hosts != nullptr) {
            require_local_list(hosts);
        }
    }
}

std::string field(const PGresult* result, int code) {
    const char* text = PQresultErrorField(result, code);
    return text != nullptr ? text : "";
}

}  // namespace

Value value(Id id) { return std::to_string(id); }

Value value(std::string_view text) { return std::string{text}; }

Value array(const std::vector<Id>& ids) {
    std::string literal = "{";
    for (const Id id : ids) {
        if (literal.size() > 1) {
            literal += ',';
        }
        literal += std::to_string(id);
    }
    return literal + "}";
}

std::size_t Rows::size() const noexcept {
    return static_cast<std::size_t>(PQntuples(result_.get()));
}

bool Rows::null(std::size_t row, int column) const noexcept {
    return PQgetisnull(result_.get(), static_cast<int>(row), column) == 1;
}

Id Rows::id(std::size_t row, int column) const {
    const char* text = PQgetvalue(result_.get(), static_cast<int>(row), column);
    Id id = 0;
    std::from_chars(text, text + std::strlen(text), id);
    return id;
}

Value Rows::text(std::size_t row, int column) const {
    if (null(row, column)) {
        return std::nullopt;
    }
    return PQgetvalue(result_.get(), static_cast<int>(row), column);
}

std::size_t Rows::affected() const noexcept {
    const char* text = PQcmdTuples(result_.get());
    std::size_t count = 0;
    std::from_chars(text, text + std::strlen(text), count);
    return count;
}

Connection::Connection(const std::string& conninfo, bool allow_remote)
    : handle_{nullptr, &PQfinish} {
    if (!allow_remote) {
        require_local(conninfo);
    }
    // expand_dbname takes the whole conninfo; what follows it wins over what it contains.
    const char* keywords[] = {"dbname", "application_name", "client_encoding", nullptr};
    const char* values[] = {conninfo.c_str(), "crossfade-simulate", "UTF8", nullptr};
    handle_.reset(PQconnectdbParams(keywords, values, 1));
    if (PQstatus(handle_.get()) != CONNECTION_OK) {
        throw ConnectionError{PQerrorMessage(handle_.get())};
    }
    // A service file may have named the host; then the address that answered decides.
    const std::string_view host = PQhost(handle_.get());
    const std::string_view address = PQhostaddr(handle_.get());
    if (!allow_remote && !is_local_host(host.empty() ? address : host)) {
        throw ConnectionError{"the server is not on this machine; --allow-remote permits it"};
    }
    // A statement that hangs would hide behind the open schedule; it fails instead.
    control("SET statement_timeout = '30s'");
    control("SET search_path = public");
}

Rows Connection::execute(std::string_view sql, const std::vector<Value>& values) {
    auto found = prepared_.find(sql);
    if (found == prepared_.end()) {
        const std::string text{sql};
        const std::string name = "s" + std::to_string(prepared_.size());
        PGresult* result = PQprepare(handle_.get(), name.c_str(), text.c_str(), 0, nullptr);
        const Rows owner{result};
        if (PQresultStatus(result) != PGRES_COMMAND_OK) {
            ++statements_;
            refuse(result);
        }
        found = prepared_.emplace(text, name).first;
    }
    std::vector<const char*> pointers;
    pointers.reserve(values.size());
    for (const Value& each : values) {
        pointers.push_back(each ? each->c_str() : nullptr);
    }
    ++statements_;
    PGresult* result =
        PQexecPrepared(handle_.get(), found->second.c_str(), static_cast<int>(values.size()),
                       pointers.data(), nullptr, nullptr, 0);
    Rows rows{result};
    const ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
        refuse(result);
    }
    if (status == PGRES_COMMAND_OK) {
        rows_pending_ += rows.affected();
        if (!in_transaction_) {
            rows_written_ += std::exchange(rows_pending_, 0);
            ++commits_;
        }
    }
    return rows;
}

void Connection::begin() {
    control("BEGIN");
    in_transaction_ = true;
}

void Connection::commit() {
    control("COMMIT");
    in_transaction_ = false;
    rows_written_ += std::exchange(rows_pending_, 0);
    ++commits_;
}

void Connection::rollback() {
    in_transaction_ = false;
    rows_pending_ = 0;
    control("ROLLBACK");
}

void Connection::control(const char* command) {
    PGresult* result = PQexec(handle_.get(), command);
    const Rows owner{result};
    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        refuse(result);
    }
}

void Connection::refuse(const PGresult* result) {
    if (PQstatus(handle_.get()) != CONNECTION_OK) {
        throw ConnectionError{"connection lost"};
    }
    const std::string sqlstate = field(result, PG_DIAG_SQLSTATE);
    std::string object = field(result, PG_DIAG_CONSTRAINT_NAME);
    if (object.empty()) {
        object = field(result, PG_DIAG_TABLE_NAME);
    }
    // Messages of class 22 (bad data) quote the value; their code says enough.
    std::string message = sqlstate.starts_with("22") ? std::string{"value refused"}
                                                     : field(result, PG_DIAG_MESSAGE_PRIMARY);
    throw StatementError{sqlstate, std::move(object), message};
}

}  // namespace crossfade::simulate
