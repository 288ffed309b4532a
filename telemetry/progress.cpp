#include "telemetry/progress.hpp"

#include "telemetry/console.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string_view>
#include <utility>

namespace crossfade {
namespace {

using namespace std::chrono_literals;

constexpr auto kRateWindow = 10s;
constexpr auto kSampleEvery = 200ms;
constexpr auto kDrawEvery = 100ms;
constexpr auto kLineEvery = 10s;
constexpr std::size_t kBarWidth = 24;
constexpr std::size_t kBarsMax = 12;  // what remains of a small terminal is for the log

std::string percentage(const ProgressView& view) {
    const double share = 100.0 * static_cast<double>(view.done) / static_cast<double>(view.total);
    // The total may be an estimate that is too low, so 100 % is shown only after finish().
    const int shown = view.finished ? 100 : std::clamp(static_cast<int>(share), 0, 99);
    return std::to_string(shown) + "%";
}

std::string cells(const ProgressView& view) {
    const double share =
        view.finished
            ? 1.0
            : std::min(1.0, static_cast<double>(view.done) / static_cast<double>(view.total));
    const auto filled = static_cast<std::size_t>(share * static_cast<double>(kBarWidth));
    return "[" + std::string(filled, '#') + std::string(kBarWidth - filled, '-') + "]";
}

}  // namespace

std::string short_count(double count) {
    constexpr std::string_view kSuffixes = " kMGT";
    std::size_t power = 0;
    while (count >= 999.5 && power + 1 < kSuffixes.size()) {
        count /= 1000;
        ++power;
    }
    char text[32];
    const bool whole = power == 0 || count >= 99.95;
    std::snprintf(text, sizeof(text), whole ? "%.0f" : "%.1f", count);
    std::string result = text;
    if (power > 0) result += kSuffixes[power];
    return result;
}

std::string short_duration(std::chrono::seconds time) {
    const auto seconds = time.count();
    char text[48];
    if (seconds < 60) {
        std::snprintf(text, sizeof(text), "%llds", static_cast<long long>(seconds));
    } else if (seconds < 3600) {
        std::snprintf(text, sizeof(text), "%lldm%02llds", static_cast<long long>(seconds / 60),
                      static_cast<long long>(seconds % 60));
    } else {
        std::snprintf(text, sizeof(text), "%lldh%02lldm", static_cast<long long>(seconds / 3600),
                      static_cast<long long>(seconds / 60 % 60));
    }
    return text;
}

std::string render_bar(const ProgressView& view, std::size_t width) {
    std::string tail;
    if (view.total > 0) {
        tail += " " + cells(view) + " " + percentage(view) + " " +
                short_count(static_cast<double>(view.done)) + "/" +
                short_count(static_cast<double>(view.total));
    } else {
        tail += " " + short_count(static_cast<double>(view.done));
    }
    tail += " " + view.unit + "  " + short_count(view.rate) + "/s";
    if (view.finished) {
        tail += "  in " + short_duration(view.elapsed);
    } else if (view.left) {
        tail += "  " + short_duration(*view.left) + " left";
    }
    std::string name = view.name;
    if (name.size() + tail.size() > width) {
        const std::size_t room = width > tail.size() ? width - tail.size() : 0;
        name.resize(std::min(name.size(), room));
    }
    return (name + tail).substr(0, width);
}

Progress::Progress(Console& console, Logger log, Now now)
    : console_{console}, log_{std::move(log)}, now_{std::move(now)} {}

Progress::~Progress() {
    const std::lock_guard lock(mutex_);
    if (bars_.empty()) return;
    // The last state stays on the screen as ordinary lines.
    console_.show_bars({});
    if (!console_.terminal()) return;
    for (const Bar& bar : bars_) {
        console_.write_line(render_bar(bar.view_, console_.width()) + "\n");
    }
}

Progress::Bar& Progress::add(std::string name, std::uint64_t total, std::string unit) {
    const std::lock_guard lock(mutex_);
    const auto now = now_();
    Bar& bar = bars_.emplace_back();
    bar.owner_ = this;
    bar.view_.name = std::move(name);
    bar.view_.unit = std::move(unit);
    bar.view_.total = total;
    bar.started_ = now;
    bar.reported_ = now;
    bar.samples_.push_back({now, 0});
    draw(now, true);
    return bar;
}

void Progress::Bar::advance(std::uint64_t by) {
    const std::lock_guard lock(owner_->mutex_);
    view_.done += by;
    owner_->report(*this, owner_->now_(), false);
}

void Progress::Bar::set_total(std::uint64_t total) {
    const std::lock_guard lock(owner_->mutex_);
    view_.total = total;
}

void Progress::Bar::finish() {
    const std::lock_guard lock(owner_->mutex_);
    if (view_.finished) return;
    view_.finished = true;
    const auto now = owner_->now_();
    owner_->measure(*this, now);
    owner_->report(*this, now, true);
}

void Progress::measure(Bar& bar, Clock::time_point now) {
    ProgressView& view = bar.view_;
    view.elapsed = std::chrono::duration_cast<std::chrono::seconds>(now - bar.started_);
    if (view.finished) {
        // At the end, the rate over the whole time is shown.
        const double seconds = std::chrono::duration<double>(now - bar.started_).count();
        view.rate = seconds > 0 ? static_cast<double>(view.done) / seconds : 0;
        view.left.reset();
        return;
    }
    if (now - bar.samples_.back().at >= kSampleEvery) bar.samples_.push_back({now, view.done});
    while (bar.samples_.size() > 2 && now - bar.samples_[1].at >= kRateWindow) {
        bar.samples_.pop_front();
    }
    const auto& first = bar.samples_.front();
    const double seconds = std::chrono::duration<double>(now - first.at).count();
    view.rate = seconds > 0 ? static_cast<double>(view.done - first.done) / seconds : 0;
    view.left.reset();
    if (view.total > view.done && view.rate > 0) {
        const double left = static_cast<double>(view.total - view.done) / view.rate;
        view.left = std::chrono::seconds(static_cast<std::int64_t>(std::ceil(left)));
    }
}

void Progress::report(Bar& bar, Clock::time_point now, bool due) {
    if (console_.terminal()) {
        draw(now, due);
        return;
    }
    if (!due && now - bar.reported_ < kLineEvery) return;
    bar.reported_ = now;
    measure(bar, now);
    const ProgressView& view = bar.view_;
    std::string line = view.name + ": " + std::to_string(view.done);
    if (view.total > 0 && !view.finished) {
        line += " of " + std::to_string(view.total) + " " + view.unit + ", " + percentage(view);
    } else {
        line += " " + view.unit;
    }
    line += ", " + short_count(view.rate) + "/s";
    if (view.finished) line += ", done in " + short_duration(view.elapsed);
    if (view.left) line += ", " + short_duration(*view.left) + " left";
    log_.info(line);
}

void Progress::draw(Clock::time_point now, bool due) {
    if (!console_.terminal() || (!due && now - drawn_ < kDrawEvery)) return;
    drawn_ = now;
    std::vector<std::string> lines;
    for (Bar& bar : bars_) {
        if (!bar.view_.finished) measure(bar, now);
        lines.push_back(render_bar(bar.view_, console_.width()));
    }
    if (lines.size() > kBarsMax) {
        lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(kBarsMax));
    }
    console_.show_bars(std::move(lines));
}

}  // namespace crossfade
