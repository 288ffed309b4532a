// The shop pair on real servers, with a bridge as small as can be: the source is read as a whole
// and what changed since takes the road as one transaction, and the queue is drained. What
// verification needs of a bridge, it does.
#pragma once

#include "model/fingerprint.hpp"
#include "pipeline/road.hpp"
#include "state/rocks_store.hpp"
#include "target/writer.hpp"
#include "tests/state/temporary_directory.hpp"
#include "tests/support/cluster.hpp"
#include "verify/verifier.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace crossfade::test {

class ShopBridge {
public:
    ShopBridge();

    void source(const std::string& sql) { Cluster::shared().execute(source_, sql); }
    void target(const std::string& sql) { Cluster::shared().execute(target_, sql); }
    std::string target_value(const std::string& sql) {
        return Cluster::shared().value(target_, sql);
    }

    // Brings the target up to the source, the queue drained.
    void sync();
    // Reads the password again and fills in what is deferred, as far as it is queued.
    void fill_deferred();
    // Derives these again, as a repair does.
    void repair(const std::vector<RootRef>& roots);

    // `meanwhile` runs when the bridge was released: what it does must not be seen.
    Verification verify(const std::function<void()>& meanwhile = {},
                        std::set<std::string> entities = {});

    // Verifies as this role of the target from now on.
    void verify_as(const std::string& role) { role_ = role; }

    const Program& program() const { return *program_; }
    RocksStore& state() { return *state_; }

private:
    using Rows = std::map<KeyBytes, Row>;
    Rows read_rows(Connection& connection, RelationIndex relation);
    std::vector<Change> changes_since(Connection& connection, const Store& store);
    void drain();
    std::shared_ptr<const Reader> copy_of_state();
    EndLsn source_position();

    std::string source_, target_, role_;
    TemporaryDirectory directory_;
    std::shared_ptr<const Program> program_;
    std::vector<TargetSpec> specs_;
    std::unique_ptr<RocksStore> state_;
    std::unique_ptr<Connection> target_connection_;
    std::unique_ptr<TargetWriter> writer_;
    std::unique_ptr<Road> road_;
    SecretFingerprinter fingerprinter_{"a key of the tests"};
    int copies_ = 0;
};

}  // namespace crossfade::test
