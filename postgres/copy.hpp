// COPY in both directions.
#pragma once

#include "postgres/connection.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace crossfade {

// Runs COPY ... TO STDOUT. `row` gets each message: in text format one line with its '\n', in
// binary format one tuple (the first one behind the file header, see copy_binary.hpp). The view
// dies with the call. If `row` throws, the session is given up, and the exception passes on.
// Returns the number of rows.
std::uint64_t copy_out(Connection& connection, const std::string& sql,
                       const std::function<void(std::string_view)>& row);

// COPY ... FROM STDIN, fed piece by piece; where pieces are cut does not matter. Not finished: the
// copy is aborted.
class CopyIn {
public:
    CopyIn(Connection& connection, const std::string& sql);
    ~CopyIn();
    CopyIn(const CopyIn&) = delete;
    CopyIn& operator=(const CopyIn&) = delete;

    void put(std::string_view data);
    // The number of rows; an error of data is returned (nothing of the copy stands then).
    Result<std::uint64_t> finish();

private:
    Connection& connection_;
    bool open_ = false;
};

}  // namespace crossfade
