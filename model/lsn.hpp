// Positions in the source's WAL.
#pragma once

#include "model/error.hpp"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace crossfade {

// A byte offset in the WAL. Transactions arrive whole, in commit order, so record positions may
// step back from one transaction to the next; commit positions only grow. Checkpoints take EndLsn.
class Lsn {
public:
    constexpr Lsn() noexcept = default;
    constexpr explicit Lsn(std::uint64_t offset) noexcept : offset_{offset} {}
    static Result<Lsn> parse(std::string_view text);  // "16/B374D848"
    constexpr std::uint64_t offset() const noexcept { return offset_; }
    std::string format() const;
    friend constexpr auto operator<=>(Lsn, Lsn) = default;

private:
    std::uint64_t offset_ = 0;
};

// The start of a commit record: orders transactions (wal2json's `lsn` on B and C).
struct CommitLsn {
    Lsn lsn;
    friend constexpr auto operator<=>(CommitLsn, CommitLsn) = default;
};

// The end of a commit record (wal2json's `nextlsn` on C), or of a keepalive with nothing in flight:
// what we store, confirm and resume from. Confirming it neither loses nor repeats the transaction.
struct EndLsn {
    Lsn lsn;
    friend constexpr auto operator<=>(EndLsn, EndLsn) = default;
};

}  // namespace crossfade
