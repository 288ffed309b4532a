#include "telemetry/console.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

namespace crossfade {
namespace {

constexpr std::size_t kDefaultWidth = 80;

std::size_t width_of(int descriptor) {
    winsize size{};
    if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kDefaultWidth;
    return size.ws_col;
}

bool draws_bars(int descriptor) {
    const char* kind = std::getenv("TERM");
    return isatty(descriptor) != 0 && kind != nullptr && std::string_view(kind) != "dumb";
}

}  // namespace

Console::Console(std::FILE* stream, bool terminal, std::size_t width)
    : stream_{stream}, terminal_{terminal}, width_{width} {}

Console Console::standard_error() {
    return Console{stderr, draws_bars(STDERR_FILENO), width_of(STDERR_FILENO)};
}

void Console::write_line(std::string_view text) {
    const std::lock_guard lock(mutex_);
    wipe();
    std::fwrite(text.data(), 1, text.size(), stream_);
    draw();
    std::fflush(stream_);
}

void Console::show_bars(std::vector<std::string> bars) {
    if (!terminal_) return;
    const std::lock_guard lock(mutex_);
    wipe();
    bars_ = std::move(bars);
    draw();
    std::fflush(stream_);
}

// The cursor stands below the last bar.
void Console::wipe() {
    if (bars_.empty()) return;
    std::fprintf(stream_, "\x1b[%zuA\x1b[J", bars_.size());
}

void Console::draw() {
    for (const std::string& bar : bars_) {
        std::fwrite(bar.data(), 1, bar.size(), stream_);
        std::fputc('\n', stream_);
    }
}

}  // namespace crossfade
