// No password of the legacy database, neither in clear nor in base64, stands anywhere but there.
#include "tests/pair/haystack.hpp"
#include "tests/support/catch.hpp"

#include <sstream>

using namespace crossfade;
using namespace crossfade::test;

namespace {

// Shorter ones occur by chance, such as 'abc' in a uuid.
constexpr std::size_t kShortest = 6;

std::vector<std::string> lines(const std::string& text) {
    std::vector<std::string> all;
    std::istringstream parts{text};
    for (std::string line; std::getline(parts, line);) {
        if (line.size() >= kShortest) all.push_back(line);
    }
    return all;
}

// What stands in accounts.password now; what is bcrypt already is copied, and no secret.
std::vector<std::string> encoded_passwords(const Pair& pair) {
    return lines(
        pair.edu_value("SELECT string_agg(DISTINCT password, E'\\n') FROM accounts WHERE "
                       "password !~ '^[$]2[aby][$]'"));
}

std::vector<std::string> decoded_passwords(const Pair& pair) {
    return lines(pair.edu_value(
        "SELECT string_agg(DISTINCT convert_from(decode(password, 'base64'), 'UTF8'), E'\\n') FROM "
        "accounts WHERE password ~ '^([A-Za-z0-9+/]{4})+([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$' "
        "AND password <> 'c2Vjc*V0'"));
}

// Every command that shows something of the state or of the two databases.
std::string outputs(const Pair& pair) {
    std::string text = pair.command({"status"}).output + pair.command({"status", "--json"}).output +
                       pair.command({"verify"}).output + pair.command({"verify", "--json"}).output +
                       pair.command({"check", "--json"}).output + pair.command({"plan"}).output;
    const CommandResult list = pair.command({"quarantine", "list"});
    text += list.output;
    std::istringstream keys{list.output};
    for (std::string entity, key, rest; keys >> entity >> key && std::getline(keys, rest);)
        text += pair.command({"quarantine", "show", entity, key}).output;
    return text;
}

void search(const std::string& what, const std::string& haystack,
            const std::vector<std::string>& needles) {
    INFO(what << ", " << haystack.size() << " bytes");
    CHECK_FALSE(haystack.empty());
    CHECK(found_in(haystack, needles).empty());
    CHECK(clear_texts(haystack).empty());
}

}  // namespace

TEST_CASE("no password of the legacy database is found in lms, state, logs or output",
          "[pair][postgres]") {
    Pair pair{{.data = "people"}, {{"log.level", "debug"}, {"batch.spill_bytes", "1MB"}}};
    // Some rows are refused, so that they lie in quarantine with what was to be written.
    pair.lms(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.username ~ "
        "'^[0-9]' AND NEW.metadata->>'old_account_id' ~ '[13579]$' THEN RAISE 'refused'; END IF; "
        "RETURN NEW; END $$; CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON users FOR EACH ROW "
        "EXECUTE FUNCTION refuse()");
    std::vector<std::string> needles = encoded_passwords(pair);
    const std::vector<std::string> first = decoded_passwords(pair);
    REQUIRE(first.size() > 50);
    needles.insert(needles.end(), first.begin(), first.end());
    pair.start();
    pair.settle();

    // People change passwords, accounts come and go, rows are refused by the stream too.
    pair.edu(
        "UPDATE accounts SET password = encode(convert_to('Sheki!' || right(id::text, 6), "
        "'UTF8'), 'base64'), email = 'x' || email WHERE id % 3 = 0");
    pair.edu(human(1, "anna").all() + human(2, "berta").all());
    pair.edu(
        "UPDATE accounts SET password = encode(convert_to('Şuşa!' || right(id::text, 6), "
        "'UTF8'), 'base64'), username = '7' || username WHERE id % 7 = 0");
    pair.edu("UPDATE accounts SET password = 'R2VuY2UhMTExMTEx' || chr(33) WHERE id = #1");
    pair.settle();
    pair.lms(
        "UPDATE users SET password_hash = 'damaged', username = username || 'x' WHERE "
        "username = 'berta'");
    for (const auto& more : {encoded_passwords(pair), decoded_passwords(pair)})
        needles.insert(needles.end(), more.begin(), more.end());
    REQUIRE(pair.lms_value("SELECT count(*) FROM users WHERE password_hash LIKE '$2b$04$%'") !=
            "0");
    REQUIRE(pair.command({"quarantine", "list"}).output.find("P0001") != std::string::npos);

    const std::filesystem::path state = pair.folder() / "state";
    search("output of commands", outputs(pair), needles);
    search("lms", lms_texts(pair), needles);
    search("files while it runs", file_bytes(pair.folder()), needles);
    pair.kill();
    search("files of a killed service", file_bytes(pair.folder()), needles);
    pair.start();
    pair.settle();
    pair.stop();
    search("files, logs among them", file_bytes(pair.folder()), needles);
    const std::string contents = state_contents(state);
    search("state", contents, needles);

    // The search itself finds what is there: all of them in edu, and in the state what may be.
    const std::string edu = edu_texts(pair);
    const std::vector<std::string> now = encoded_passwords(pair);
    CHECK(found_in(edu, now) == now);
    std::string decoded;
    for (const std::string& text : decoded_passwords(pair))
        decoded += text + "\n";
    CHECK(clear_texts(decoded).size() > 50);
    CHECK(contents.find("anna@b.az") != std::string::npos);
    CHECK(lms_texts(pair).find("anna@b.az") != std::string::npos);
}
