#include "demo/simulate/report.hpp"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <numeric>
#include <ostream>

namespace crossfade::simulate {
namespace {

std::uint64_t sum(const std::map<std::string, std::uint64_t>& counts) {
    return std::accumulate(
        counts.begin(), counts.end(), std::uint64_t{0},
        [](std::uint64_t total, const auto& each) { return total + each.second; });
}

void merge(std::map<std::string, std::uint64_t>& into,
           const std::map<std::string, std::uint64_t>& from) {
    for (const auto& [reason, count] : from) {
        into[reason] += count;
    }
}

std::vector<float> all_latencies(const RunReport& report) {
    std::vector<float> all;
    for (const KindCount& kind : report.kinds) {
        all.insert(all.end(), kind.latencies_ms.begin(), kind.latencies_ms.end());
    }
    return all;
}

std::string quoted(const std::string& text) {
    std::string json = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            json += '\\';
        }
        json += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    return json + "\"";
}

void print_reasons(std::ostream& out, const std::map<std::string, std::uint64_t>& reasons) {
    const char* separator = "";
    out << "{";
    for (const auto& [reason, count] : reasons) {
        out << separator << quoted(reason) << ": " << count;
        separator = ", ";
    }
    out << "}";
}

}  // namespace

std::uint64_t KindCount::failed() const { return sum(expected) + sum(unexpected); }

void KindCount::add(const KindCount& other) {
    ran += other.ran;
    idle += other.idle;
    statements += other.statements;
    merge(expected, other.expected);
    merge(unexpected, other.unexpected);
    latencies_ms.insert(latencies_ms.end(), other.latencies_ms.begin(), other.latencies_ms.end());
}

std::uint64_t RunReport::ran() const {
    return std::accumulate(kinds.begin(), kinds.end(), std::uint64_t{0},
                           [](std::uint64_t total, const auto& each) { return total + each.ran; });
}

std::uint64_t RunReport::expected() const {
    return std::accumulate(
        kinds.begin(), kinds.end(), std::uint64_t{0},
        [](std::uint64_t total, const auto& each) { return total + sum(each.expected); });
}

std::uint64_t RunReport::unexpected() const {
    return std::accumulate(
        kinds.begin(), kinds.end(), sum(lost_connections),
        [](std::uint64_t total, const auto& each) { return total + sum(each.unexpected); });
}

double RunReport::tps_achieved() const {
    return elapsed_seconds > 0 ? static_cast<double>(ran()) / elapsed_seconds : 0;
}

bool RunReport::fell_behind() const {
    return (!interrupted && ran() < planned) || quantile(lateness_ms, 1.0) > 1000.0F;
}

void RunReport::add(const RunReport& part) {
    for (std::size_t i = 0; i < kKindCount; ++i) {
        kinds[i].add(part.kinds[i]);
    }
    lateness_ms.insert(lateness_ms.end(), part.lateness_ms.begin(), part.lateness_ms.end());
    merge(lost_connections, part.lost_connections);
    commits += part.commits;
    rows_written += part.rows_written;
    interrupted = interrupted || part.interrupted;
}

float quantile(std::vector<float> values, double share) {
    if (values.empty()) {
        return 0;
    }
    const double rank = std::ceil(share * static_cast<double>(values.size()));
    const auto at = static_cast<std::ptrdiff_t>(std::max(1.0, rank)) - 1;
    std::nth_element(values.begin(), values.begin() + at, values.end());
    return values[static_cast<std::size_t>(at)];
}

void print_table(std::ostream& out, const RunReport& report) {
    out << std::fixed << std::left << std::setw(23) << "kind" << std::right << std::setw(8) << "ran"
        << std::setw(8) << "failed" << std::setw(8) << "idle" << std::setw(12) << "statements"
        << std::setw(10) << "p50 ms" << std::setw(10) << "p99 ms"
        << "  why failed\n";
    for (const Kind kind : report.chosen) {
        const KindCount& count = report.kinds[static_cast<std::size_t>(kind)];
        out << std::left << std::setw(23) << info(kind).name << std::right << std::setw(8)
            << count.ran << std::setw(8) << count.failed() << std::setw(8) << count.idle
            << std::setw(12) << count.statements << std::setprecision(2) << std::setw(10)
            << quantile(count.latencies_ms, 0.5) << std::setw(10)
            << quantile(count.latencies_ms, 0.99);
        const char* separator = "  ";
        for (const auto& [reason, number] : count.expected) {
            out << separator << number << " x " << reason;
            separator = "; ";
        }
        for (const auto& [reason, number] : count.unexpected) {
            out << separator << number << " x UNEXPECTED " << reason;
            separator = "; ";
        }
        out << "\n";
    }
    for (const auto& [reason, number] : report.lost_connections) {
        out << number << " x UNEXPECTED " << reason << "\n";
    }
    const std::vector<float> latencies = all_latencies(report);
    out << std::setprecision(1) << "operations: " << report.ran() << " of " << report.planned
        << " planned in " << report.elapsed_seconds << " s on " << report.connections
        << " connections, " << report.tps_achieved() << " tps of " << report.tps_wanted
        << " wanted; " << report.commits << " commits, " << report.rows_written << " rows written\n"
        << std::setprecision(2) << "latency: p50 " << quantile(latencies, 0.5) << " ms, p99 "
        << quantile(latencies, 0.99) << " ms; started late: p50 "
        << quantile(report.lateness_ms, 0.5) << " ms, p99 " << quantile(report.lateness_ms, 0.99)
        << " ms, worst " << quantile(report.lateness_ms, 1.0) << " ms\n"
        << "failures: " << report.expected() << " expected, " << report.unexpected()
        << " unexpected\n";
    if (report.interrupted) {
        out << "interrupted before the end of the plan\n";
    }
    out << (report.fell_behind() ? "rate: FELL BEHIND the schedule\n" : "rate: held\n");
}

void print_json(std::ostream& out, const RunReport& report) {
    const std::vector<float> latencies = all_latencies(report);
    out << std::fixed << std::setprecision(3) << "{\n  \"seed\": " << report.seed
        << ",\n  \"connections\": " << report.connections << ",\n  \"planned\": " << report.planned
        << ",\n  \"ran\": " << report.ran()
        << ",\n  \"elapsed_seconds\": " << report.elapsed_seconds
        << ",\n  \"tps_wanted\": " << report.tps_wanted
        << ",\n  \"tps_achieved\": " << report.tps_achieved()
        << ",\n  \"commits\": " << report.commits
        << ",\n  \"rows_written\": " << report.rows_written
        << ",\n  \"latency_p50_ms\": " << quantile(latencies, 0.5)
        << ",\n  \"latency_p99_ms\": " << quantile(latencies, 0.99)
        << ",\n  \"late_p99_ms\": " << quantile(report.lateness_ms, 0.99)
        << ",\n  \"late_max_ms\": " << quantile(report.lateness_ms, 1.0)
        << ",\n  \"failures_expected\": " << report.expected()
        << ",\n  \"failures_unexpected\": " << report.unexpected()
        << ",\n  \"fell_behind\": " << (report.fell_behind() ? "true" : "false")
        << ",\n  \"interrupted\": " << (report.interrupted ? "true" : "false")
        << ",\n  \"lost_connections\": ";
    print_reasons(out, report.lost_connections);
    out << ",\n  \"kinds\": {";
    const char* separator = "\n";
    for (const Kind kind : report.chosen) {
        const KindCount& count = report.kinds[static_cast<std::size_t>(kind)];
        out << separator << "    \"" << info(kind).name << "\": {\"ran\": " << count.ran
            << ", \"failed\": " << count.failed() << ", \"idle\": " << count.idle
            << ", \"statements\": " << count.statements
            << ", \"p50_ms\": " << quantile(count.latencies_ms, 0.5)
            << ", \"p99_ms\": " << quantile(count.latencies_ms, 0.99) << ", \"expected\": ";
        print_reasons(out, count.expected);
        out << ", \"unexpected\": ";
        print_reasons(out, count.unexpected);
        out << "}";
        separator = ",\n";
    }
    out << "\n  }\n}\n";
}

}  // namespace crossfade::simulate
