#include "service/deferred_fill.hpp"

#include "model/fingerprint.hpp"
#include "model/start_thread.hpp"
#include "pipeline/batch.hpp"
#include "postgres/codec.hpp"
#include "postgres/interrupt.hpp"
#include "postgres/quote.hpp"
#include "transforms/derivation.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <condition_variable>
#include <mutex>
#include <thread>

namespace crossfade {

namespace {
constexpr std::size_t kChunk = 8;
constexpr std::chrono::milliseconds kPause{200};
}  // namespace

struct DeferredFill::Impl {
    Impl(const Program& program, const Store& store, ConnectionOptions source, SecretKey key,
         Logger log, std::function<void()> wake)
        : program{program},
          store{store},
          source{std::move(source)},
          key{key},
          log{std::move(log)},
          wake{std::move(wake)},
          fingerprinter{std::string_view{reinterpret_cast<const char*>(key.data()), key.size()}} {
        this->source.interrupt = &interrupt;
        thread = start_thread([this] { run(); });
    }

    ~Impl() {
        {
            const std::lock_guard lock{mutex};
            stopping = true;
        }
        changed.notify_all();
        interrupt.raise();
        interrupt.cut();
        thread.join();
    }

    void run() {
        std::unique_lock lock{mutex};
        while (!stopping) {
            if (!wanted) {
                changed.wait(lock);
                continue;
            }
            wanted = false;
            lock.unlock();
            Filled filled = compute();
            lock.lock();
            if (filled.empty()) {
                changed.wait_for(lock, kPause);
                continue;
            }
            result = std::move(filled);
            wake();
        }
    }

    Filled compute() {
        Filled filled;
        try {
            StateView view{program, store};
            for (WorkItem& item : deferred_work(store, kChunk)) {
                if (const auto value = value_of(item, view))
                    filled.emplace_back(std::move(item), *value);
            }
        } catch (const Failure& failure) {
            log.warning("secrets wait", failure.error());
            connection.reset();
        }
        return filled;
    }

    // Nothing: the source has moved on; the stream brings the change.
    std::optional<Value> value_of(const WorkItem& item, StateView& view) {
        const auto record = view.record(item.entity, item.key);
        if (!record || !record->present || record->state == StoredState::gone)
            return Value{Absent{}};
        const auto place = secret_place(program, item.entity, item.key, item.column, view);
        if (!place || is_null(place->fingerprint)) return Value{Null{}};
        const auto plain = read_again(*place);
        if (!plain) return std::nullopt;
        auto value = deferred_value(program, item.entity, item.key, item.column, Value{*plain},
                                    salt_of(record->id, *plain), view);
        return value ? *value : Value{Null{}};
    }

    // The secret of the row, if it still has the fingerprint that is stored. A table without a key
    // may hold several rows that differ in nothing but their secrets, or in nothing at all.
    std::optional<std::string> read_again(const SecretPlace& place) {
        if (!connection) connection = Connection::open(source);
        Params params;
        const std::string sql = statement(place, params);
        const QueryResult rows = connection->exec(sql, params);
        for (int row = 0; row < rows.rows(); ++row) {
            const auto plain = rows.get(row, 0);
            if (plain && fingerprinter(*plain) == place.fingerprint) return std::string{*plain};
        }
        return std::nullopt;
    }

    std::string statement(const SecretPlace& place, Params& params) const {
        const MappedRelation& relation = program.relations[place.relation];
        std::string sql = "SELECT " + quote_identifier(place.column) + " FROM " +
                          quote_table(relation.schema, relation.name);
        const char* joint = " WHERE ";
        const std::vector<Value> key = decode_key(place.row);
        for (std::size_t i = 0; i < relation.key.size(); ++i) {
            const MappedColumn& column = relation.columns[relation.key[i]];
            // A fingerprint is nothing the source could look for, and json has no equality.
            if (column.secret || column.type == Type::json) continue;
            const std::string name = std::exchange(joint, " AND ") + quote_identifier(column.name);
            if (is_null(key.at(i))) {
                sql += name + " IS NULL";
                continue;
            }
            params.text(to_display(key[i]));
            sql += name + " = $" + std::to_string(params.size());
        }
        return sql;
    }

    // The same uuid and value give the same bytes, so a repeated run writes the same hash.
    std::string salt_of(const Uuid& id, const std::string& plain) const {
        std::string input(id.bytes.begin(), id.bytes.end());
        input += plain;
        unsigned char digest[EVP_MAX_MD_SIZE];
        unsigned int size = 0;
        HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
             reinterpret_cast<const unsigned char*>(input.data()), input.size(), digest, &size);
        OPENSSL_cleanse(input.data(), input.size());
        return {reinterpret_cast<const char*>(digest), 16};
    }

    const Program& program;
    const Store& store;
    ConnectionOptions source;
    SecretKey key;
    Logger log;
    std::function<void()> wake;
    SecretFingerprinter fingerprinter;
    Interrupt interrupt;  // outlives the connection
    std::optional<Connection> connection;
    std::mutex mutex;
    std::condition_variable changed;
    bool stopping = false;
    bool wanted = false;
    std::optional<Filled> result;
    std::thread thread;  // uses all of the above
};

DeferredFill::DeferredFill(const Program& program, const Store& store, ConnectionOptions source,
                           SecretKey key, Logger log, std::function<void()> wake)
    : impl_{std::make_unique<Impl>(program, store, std::move(source), key, std::move(log),
                                   std::move(wake))} {}

DeferredFill::~DeferredFill() = default;

void DeferredFill::begin() {
    const std::lock_guard lock{impl_->mutex};
    if (impl_->result) return;
    impl_->wanted = true;
    impl_->changed.notify_all();
}

std::optional<DeferredFill::Filled> DeferredFill::take() {
    const std::lock_guard lock{impl_->mutex};
    return std::exchange(impl_->result, std::nullopt);
}

}  // namespace crossfade
