#include "service/server_watch.hpp"

#include "model/start_thread.hpp"
#include "postgres/interrupt.hpp"
#include "postgres/quote.hpp"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

namespace crossfade {

namespace {
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPatienceMax{1'000};
constexpr std::chrono::milliseconds kAnswerWithin{5'000};
// A statement that is worked on is said in the log after so long, and each time after twice that.
constexpr std::chrono::seconds kLong{10};
// A session ends between the look at the list and the question: it is asked for again.
constexpr int kMissesMax = 2;

// One row for each session asked for and each that it waits for. pg_blocking_pids() is asked only
// for a session that waits for a lock: it takes locks of its own. A prepared transaction has no
// process. Of other roles' sessions a role without pg_read_all_stats sees neither application nor
// times.
constexpr const char* kQuestion =
    "SELECT asked.pid, extract(epoch from pg_postmaster_start_time()), w.pid IS NOT NULL,"
    " coalesce(w.state, '') LIKE 'idle%' AND clock_timestamp() - w.state_change > $2::interval,"
    " coalesce(w.wait_event_type || '/' || w.wait_event, ''),"
    " coalesce(b.pid, 0), coalesce(b.usename, p.owner, ''), coalesce(b.application_name, ''),"
    " coalesce(b.xact_start, p.prepared)::text, p.gid"
    " FROM unnest($1::int[]) AS asked (pid)"
    " LEFT JOIN pg_stat_activity AS w ON w.pid = asked.pid"
    " LEFT JOIN LATERAL unnest(CASE WHEN w.wait_event_type = 'Lock'"
    "   THEN pg_blocking_pids(w.pid) END) AS blocker (pid) ON true"
    " LEFT JOIN pg_stat_activity AS b ON b.pid = blocker.pid"
    " LEFT JOIN pg_prepared_xacts AS p ON blocker.pid = 0 AND EXISTS ("
    "   SELECT FROM pg_locks AS n JOIN pg_locks AS h ON h.locktype = n.locktype"
    "     AND h.database IS NOT DISTINCT FROM n.database"
    "     AND h.relation IS NOT DISTINCT FROM n.relation"
    "     AND h.transactionid IS NOT DISTINCT FROM n.transactionid"
    "     JOIN pg_locks AS own ON own.virtualtransaction = h.virtualtransaction"
    "     AND own.pid IS NULL AND own.transactionid = p.transaction"
    "   WHERE n.pid = w.pid AND NOT n.granted AND h.granted AND h.pid IS NULL)";

// What one look found out about a session.
struct Look {
    double server_started = 0;
    bool known = false;     // to the server
    bool answered = false;  // a while ago, by what the server says
    std::string event;      // "IO/DataFileRead"
    struct Holder {
        std::string name;  // "process 4711" or "prepared transaction 'x'": told once a wait
        std::string text;
        std::string hint;
    };
    std::vector<Holder> holders;
};

Look::Holder holder_of(const QueryResult& rows, int row) {
    Look::Holder holder;
    std::string what;
    if (rows.is_null(row, 9)) {
        const std::string pid{rows.text(row, 5)};
        holder.name = "process " + pid;
        holder.hint = "SELECT pg_terminate_backend(" + pid + "); ends that session";
    } else {
        const std::string gid = quote_literal(std::string{rows.text(row, 9)});
        holder.name = "prepared transaction " + gid;
        holder.hint = "COMMIT PREPARED " + gid + "; or ROLLBACK PREPARED " + gid + "; ends it";
    }
    holder.text = holder.name + " holds it, of user " + std::string{rows.text(row, 6)};
    if (!rows.text(row, 7).empty())
        holder.text += ", application " + std::string{rows.text(row, 7)};
    if (!rows.is_null(row, 8))
        holder.text += ", in a transaction since " + std::string{rows.text(row, 8)};
    return holder;
}

std::string seconds_of(std::chrono::milliseconds time) {
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time).count()) + " s";
}

// What is remembered of a session while it waits.
struct Waiting {
    std::uint64_t step = 0;
    Clock::time_point since;
    std::chrono::milliseconds next_word{kLong};
    int misses = 0;
    std::set<std::string> told;
};
}  // namespace

std::chrono::milliseconds patience_for(std::chrono::milliseconds lock_timeout) {
    const auto half = lock_timeout / 2;
    return half.count() > 0 ? std::min(kPatienceMax, half) : kPatienceMax;
}

struct ServerWatch::Impl {
    Impl(Options given, Logger logger) : options{std::move(given)}, log{std::move(logger)} {
        options.server.interrupt = &interrupt;
        options.server.answer_within = std::min(kAnswerWithin, options.silence);
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
        const auto tick = std::max(options.patience / 2, std::chrono::milliseconds{10});
        while (!changed.wait_for(lock, tick, [this] { return stopping; })) {
            lock.unlock();
            std::vector<std::string> found = watch();
            lock.lock();
            sentences = std::move(found);
        }
    }

    // The sessions that have waited for too long to say nothing of it.
    std::vector<SessionFacts> waiting_ones() {
        const auto now = Clock::now();
        std::vector<SessionFacts> long_ones;
        std::map<std::uint64_t, Waiting> still;
        for (const SessionFacts& session : sessions_with(options.server.purpose)) {
            if (!session.waiting) continue;
            const auto before = waiting.find(session.id);
            const bool same = before != waiting.end() && before->second.step == session.step;
            Waiting& entry = still[session.id];
            entry = same ? std::move(before->second) : Waiting{};
            entry.step = session.step;
            if (!same) entry.since = now;
            const auto enough = session.stream ? options.silence : options.patience / 2;
            if (same && now - entry.since >= enough) long_ones.push_back(session);
        }
        waiting = std::move(still);
        return long_ones;
    }

    std::vector<std::string> watch() {
        const std::vector<SessionFacts> sessions = waiting_ones();
        if (sessions.empty()) return {};
        const auto looks = look(sessions);
        std::vector<std::string> said;
        for (const SessionFacts& session : sessions) {
            if (looks) {
                judge(session, looks->at(session.backend_pid), said);
            } else {
                judge_unasked(session, said);
            }
        }
        return said;
    }

    std::optional<std::map<int, Look>> look(const std::vector<SessionFacts>& sessions) {
        std::map<int, Look> looks;
        std::string pids = "{";
        for (const SessionFacts& session : sessions)
            pids += (pids.size() > 1 ? "," : "") + std::to_string(session.backend_pid);
        const std::string silence = std::to_string(options.silence.count()) + " milliseconds";
        try {
            if (!connection) connection = Connection::open(options.server);
            const QueryResult rows = connection->exec(kQuestion, Params{pids + "}", silence});
            for (int row = 0; row < rows.rows(); ++row) {
                Look& found = looks[static_cast<int>(rows.integer(row, 0))];
                found.server_started = std::stod(std::string{rows.text(row, 1)});
                found.known = rows.boolean(row, 2);
                found.answered = !rows.is_null(row, 3) && rows.boolean(row, 3);
                found.event = rows.text(row, 4);
                if (rows.integer(row, 5) != 0 || !rows.is_null(row, 9))
                    found.holders.push_back(holder_of(rows, row));
            }
        } catch (const Failure& failure) {
            connection.reset();
            trouble = failure.error().message();
            // A server that refuses a session is there, and says nothing of the others.
            refused = trouble.find("FATAL") != std::string::npos;
            return std::nullopt;
        }
        return looks;
    }

    std::string beginning(const SessionFacts& session) const {
        const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(
            Clock::now() - waiting.at(session.id).since);
        return options.server.purpose + ": " + session.application + " waits since " +
               seconds_of(waited);
    }

    void judge(const SessionFacts& session, const Look& found, std::vector<std::string>& said) {
        Waiting& entry = waiting.at(session.id);
        if (!found.known || session.backend_pid == 0) {
            // Of a server that was started before the session began it may be another server.
            if (session.backend_pid == 0) return judge_beginning(session, said);
            if (found.server_started < session.server_started) return;
            if (++entry.misses < kMissesMax) return;
            return cut(session, "the server does not know the session any more");
        }
        const bool long_ago = Clock::now() - entry.since >= options.silence;
        if (found.answered && long_ago && !session.stream)
            return cut(session, "the server has answered, and the answer did not arrive");
        if (session.stream) return;
        for (const Look::Holder& holder : found.holders) {
            said.push_back(beginning(session) + " for a lock: " + holder.text + "; " + holder.hint);
            if (!entry.told.insert(holder.name).second) continue;
            log.warning("waiting for a lock of the " + options.server.purpose,
                        Error{ErrorKind::conflict, holder.text}.with_hint("it goes on by itself; " +
                                                                          holder.hint));
        }
        if (!found.holders.empty()) return;
        said.push_back(beginning(session) + ": process " + std::to_string(session.backend_pid) +
                       (found.event.empty() ? " works" : " is in " + found.event));
        if (Clock::now() - entry.since < entry.next_word) return;
        entry.next_word *= 2;
        log.info(said.back());
    }

    // It asks the first things of a session, so it cannot be told from others yet.
    void judge_beginning(const SessionFacts& session, std::vector<std::string>& said) {
        said.push_back(beginning(session) + " for the first answers of its session");
        if (Clock::now() - waiting.at(session.id).since >= options.silence)
            cut(session, "no answer for " + seconds_of(options.silence) + " since it connected");
    }

    // The server could not be asked about it.
    void judge_unasked(const SessionFacts& session, std::vector<std::string>& said) {
        said.push_back(beginning(session) + ", and the server cannot be asked: " + trouble);
        if (!refused && Clock::now() - waiting.at(session.id).since >= options.silence)
            cut(session, "no answer for " + seconds_of(options.silence) +
                             ", and the server cannot be asked");
    }

    void cut(const SessionFacts& session, const std::string& reason) {
        if (!cut_session(session.id, reason)) return;
        log.warning("session cut off",
                    Error{ErrorKind::unavailable,
                          options.server.purpose + ": " + session.application + ": " + reason});
    }

    Options options;
    Logger log;
    Interrupt interrupt;  // outlives the connection
    std::optional<Connection> connection;
    std::map<std::uint64_t, Waiting> waiting;  // by session
    std::string trouble;
    bool refused = false;
    mutable std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::string> sentences;
    bool stopping = false;
    std::thread thread;  // uses all of the above
};

ServerWatch::ServerWatch(Options options, Logger log)
    : impl_{std::make_unique<Impl>(std::move(options), std::move(log))} {}

ServerWatch::~ServerWatch() = default;

std::vector<std::string> ServerWatch::waits() const {
    const std::lock_guard lock{impl_->mutex};
    return impl_->sentences;
}

}  // namespace crossfade
