#include "telemetry/progress.hpp"

#include "telemetry/console.hpp"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <thread>

#include "tests/support/catch.hpp"

using namespace crossfade;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

// A FILE in memory, as Console writes to one.
class MemoryFile {
public:
    MemoryFile() : file_{open_memstream(&data_, &size_)} {}
    ~MemoryFile() {
        std::fclose(file_);
        std::free(data_);
    }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;
    std::FILE* file() const { return file_; }
    std::string text() const {
        std::fflush(file_);
        return {data_, size_};
    }

private:
    char* data_ = nullptr;
    std::size_t size_ = 0;
    std::FILE* file_;
};

struct Clock {
    Progress::Clock::time_point now = Progress::Clock::time_point{} + 1h;
    Progress::Now function() {
        return [this] { return now; };
    }
};

}  // namespace

TEST_CASE("counts and times are short", "[telemetry]") {
    CHECK(short_count(0) == "0");
    CHECK(short_count(999) == "999");
    CHECK(short_count(1000) == "1.0k");
    CHECK(short_count(12345) == "12.3k");
    CHECK(short_count(999999) == "1.0M");
    CHECK(short_count(450e6) == "450M");
    CHECK(short_duration(45s) == "45s");
    CHECK(short_duration(200s) == "3m20s");
    CHECK(short_duration(7500s) == "2h05m");
}

TEST_CASE("a bar shows share, rate and time left", "[telemetry]") {
    ProgressView view{.name = "copy orders",
                      .unit = "rows",
                      .done = 5'200'000,
                      .total = 10'000'000,
                      .rate = 480'000,
                      .left = 10s};
    CHECK(render_bar(view, 100) ==
          "copy orders [############------------] 52% 5.2M/10.0M rows  480k/s  10s left");
    view.total = 0;
    view.left.reset();
    CHECK(render_bar(view, 100) == "copy orders 5.2M rows  480k/s");
    CHECK(render_bar(view, 12).size() == 12);
}

TEST_CASE("an estimate that was too low never reads as done", "[telemetry]") {
    ProgressView view{.name = "copy", .unit = "rows", .done = 200, .total = 100};
    CHECK_THAT(render_bar(view, 100), ContainsSubstring("99%"));
    view.finished = true;
    CHECK_THAT(render_bar(view, 100), ContainsSubstring("100%"));
}

TEST_CASE("without a terminal lines come at most every ten seconds, and one at the end",
          "[telemetry]") {
    MemoryFile file;
    Console console(file.file(), false, 80);
    std::ostringstream out;
    Clock clock;
    Progress progress(console, Logger::to_stream(out, LogLevel::info, LogFormat::journal),
                      clock.function());
    auto& bar = progress.add("copy orders", 3000, "rows");
    for (int second = 0; second < 25; ++second) {
        clock.now += 1s;
        bar.advance(100);
    }
    bar.set_total(2500);
    bar.finish();
    bar.finish();
    CHECK(out.str() ==
          "<6>copy orders: 1000 of 3000 rows, 33%, 100/s, 20s left\n"
          "<6>copy orders: 2000 of 3000 rows, 66%, 100/s, 10s left\n"
          "<6>copy orders: 2500 rows, 100/s, done in 25s\n");
    CHECK(file.text().empty());
}

TEST_CASE("the rate is that of the recent past", "[telemetry]") {
    MemoryFile file;
    Console console(file.file(), false, 80);
    std::ostringstream out;
    Clock clock;
    Progress progress(console, Logger::to_stream(out, LogLevel::info, LogFormat::journal),
                      clock.function());
    auto& bar = progress.add("copy", 0, "rows");
    for (int second = 0; second < 100; ++second) {
        clock.now += 1s;
        bar.advance(second < 80 ? 1000 : 10);
    }
    CHECK_THAT(out.str(), ContainsSubstring("<6>copy: 80000 rows, 1.0k/s\n"));
    CHECK_THAT(out.str(), ContainsSubstring("<6>copy: 80200 rows, 10/s\n"));
}

TEST_CASE("on a terminal bars stay below the log and remain when the work is done", "[telemetry]") {
    MemoryFile file;
    Console console(file.file(), true, 80);
    Clock clock;
    {
        const Logger log = Logger::to_console(console, LogLevel::info, LogFormat::journal);
        Progress progress(console, log, clock.function());
        auto& bar = progress.add("copy", 10, "rows");
        clock.now += 1s;
        bar.advance(5);
        log.info("hello");
        bar.advance(5);  // too soon to be drawn
        bar.finish();
    }
    const std::string wipe = "\x1b[1A\x1b[J";
    const std::string half = "copy [############------------] 50% 5/10 rows  5/s  1s left\n";
    const std::string full = "copy [########################] 100% 10/10 rows  10/s  in 1s\n";
    CHECK(file.text() == "copy [------------------------] 0% 0/10 rows  0/s\n" + wipe + half +
                             wipe + "<6>hello\n" + half + wipe + full + wipe + full);
}

TEST_CASE("bars are advanced from several threads", "[telemetry][tsan]") {
    MemoryFile file;
    Console console(file.file(), true, 80);
    Progress progress(console, Logger::to_console(console, LogLevel::info));
    auto& first = progress.add("a", 4000, "rows");
    auto& second = progress.add("b", 4000, "rows");
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&first, &second] {
            for (int n = 0; n < 1000; ++n) {
                first.advance(1);
                second.advance(1);
            }
        });
    }
    for (auto& thread : threads)
        thread.join();
    first.finish();
    second.finish();
    CHECK_THAT(file.text(), ContainsSubstring("a [########################] 100% 4.0k/4.0k"));
}
