#include "demo/simulate/runner.hpp"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <thread>

#include "demo/simulate/application.hpp"
#include "demo/simulate/connection.hpp"
#include "demo/simulate/world.hpp"

namespace crossfade::simulate {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kGrace = 1s;

float milliseconds(Clock::duration time) {
    return std::chrono::duration<float, std::milli>{time}.count();
}

std::string reason_of(const StatementError& error, bool expected) {
    std::string reason = expected ? "duplicate key" : error.what();
    reason += " (" + error.sqlstate();
    if (!error.object().empty()) {
        reason += " " + error.object();
    }
    return reason + ")";
}

// One connection's part of the plan.
class Worker {
public:
    Worker(const RunRequest& request, World& world, std::uint32_t number)
        : request_{request},
          number_{number},
          connection_{request.conninfo, request.allow_remote},
          application_{connection_, world, number} {}

    void play(const std::vector<Operation>& plan, Clock::time_point start, Clock::time_point end,
              const std::atomic<bool>& stop) {
        try {
            for (std::size_t i = number_; i < plan.size(); i += request_.plan.connections) {
                const auto due = start + std::chrono::duration_cast<Clock::duration>(
                                             std::chrono::duration<double>{plan[i].due_seconds});
                if (!wait_until(due, stop)) {
                    report_.interrupted = true;
                    break;
                }
                if (Clock::now() > end) {
                    break;
                }
                operate(plan[i], i, due);
            }
        } catch (const ConnectionError& error) {
            ++report_.lost_connections[error.what()];
        }
        report_.commits = connection_.commits();
        report_.rows_written = connection_.rows_written();
    }

    const RunReport& report() const noexcept { return report_; }

private:
    static bool wait_until(Clock::time_point due, const std::atomic<bool>& stop) {
        while (!stop) {
            const auto now = Clock::now();
            if (now >= due) {
                return true;
            }
            std::this_thread::sleep_until(std::min(due, now + 100ms));
        }
        return false;
    }

    void operate(const Operation& operation, std::size_t index, Clock::time_point due) {
        KindCount& count = report_.kinds[static_cast<std::size_t>(operation.kind)];
        const auto begun = Clock::now();
        const std::uint64_t statements = connection_.statements();
        const std::uint64_t rows = connection_.rows_written();
        report_.lateness_ms.push_back(milliseconds(begun - due));
        ++count.ran;
        try {
            application_.play(operation, Random{request_.plan.seed, index + 1});
            count.latencies_ms.push_back(milliseconds(Clock::now() - begun));
            count.idle += connection_.rows_written() == rows ? 1 : 0;
        } catch (const StatementError& error) {
            const bool expected = error.duplicate_key() && info(operation.kind).max_id;
            ++(expected ? count.expected : count.unexpected)[reason_of(error, expected)];
        }
        count.statements += connection_.statements() - statements;
    }

    const RunRequest& request_;
    std::uint32_t number_;
    Connection connection_;
    Application application_;
    RunReport report_;
};

World load(const RunRequest& request) {
    const auto begun = Clock::now();
    Connection connection{request.conninfo, request.allow_remote};
    World world =
        read_world(connection, request.plan.kinds, request.plan.connections, request.plan.seed);
    if (!request.quiet) {
        std::cerr << "read what the application knows in "
                  << static_cast<int>(milliseconds(Clock::now() - begun)) << " ms\n";
    }
    return world;
}

}  // namespace

RunReport run(const RunRequest& request, const std::atomic<bool>& stop) {
    World world = load(request);
    const std::vector<Operation> plan = make_plan(request.plan);
    std::vector<std::unique_ptr<Worker>> workers;
    for (std::uint32_t i = 0; i < request.plan.connections; ++i) {
        workers.push_back(std::make_unique<Worker>(request, world, i));
    }
    RunReport report;
    const auto start = Clock::now() + 20ms;
    const double last_due = plan.empty() ? 0 : plan.back().due_seconds;
    const auto end =
        start + kGrace +
        std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>{last_due});
    {
        std::vector<std::jthread> threads;
        for (const auto& worker : workers) {
            threads.emplace_back([&, part = worker.get()] { part->play(plan, start, end, stop); });
        }
    }
    // The last operation fills the interval after its due time, else short runs look too fast.
    const std::chrono::duration<double> worked = Clock::now() - start;
    report.elapsed_seconds = std::max(worked.count(), last_due + 1.0 / request.plan.tps);
    for (const auto& worker : workers) {
        report.add(worker->report());
    }
    if (report.interrupted) {
        report.elapsed_seconds = worked.count();
    }
    report.chosen = request.plan.kinds;
    report.tps_wanted = request.plan.tps;
    report.planned = plan.size();
    report.connections = request.plan.connections;
    report.seed = request.plan.seed;
    return report;
}

}  // namespace crossfade::simulate
