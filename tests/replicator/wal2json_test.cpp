#include "replicator/wal2json.hpp"

#include <random>

#include "model/encoding.hpp"
#include "tests/support/catch.hpp"

using namespace crossfade;
using Catch::Matchers::ContainsSubstring;

namespace {
// Captured from PostgreSQL 15.18 with wal2json 2.5; the long text is shortened.
const std::string kBegin =
    R"({"action":"B","xid":733,"timestamp":"2026-11-22 15:54:59.686536+00","lsn":"0/153DF60","nextlsn":"0/153DF90"})";
const std::string kCommit =
    R"({"action":"C","xid":733,"timestamp":"2026-11-22 15:54:59.686536+00","lsn":"0/153DF60","nextlsn":"0/153DF90"})";
const std::string kInsert =
    R"({"action":"I","xid":733,"timestamp":"2026-11-22 15:54:59.686536+00","lsn":"0/153DDB8","schema":"public","table":"t",)"
    R"("columns":[{"name":"id","value":220317084803617483},{"name":"n","value":1.500},{"name":"f","value":1e+300},)"
    R"({"name":"b","value":"00ff"},{"name":"d","value":"\\x00ff"},{"name":"dom","value":"5"},)"
    R"({"name":"ts","value":"2024-01-01 00:00:00+00"},{"name":"j","value":"{\"a\": 1}"},{"name":"js","value":"{\"a\": 1,\"a\":2}"},)"
    R"({"name":"t","value":"tab\there \"q\" \\ \u0001 ä"},{"name":"big","value":"xxx"},{"name":"bo","value":true},)"
    R"({"name":"u","value":"14be4bfb-288d-4ed1-aced-90f82df16eec"},{"name":"arr","value":"{1,2}"},{"name":"m","value":null}]})";
const std::string kUpdate =
    R"({"action":"U","xid":734,"timestamp":"2026-11-22 15:54:59.687695+00","lsn":"0/153DFC8","schema":"public","table":"t",)"
    R"("columns":[{"name":"id","value":220317084803617484},{"name":"n","value":2.000},{"name":"f","value":1e+300},)"
    R"({"name":"b","value":"00ff"},{"name":"d","value":"\\x00ff"},{"name":"dom","value":"5"},)"
    R"({"name":"ts","value":"2024-01-01 00:00:00+00"},{"name":"j","value":"{\"a\": 1}"},{"name":"js","value":"{\"a\": 1,\"a\":2}"},)"
    R"({"name":"t","value":"x"},{"name":"bo","value":false},{"name":"u","value":"14be4bfb-288d-4ed1-aced-90f82df16eec"},)"
    R"({"name":"arr","value":"{1,2}"},{"name":"m","value":"$5.00"}],"identity":[{"name":"id","value":220317084803617483}]})";
const std::string kDelete =
    R"({"action":"D","xid":737,"timestamp":"2026-11-22 15:54:59.68802+00","lsn":"0/153E478","schema":"public","table":"t",)"
    R"("identity":[{"name":"id","value":2}]})";
const std::string kTruncate =
    R"({"action":"T","xid":744,"timestamp":"2026-11-22 15:54:59.693534+00","lsn":"0/153FD28","schema":"public","table":"t"})";
const std::string kMessage =
    R"({"action":"M","xid":745,"timestamp":"2026-11-22 15:54:59.694017+00","lsn":"0/153FFE0","transactional":true,)"
    R"("prefix":"crossfade","content":"hello \"x\""})";
const std::string kLooseMessage =
    R"({"action":"M","xid":null,"timestamp":null,"lsn":"0/1540068","transactional":false,"prefix":"crossfade","content":"non"})";
const std::string kFullUpdate =
    R"({"action":"U","xid":741,"timestamp":"2026-11-22 15:54:59.688534+00","lsn":"0/153E7A0","schema":"public","table":"full1",)"
    R"("columns":[{"name":"a","value":1}],"identity":[{"name":"a","value":1},{"name":"b","value":"x"}]})";
const std::string kOther =
    R"({"action":"I","xid":1,"timestamp":"2026-11-22 15:54:59+00","lsn":"0/1","schema":"other","table":"t",)"
    R"("columns":[{"name":"id","value":1}]})";

const std::vector<MappedRelation> kRelations{
    {"public",
     "t",
     {{"u", Type::uuid},
      {"id", Type::integer},
      {"n", Type::decimal},
      {"f", Type::real},
      {"b", Type::bytes},
      {"d", Type::bytes},
      {"dom", Type::integer},
      {"ts", Type::timestamptz},
      {"j", Type::json},
      {"js", Type::json},
      {"t", Type::text},
      {"big", Type::text},
      {"bo", Type::boolean},
      {"arr", Type::any},
      {"m", Type::any}},
     {1}},
    {"public", "full1", {{"a", Type::integer}, {"b", Type::text}}, {0}},
};

Wal2JsonDecoder decoder_of(const std::vector<MappedRelation>& relations = kRelations) {
    return Wal2JsonDecoder{relations, nullptr};
}

Change change_of(const std::string& message) {
    return std::get<Change>(decoder_of().decode(message));
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
    const auto place = text.find(what);
    REQUIRE(place != std::string::npos);
    return text.replace(place, what.size(), with);
}

void distrusts(const std::string& message, const std::string& words) {
    try {
        decoder_of().decode(message);
        FAIL("decoded");
    } catch (const Failure& failure) {
        CHECK(failure.error().kind() == ErrorKind::trust);
        CHECK_THAT(failure.error().format(), ContainsSubstring(words));
    }
}
}  // namespace

TEST_CASE("a null that may be NaN or an infinity is noted", "[replicator]") {
    CHECK(change_of(kInsert).unsure.empty());
    std::string message = kUpdate;
    message.replace(message.find("2.000"), 5, "null");
    message.replace(message.find("1e+300"), 6, "null");
    const Change change = change_of(message);
    CHECK(is_null(change.row[2]));
    CHECK(change.unsure == std::vector<std::uint32_t>{2, 3});
    CHECK(change_of(kDelete).unsure.empty());
}

TEST_CASE("BEGIN and COMMIT carry the start and the end of the commit record", "[replicator]") {
    auto decoder = decoder_of();
    const auto begin = std::get<BeginEvent>(decoder.decode(kBegin));
    CHECK(begin.xid == 733);
    CHECK(begin.commit.lsn == Lsn{0x153DF60});
    CHECK(begin.end.lsn == Lsn{0x153DF90});
    CHECK(begin.commit_time.time_since_epoch() == std::chrono::microseconds{1'795'362'899'686'536});
    const auto commit = std::get<CommitEvent>(decoder.decode(kCommit));
    CHECK(commit.end == begin.end);
    CHECK(commit.commit == begin.commit);
}

TEST_CASE("an insert gives the mapped columns in the mapping's order, exactly", "[replicator]") {
    const Change change = change_of(kInsert);
    CHECK(change.operation == Operation::insert);
    CHECK(change.relation == 0);
    REQUIRE(change.row.size() == 15);
    CHECK(std::get<Uuid>(change.row[0]).format() == "14be4bfb-288d-4ed1-aced-90f82df16eec");
    CHECK(std::get<std::int64_t>(change.row[1]) == 220317084803617483);
    CHECK(std::get<Decimal>(change.row[2]).format() == "1.500");
    CHECK(std::get<double>(change.row[3]) == 1e300);
    CHECK(std::get<Bytes>(change.row[4]).data == std::string{"\x00\xFF", 2});
    CHECK(std::get<Bytes>(change.row[5]).data == std::string{"\x00\xFF", 2});
    CHECK(std::get<std::int64_t>(change.row[6]) == 5);
    CHECK(std::get<Timestamp>(change.row[7]).micros == 1'704'067'200'000'000);
    CHECK(std::get<Json>(change.row[9]).text == "{\"a\": 2}");
    CHECK(std::get<std::string>(change.row[10]) == "tab\there \"q\" \\ \x01 ä");
    CHECK(std::get<bool>(change.row[12]));
    CHECK(std::get<std::string>(change.row[13]) == "{1,2}");
    CHECK(is_null(change.row[14]));
    CHECK(change.old_key.empty());
}

TEST_CASE("an unchanged TOAST value is absent and a changed key has its old one", "[replicator]") {
    const Change change = change_of(kUpdate);
    CHECK(change.operation == Operation::update);
    CHECK(is_absent(change.row[11]));
    REQUIRE(change.old_key.size() == 1);
    CHECK(std::get<std::int64_t>(change.old_key[0]) == 220317084803617483);
    const Change same = change_of(replaced(kUpdate, "617484", "617483"));
    CHECK(same.old_key.empty());
}

TEST_CASE("REPLICA IDENTITY FULL supplies what an update leaves out", "[replicator]") {
    const Change change = change_of(kFullUpdate);
    CHECK(std::get<std::string>(change.row[1]) == "x");
    CHECK(change.old_key.empty());
}

TEST_CASE("a delete has the old key, a truncate nothing", "[replicator]") {
    const Change removed = change_of(kDelete);
    CHECK(removed.operation == Operation::remove);
    CHECK(removed.row.empty());
    CHECK(std::get<std::int64_t>(removed.old_key.at(0)) == 2);
    const Change truncated = change_of(kTruncate);
    CHECK(truncated.operation == Operation::truncate);
    CHECK(truncated.row.empty());
}

TEST_CASE("messages are ignored, whatever they hold", "[replicator]") {
    auto decoder = decoder_of();
    const std::string garbled = "\xff\xfe\x80";
    std::vector<std::string> messages;
    for (const std::string& message : {kMessage, kLooseMessage}) {
        messages.push_back(message);
        for (const char* prefix : {"other_app", "crossfade_too", "cross", "\xd0"})
            messages.push_back(
                replaced(message, "\"crossfade\"", std::string{"\""} + prefix + "\""));
    }
    for (const std::string& message : messages) {
        INFO(message);
        CHECK(std::holds_alternative<IgnoredEvent>(decoder.decode(message)));
        for (const std::string& content : {garbled, std::string(50'000'000, 'x')}) {
            const std::string large =
                replaced(message, "\"content\":\"", "\"content\":\"" + content);
            CHECK(std::holds_alternative<IgnoredEvent>(decoder.decode(large)));
        }
    }
    CHECK(std::holds_alternative<Change>(decoder.decode(kInsert)));
}

TEST_CASE("rows of tables that are not mapped are ignored, whatever they hold", "[replicator]") {
    const std::vector<MappedRelation> relations{
        {"public", "a \"b\"\\\x01", {{"id", Type::integer}}, {0}}};
    Wal2JsonDecoder decoder{relations, nullptr};
    const std::string garbled = replaced(kOther, ":1}]", ":\"\xff\xfe\"}]");
    CHECK(std::holds_alternative<IgnoredEvent>(decoder.decode(garbled)));
    // Names with escapes are known all the same.
    const std::string ours = replaced(replaced(kOther, "\"other\"", "\"public\""),
                                      "\"table\":\"t\"", R"("table":"a \"b\"\\\u0001")");
    CHECK(std::holds_alternative<Change>(decoder.decode(ours)));
    CHECK_THROWS_AS(decoder.decode(replaced(ours, ":1}]", ":\"\xff\xfe\"}]")), Failure);
}

TEST_CASE("tables of another name or schema are ignored", "[replicator]") {
    CHECK(std::holds_alternative<IgnoredEvent>(decoder_of().decode(kOther)));
    CHECK(std::holds_alternative<IgnoredEvent>(
        decoder_of().decode(replaced(kTruncate, "\"t\"}", "\"T\"}"))));
}

TEST_CASE("columns are found in whatever order they come", "[replicator]") {
    auto decoder = decoder_of();
    decoder.decode(kInsert);
    const auto update = std::get<Change>(decoder.decode(kUpdate));
    const auto again = std::get<Change>(decoder.decode(kInsert));
    CHECK(encode_row(again.row) == encode_row(change_of(kInsert).row));
    CHECK(encode_row(update.row) == encode_row(change_of(kUpdate).row));
}

TEST_CASE("what no longer fits the mapping stops the stream", "[replicator]") {
    distrusts(replaced(kInsert, "\"name\":\"big\"", "\"name\":\"renamed\""),
              "column big of public.t does not arrive");
    distrusts(replaced(kUpdate, "\"name\":\"bo\"", "\"name\":\"renamed\""),
              "column bo of public.t does not arrive");
    distrusts(replaced(kInsert, "\"value\":true", "\"value\":\"maybe\""),
              "column bo of public.t no longer is of type boolean");
    distrusts(replaced(kInsert, "220317084803617483", "1.5"), "column id");
    distrusts(replaced(kDelete, "\"name\":\"id\"", "\"name\":\"other\""), "replica identity");
    distrusts(replaced(kUpdate, "\"identity\":[{\"name\":\"id\"", "\"identity\":[{\"name\":\"x\""),
              "replica identity");
}

TEST_CASE("no message of a failure holds a value", "[replicator]") {
    try {
        decoder_of().decode(replaced(kInsert, "2024-01-01 00:00:00+00", "private"));
        FAIL("decoded");
    } catch (const Failure& failure) {
        CHECK_THAT(failure.error().format(), !ContainsSubstring("private"));
    }
}

TEST_CASE("bytes that are not UTF-8 stop the stream with a hint", "[replicator]") {
    distrusts(replaced(kInsert, "ä", "\xE4"), "pgoutput");
}

TEST_CASE("a timestamp that does not fit travels as text", "[replicator]") {
    const Change change =
        change_of(replaced(kInsert, "2024-01-01 00:00:00+00", "294276-12-31 23:59:59+00"));
    CHECK(std::get<std::string>(change.row[7]) == "294276-12-31 23:59:59+00");
}

TEST_CASE("a secret leaves the decoder as a fingerprint", "[replicator]") {
    auto relations = kRelations;
    relations[0].columns[10].secret = true;
    const SecretFingerprinter fingerprinter{"key"};
    Wal2JsonDecoder decoder{relations, &fingerprinter};
    const auto change = std::get<Change>(
        decoder.decode(replaced(kInsert, "tab\\there \\\"q\\\" \\\\ \\u0001 ä", "$2b$12$x")));
    CHECK(std::get<Secret>(change.row[10]) == fingerprinter.fingerprint("$2b$12$x"));
    CHECK(std::get<Secret>(change.row[10]).kind == SecretKind::bcrypt);
    CHECK(encode_row(change.row).find("$2b$") == std::string::npos);
    CHECK_THROWS_AS(Wal2JsonDecoder(relations, nullptr).decode(kInsert), Failure);
}

TEST_CASE("a column that the catalog did not show is reported once", "[replicator]") {
    std::vector<std::string> seen;
    const std::vector<MappedRelation> narrow{{"public", "t", {{"id", Type::integer}}, {0}}};
    Wal2JsonDecoder decoder{
        narrow,
        nullptr,
        {{{"id", "n", "f", "b", "d", "dom", "ts", "j", "js", "t", "big", "bo", "u", "arr"}},
         [&](const MappedRelation&, const std::string& column) { seen.push_back(column); }}};
    decoder.decode(kInsert);
    decoder.decode(kInsert);
    CHECK(seen == std::vector<std::string>{"m"});
}

TEST_CASE("a message that is cut short is refused", "[replicator]") {
    auto decoder = decoder_of();
    for (const std::string& message : {kBegin, kCommit, kInsert, kUpdate, kDelete, kTruncate}) {
        for (std::size_t length = 0; length < message.size(); ++length) {
            INFO(message.substr(0, length));
            CHECK_THROWS_AS(decoder.decode(message.substr(0, length)), Failure);
        }
        CHECK_THROWS_AS(decoder.decode(message + "{}"), Failure);
        CHECK_NOTHROW(decoder.decode(message));
    }
}

TEST_CASE("damaged messages decode to something or are refused, and the decoder lives on",
          "[replicator][property]") {
    const auto seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937_64 random{seed};
    auto decoder = decoder_of();
    const std::vector<std::string> messages{kBegin,    kCommit,  kInsert,     kUpdate, kDelete,
                                            kTruncate, kMessage, kFullUpdate, kOther};
    for (int i = 0; i < 30'000; ++i) {
        std::string message = messages[random() % messages.size()];
        for (auto damage = 1 + random() % 3; damage > 0; --damage) {
            const auto place = random() % message.size();
            static constexpr std::string_view kBytes{"\"{}[],:\\0nt \xFF\x00", 14};
            switch (random() % 3) {
                case 0: message[place] = kBytes[random() % kBytes.size()]; break;
                case 1: message.erase(place, 1 + random() % 8); break;
                default: message.insert(place, 1, kBytes[random() % kBytes.size()]);
            }
            if (message.empty()) message = "{";
        }
        try {
            decoder.decode(message);
        } catch (const Failure&) {
        }
    }
    CHECK(encode_row(std::get<Change>(decoder.decode(kInsert)).row) ==
          encode_row(change_of(kInsert).row));
}
