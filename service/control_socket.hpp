// What both ends of the control socket share.
#pragma once

#include <sys/un.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace crossfade {

// Throws Failure(configuration) if the path is longer than the kernel takes.
sockaddr_un control_address(const std::string& path);

// A connected descriptor, or -1 if nobody listens there. Throws Failure for any other error.
int connect_control(const std::string& path);

// False if the other end is gone.
bool send_all(int socket, std::string_view bytes);

// Appends what arrives to `buffer` until it holds a whole line, and takes that line (without its
// '\n') out. False at the end, on an error, or if the line is longer than `line_max`.
bool receive_line(int socket, std::string& buffer, std::string& line, std::size_t line_max);

}  // namespace crossfade
