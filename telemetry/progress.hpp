// How far a long piece of work is: bars with rate and time left on a terminal, elsewhere plain log
// lines not more often than every ten seconds.
//
//   Progress progress(console, log);
//   auto& bar = progress.add("copy public.orders", rows_estimated, "rows");
//   bar.advance(1000);      // from any thread
//   bar.finish();           // says the total once more
//
// The total may be an estimate that turns out too low. 0 means unknown: then neither percentage nor
// time left is shown. The rate is that of a recent window, not of the whole time.
#pragma once

#include "telemetry/logger.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace crossfade {

class Console;

// The state of one bar at one moment, and how it reads; pure.
struct ProgressView {
    std::string name;
    std::string unit;  // "rows"
    std::uint64_t done = 0;
    std::uint64_t total = 0;  // 0: unknown
    double rate = 0;          // units per second
    std::optional<std::chrono::seconds> left = {};
    std::chrono::seconds elapsed{0};
    bool finished = false;
};

// `copy public.orders [#####-----]  52% 5.2M/10M rows  480k/s  10s left`, at most `width` columns.
std::string render_bar(const ProgressView& view, std::size_t width);
// 999, 12.3k, 4.5M: four characters or five.
std::string short_count(double count);
// 45s, 3m20s, 2h05m.
std::string short_duration(std::chrono::seconds time);

class Progress {
public:
    using Clock = std::chrono::steady_clock;
    using Now = std::function<Clock::time_point()>;

    class Bar {
    public:
        void advance(std::uint64_t by);
        void set_total(std::uint64_t total);
        void finish();

    private:
        friend class Progress;
        struct Sample {
            Clock::time_point at;
            std::uint64_t done;
        };
        Progress* owner_ = nullptr;
        ProgressView view_;
        Clock::time_point started_;
        Clock::time_point reported_;
        std::deque<Sample> samples_;
    };

    // Both are borrowed. `now` is replaced in tests.
    Progress(Console& console, Logger log, Now now = &Clock::now);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    // The bar lives as long as the Progress.
    Bar& add(std::string name, std::uint64_t total, std::string unit);

private:
    void measure(Bar& bar, Clock::time_point now);
    void report(Bar& bar, Clock::time_point now, bool due);
    void draw(Clock::time_point now, bool due);

    Console& console_;
    Logger log_;
    Now now_;
    std::mutex mutex_;
    std::list<Bar> bars_;  // addresses stay
    Clock::time_point drawn_;
};

}  // namespace crossfade
