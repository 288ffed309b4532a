// The stream that log lines and progress share. On a terminal the progress bars stand below the
// lines: before a line is written they are wiped, after it they are drawn again. Usable from any
// thread.
#pragma once

#include <cstdio>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace crossfade {

class Console {
public:
    // `stream` is borrowed. `terminal` says whether bars may be drawn with control sequences.
    Console(std::FILE* stream, bool terminal, std::size_t width);
    // Standard error as it is.
    static Console standard_error();

    Console(const Console&) = delete;
    Console& operator=(const Console&) = delete;

    bool terminal() const { return terminal_; }
    std::size_t width() const { return width_; }  // columns

    // `text` ends in a line break.
    void write_line(std::string_view text);
    // The bars from now on, none to remove them. Without a terminal nothing happens.
    void show_bars(std::vector<std::string> bars);

private:
    void wipe();
    void draw();

    std::FILE* stream_;
    bool terminal_;
    std::size_t width_;
    std::mutex mutex_;
    std::vector<std::string> bars_;
};

}  // namespace crossfade
