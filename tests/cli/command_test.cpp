#include "tests/cli/program.hpp"

using namespace crossfade::test;
using Catch::Matchers::ContainsSubstring;

namespace {
Answer run_alone(std::vector<std::string> arguments) {
    const TemporaryDirectory directory;
    arguments.insert(arguments.begin(), CROSSFADE_BINARY_DIR "/crossfade");
    const int status = run({.argv = arguments, .output = directory / "output"});
    return {status, read_text(directory / "output")};
}
}  // namespace

TEST_CASE("a command line that makes no sense could not run", "[cli]") {
    CHECK(run_alone({}).status == 2);
    CHECK(run_alone({"dance"}).status == 2);
    CHECK(run_alone({"check", "--loudly"}).status == 2);
    CHECK(run_alone({"map", "get", "users"}).status == 2);
    CHECK(run_alone({"quarantine"}).status == 2);
    CHECK(run_alone({"status", "--watch", "--interval", "soon"}).status == 2);
    CHECK(run_alone({"--help"}).status == 0);
    CHECK(run_alone({"wait", "--help"}).status == 0);
    CHECK(run_alone({"--version"}).says("crossfade "));
}

TEST_CASE("without a configuration every command says what is missing", "[cli]") {
    for (const char* command :
         {"check", "plan", "status", "wait", "run", "snapshot", "verify", "drop"}) {
        const Answer answer = run_alone({"-c", "/nonexistent.yaml", command});
        INFO(command << ": " << answer.output);
        CHECK(answer.status == 2);
        CHECK(answer.says("/nonexistent.yaml: cannot be read: No such file or directory"));
    }
}

TEST_CASE("a broken mapping is reported without asking a server", "[cli]") {
    const Program program;
    program.configure("host=/nonexistent dbname=a", "host=/nonexistent dbname=b");
    program.edit_mapping("version: 1", "version: 1\nversions: 2");
    for (const char* command : {"plan", "run", "snapshot", "status"}) {
        const Answer answer = program.run({command});
        CHECK(answer.status == 2);
        CHECK(answer.says("shop.yaml:"));
        CHECK(answer.says("versions"));
    }
}

TEST_CASE("a server that cannot be reached is one line, not a trace", "[cli]") {
    const Program program;
    program.configure("host=/nonexistent dbname=a", "host=/nonexistent dbname=b");
    for (const char* command : {"plan", "status"}) {
        const Answer answer = program.run({command});
        CHECK(answer.status == 2);
        CHECK(answer.says("crossfade: source"));
        CHECK_FALSE(answer.says("terminate"));
    }
}

TEST_CASE("wait without a service says so, at once or when its time is up", "[cli]") {
    const Program program;
    program.configure("host=/nonexistent dbname=a", "host=/nonexistent dbname=b");
    Answer answer = program.run({"wait"});
    CHECK(answer.status == 2);
    CHECK(answer.says("nobody serves"));
    CHECK(answer.says("crossfade run"));
    answer = program.run({"wait", "--timeout", "300ms"});
    CHECK(answer.status == 2);
    answer = program.run({"wait", "--timeout", "soon"});
    CHECK(answer.status == 2);
    CHECK(answer.says("--timeout wants a time"));
}

TEST_CASE("retry and discard do not take everything by oversight", "[cli]") {
    const Program program;
    program.configure("host=/nonexistent dbname=a", "host=/nonexistent dbname=b");
    CHECK(program.run({"quarantine", "retry"}).status == 2);
    CHECK(program.run({"quarantine", "discard"}).says("--all"));
}

TEST_CASE("plan shows order, reads and columns of the mapping", "[cli][postgres]") {
    const Shop shop;
    const Answer answer = shop.program().run({"plan"});
    CHECK(answer.status == 0);
    CHECK(answer.says("1. locations -> public.location"));
    CHECK(answer.says("public.login: "));
    CHECK(answer.says("password (secret)"));
    CHECK(answer.says("supplier_id: id of suppliers"));
    CHECK(answer.says("theme: 'plain'   [target]"));
    CHECK(answer.says("sku: claim upper_ascii(txt(p.sku))"));
    const std::string& text = answer.output;
    CHECK(text.find(". suppliers ->") < text.find(". products ->"));
    CHECK(text.find(". products ->") < text.find(". purchase_lines ->"));
    const Answer json = shop.program().run({"plan", "--json"});
    CHECK(json.says(R"("roots": [{"slots": 0, "relation": "public.login"})"));
    CHECK(json.says(R"({"slots": 3, "relation": "public.product"})"));
    CHECK(json.says("\"name\": \"purchases\""));
}

TEST_CASE("status before anything was loaded names the entities and the source's position",
          "[cli][postgres]") {
    const Shop shop;
    const Answer answer = shop.program().run({"status", "--json"});
    CHECK(answer.status == 0);
    CHECK(answer.says("\"phase\": \"new\""));
    CHECK(answer.says("\"source_lsn\": \"0/"));
    CHECK(answer.says("\"purchases\": {"));
    CHECK_FALSE(std::filesystem::exists(shop.program().path("state")));
    const Answer list = shop.program().run({"quarantine", "list"});
    CHECK(list.status == 2);
    CHECK(list.says("there is no state"));
}

TEST_CASE("drop removes slot, position and schema, and nothing else", "[cli][postgres]") {
    const Shop shop;
    shop.on_source("SELECT pg_create_logical_replication_slot('" + shop.source() +
                   "', 'test_decoding')");
    shop.on_target(
        "CREATE SCHEMA crossfade; CREATE TABLE crossfade.progress (slot text PRIMARY "
        "KEY, batch bigint, lsn pg_lsn, source_system text, updated_at timestamptz);"
        "INSERT INTO crossfade.progress VALUES ('" +
        shop.source() +
        "', 1, '0/1', '7', now()), ('other', 1, '0/1', '7', now());"
        "SELECT pg_replication_origin_create('crossfade_" +
        shop.source() + "')");
    CHECK(shop.program().run({"drop"}).status == 2);  // nobody to ask
    Answer answer = shop.program().run({"drop", "--yes", "--state"});
    CHECK(answer.status == 0);
    CHECK(answer.says("dropped slot " + shop.source()));
    CHECK(answer.says("other slots feed this database too"));
    CHECK(answer.says("state: nothing at"));
    const auto on_target = [&](const std::string& sql) {
        return shop.cluster().value(shop.target(), sql);
    };
    CHECK(on_target("SELECT string_agg(slot, ' ') FROM crossfade.progress") == "other");
    CHECK(on_target("SELECT count(*) FROM pg_replication_origin WHERE roname = 'crossfade_" +
                    shop.source() + "'") == "0");
    CHECK(on_target("SELECT count(*) FROM pg_replication_slots WHERE slot_name = '" +
                    shop.source() + "'") == "0");
    shop.on_target("DELETE FROM crossfade.progress");
    answer = shop.program().run({"drop", "--yes"});
    CHECK(answer.says("there is no slot"));
    CHECK(on_target("SELECT to_regnamespace('crossfade')").empty());
    CHECK(on_target("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == "12");
}
