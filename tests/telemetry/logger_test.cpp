#include "telemetry/logger.hpp"

#include "model/error.hpp"
#include "model/lsn.hpp"

#include <chrono>
#include <sstream>
#include <thread>
#include <vector>

#include "tests/support/catch.hpp"

using namespace crossfade;
using namespace std::chrono_literals;

namespace {

std::string without_time(const std::string& line) { return line.substr(line.find(' ') + 1); }

}  // namespace

TEST_CASE("a line is a time in UTC, a level, a sentence and fields", "[telemetry]") {
    std::ostringstream out;
    const Logger log = Logger::to_stream(out, LogLevel::info);
    log.info("batch applied", {fields::table("public.orders"), fields::rows(512),
                               fields::commit_lsn(Lsn{0x16B6C50}), fields::elapsed_ms(1500us)});
    CHECK(without_time(out.str()) ==
          "info    batch applied table=public.orders rows=512 commit_lsn=0/16B6C50 elapsed_ms=1\n");
    CHECK(out.str().substr(10, 1) == "T");
    CHECK(out.str().substr(23, 2) == "Z ");
}

TEST_CASE("context is bound once and stands in every line", "[telemetry]") {
    std::ostringstream out;
    const Logger root = Logger::to_stream(out, LogLevel::info);
    const Logger log = root.with({fields::side("source")}).with({fields::slot("crossfade")});
    log.warning("slot is behind", {fields::lag_bytes(10)});
    CHECK(without_time(out.str()) ==
          "warning slot is behind side=source slot=crossfade lag_bytes=10\n");
    out.str("");
    root.info("started");
    CHECK(without_time(out.str()) == "info    started\n");
}

TEST_CASE("lines below the level are not written", "[telemetry]") {
    std::ostringstream out;
    const Logger log = Logger::to_stream(out, LogLevel::warning);
    log.debug("a");
    log.info("b");
    CHECK(out.str().empty());
    CHECK_FALSE(log.enabled(LogLevel::info));
    CHECK(log.enabled(LogLevel::error));
    CHECK_FALSE(Logger::none().enabled(LogLevel::error));
}

TEST_CASE("a value that would not end where it ends is quoted", "[telemetry]") {
    const auto shown = [](std::string_view value) {
        std::string line;
        append_field(line, fields::error(value));
        return line;
    };
    CHECK(shown("plain") == " error=plain");
    CHECK(shown("") == " error=\"\"");
    CHECK(shown("two words") == " error=\"two words\"");
    CHECK(shown("a=b") == " error=\"a=b\"");
    CHECK(shown("say \"x\" \\") == " error=\"say \\\"x\\\" \\\\\"");
    CHECK(shown("line\nnext\x1b[2J") == " error=\"line\\nnext\\x1b[2J\"");
    CHECK(shown("əlifba") == " error=əlifba");
}

TEST_CASE("an error is logged as fields", "[telemetry]") {
    std::ostringstream out;
    Error error{ErrorKind::constraint, "duplicate key", "23505"};
    error.with_constraint("orders_email_key").with_hint("see quarantine list");
    Logger::to_stream(out, LogLevel::info).error("row refused", error, {fields::table("orders")});
    CHECK(without_time(out.str()) ==
          "error   row refused table=orders error_kind=constraint sqlstate=23505 "
          "constraint=orders_email_key error=\"duplicate key; see quarantine list\"\n");
}

TEST_CASE("the journal gets priorities and no time", "[telemetry]") {
    std::ostringstream out;
    const Logger log = Logger::to_stream(out, LogLevel::debug, LogFormat::journal);
    log.debug("a");
    log.info("b");
    log.warning("c");
    log.error("d");
    CHECK(out.str() == "<7>a\n<6>b\n<4>c\n<3>d\n");
}

TEST_CASE("levels are read by the names they are written with", "[telemetry]") {
    CHECK(parse_log_level("warning") == LogLevel::warning);
    CHECK(parse_log_level("debug") == LogLevel::debug);
    CHECK_FALSE(parse_log_level("Warn"));
}

TEST_CASE("threads write whole lines", "[telemetry][tsan]") {
    std::ostringstream out;
    const Logger log = Logger::to_stream(out, LogLevel::info, LogFormat::journal);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([log] {
            const Logger own = log.with({fields::component("worker")});
            for (int n = 0; n < 250; ++n)
                own.info("line");
        });
    }
    for (auto& thread : threads)
        thread.join();
    std::istringstream lines(out.str());
    int count = 0;
    for (std::string line; std::getline(lines, line); ++count) {
        REQUIRE(line == "<6>line component=worker");
    }
    CHECK(count == 1000);
}
