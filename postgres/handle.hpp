// libpq's objects as owners. A handle is never null once it has been handed out by the functions of
// this folder.
#pragma once

#include <libpq-fe.h>

#include <memory>

namespace crossfade {

class Interrupt;
class ServerSession;

struct FinishConnection {
    Interrupt* interrupt = nullptr;          // that the connection is registered with
    std::shared_ptr<ServerSession> session;  // taken off the list with the connection
    void operator()(PGconn* connection) const noexcept;
};
struct ClearResult {
    void operator()(PGresult* result) const noexcept { PQclear(result); }
};
struct FreeCancel {
    void operator()(PGcancel* cancel) const noexcept { PQfreeCancel(cancel); }
};
struct FreePqMemory {
    void operator()(void* memory) const noexcept { PQfreemem(memory); }
};

using ConnPtr = std::unique_ptr<PGconn, FinishConnection>;
using ResultPtr = std::unique_ptr<PGresult, ClearResult>;
using CancelPtr = std::unique_ptr<PGcancel, FreeCancel>;
template <class T>
using PqMemory = std::unique_ptr<T, FreePqMemory>;

}  // namespace crossfade
