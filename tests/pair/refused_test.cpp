// The target refuses rows: by a CHECK, by a trigger, by row-level security.
#include "tests/pair/pair_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace crossfade;
using namespace crossfade::test;

TEST_CASE("4.13 The target rejects rows: the batch is not lost, each row waits as `constraint`",
          "[pair][postgres]") {
    Pair pair;
    pair.lms(
        "ALTER TABLE persons ADD CONSTRAINT persons_no_evil CHECK (first_name <> 'evil');"
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.username = "
        "'evil' OR NEW.username = 'sinister' THEN RAISE 'no such names' USING ERRCODE = '23514', "
        "CONSTRAINT = 'users_no_evil'; END IF; RETURN NEW; END $$;"
        "CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION "
        "refuse()");
    // Refused by the load, and in one transaction with good rows by the stream.
    pair.edu(human(1, "evil").all());
    pair.start();
    pair.settle();
    check_accounts(pair, "persons 1 rejected\nusers 2 rejected\n");
    pair.play(human(2, "anna").all() + human(3, "evil").all() + human(4, "carla").all() +
              "UPDATE accounts SET username = 'dora' WHERE id = #3");
    check_accounts(pair, "persons 2 rejected\nusers 2 rejected\n");
    const auto students = [&] {
        return pair.lms_rows(
            "SELECT s.student_number, u.username, p.first_name FROM students AS s LEFT JOIN users "
            "AS u ON u.id = s.user_id LEFT JOIN persons AS p ON p.user_id = u.id WHERE "
            "s.metadata->>'old_student_id' LIKE '9902%' ORDER BY 1");
    };
    // What refers to a refused row comes without it.
    CHECK(students() == "(K1,,)\n(K2,anna,anna)\n(K3,dora,)\n(K4,carla,carla)");
    const CommandResult list = pair.command({"quarantine", "list"});
    CHECK(list.output.find(with_ids("accounts/#1")) != std::string::npos);
    CHECK(list.output.find("users_no_evil") != std::string::npos);
    CHECK(list.output.find("persons_no_evil") != std::string::npos);
    const CommandResult shown = pair.command({"quarantine", "show", "persons", with_ids("#3")});
    INFO(shown.output);
    CHECK(shown.status == 0);
    CHECK(shown.output.find("23514") != std::string::npos);
    CHECK(shown.output.find("persons_no_evil") != std::string::npos);
    CHECK(shown.output.find("evil@") == std::string::npos);

    // A row that stands keeps its last good values while a change of it is refused.
    pair.play("UPDATE accounts SET username = 'sinister', active = 0 WHERE id = #2");
    check_accounts(pair, "persons 2 rejected\nusers 4 rejected\n");
    CHECK(pair.lms_rows("SELECT username, is_active FROM users WHERE id = '" +
                        pair.id("accounts/#2") + "'") == "(anna,t)");
    // It goes on by itself when its rows change to something that is taken.
    pair.play("UPDATE accounts SET username = 'bella' WHERE id = #2");
    CHECK(pair.lms_rows("SELECT username, is_active FROM users WHERE id = '" +
                        pair.id("accounts/#2") + "'") == "(bella,f)");
    // And when the target takes it, by retry.
    pair.lms("DROP TRIGGER refuse ON users; ALTER TABLE persons DROP CONSTRAINT persons_no_evil");
    CHECK(pair.command({"quarantine", "retry", "--all"}).status == 0);
    pair.settle();
    CHECK(students() == "(K1,evil,evil)\n(K2,bella,anna)\n(K3,dora,evil)\n(K4,carla,carla)");
    check_pair(pair);
    pair.stop();
}
