#include "replicator/wal_frame.hpp"

#include <cstdint>

namespace crossfade {

namespace {
constexpr std::size_t kWalDataHeader = 1 + 8 + 8 + 8;  // kind, start, end, time
constexpr std::size_t kKeepaliveSize = 1 + 8 + 8 + 1;  // kind, end, time, reply
constexpr std::chrono::seconds kPostgresEpoch{946'684'800};

std::uint64_t read_number(std::string_view bytes, std::size_t at) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 8; ++i)
        value = (value << 8) | static_cast<unsigned char>(bytes[at + i]);
    return value;
}

void append_number(std::string& out, std::uint64_t value) {
    for (int shift = 56; shift >= 0; shift -= 8) {
        out += static_cast<char>(static_cast<unsigned char>(value >> shift));
    }
}
}  // namespace

WalFrame parse_wal_frame(std::string_view bytes) {
    if (bytes.size() >= kWalDataHeader && bytes.front() == 'w') {
        return WalData{Lsn{read_number(bytes, 1)}, Lsn{read_number(bytes, 9)},
                       bytes.substr(kWalDataHeader)};
    }
    if (bytes.size() >= kKeepaliveSize && bytes.front() == 'k') {
        return Keepalive{Lsn{read_number(bytes, 1)}, bytes[17] != 0};
    }
    throw Failure{
        Error{ErrorKind::trust, "the source sent a replication message that is not known"}};
}

std::string format_status_update(Lsn received, Lsn flushed,
                                 std::chrono::system_clock::time_point wall, bool ask) {
    const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(
        wall.time_since_epoch() - kPostgresEpoch);
    std::string out = "r";
    append_number(out, received.offset());
    append_number(out, flushed.offset());
    append_number(out, flushed.offset());
    append_number(out, static_cast<std::uint64_t>(micros.count()));
    out += ask ? '\1' : '\0';
    return out;
}

}  // namespace crossfade
