// Logins and humans: accounts, users, persons, students.

#include <algorithm>
#include <array>

#include "demo/simulate/application.hpp"

namespace crossfade::simulate {
namespace {

constexpr std::array<std::string_view, 8> kFirstNames{"AYSEL", "NİGAR",  "ELVİN", "RƏŞAD",
                                                      "GÜNAY", "ŞƏBNƏM", "OĞUZ",  "ÇİNARƏ"};
constexpr std::array<std::string_view, 8> kLastNames{
    "MƏMMƏDOVA", "ƏLİYEV", "HÜSEYNLİ", "QULİYEVA", "İSMAYILOV", "BAĞIROVA", "ŞÜKÜROV", "ÖMƏROVA"};
constexpr std::array<std::string_view, 4> kPatronymics{"ELXAN QIZI", "VAQİF OĞLU", "İLQAR QIZI",
                                                       "TƏBRİZ OĞLU"};

// Seven characters, as a personal identification code has them.
std::string pin(Random& random) {
    static constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    std::string text;
    while (text.size() < 7) {
        text += kAlphabet[random.below(kAlphabet.size())];
    }
    return text;
}

std::string base64(std::string_view clear) {
    static constexpr std::string_view kAlphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < clear.size(); i += 3) {
        std::uint32_t group = 0;
        for (std::size_t j = 0; j < 3; ++j) {
            const bool given = i + j < clear.size();
            group = group << 8 | (given ? static_cast<unsigned char>(clear[i + j]) : 0U);
        }
        for (std::size_t j = 0; j < 4; ++j) {
            text += i + j <= clear.size() ? kAlphabet[group >> (18 - 6 * j) & 63U] : '=';
        }
    }
    return text;
}

std::string birthdate(Random& random) {
    const std::string date = business_date(random);
    if (random.percent(90)) {
        return date;
    }
    return random.percent(50) ? "2001-02-03" : "31/02/2001";
}

std::string mail_of(std::string_view name) { return std::string{name} + "@bbu.edu.az"; }

}  // namespace

void Application::last_action(Random& random) {
    connection_.execute("UPDATE users SET last_action_date = now() WHERE id = $1",
                        {value(random.pick(share_.users))});
}

// An id that is 0 has not been taken yet; MAX(id)+1 then decides it.
void Application::take(Id& id, std::string_view sql, Random& random) {
    if (id == 0) {
        id = next_id(sql, random);
    }
}

// One transaction per row. Mostly in the order of the interface, each id read before its row; a
// third of the time in any order, with all ids read before. One in twelve never gets its person.
void Application::human_create(Random& random) {
    Human human;
    human.name = pin(random);
    const bool orphan = random.percent(8);
    std::vector<void (Application::*)(Human&, Random&)> steps{
        &Application::insert_account, &Application::insert_user, &Application::insert_student,
        &Application::insert_member};
    if (!orphan) {
        steps.insert(steps.begin(), &Application::insert_person);
    }
    if (orphan || random.percent(33)) {
        take_ids(human, random);
        for (std::size_t i = steps.size() - 1; i > 0; --i) {
            std::swap(steps[i], steps[random.below(i + 1)]);
        }
    }
    for (const auto step : steps) {
        (this->*step)(human, random);
    }
}

void Application::take_ids(Human& human, Random& random) {
    take(human.person, "SELECT coalesce(max(id), 0) + 1 FROM persons", random);
    take(human.account, "SELECT coalesce(max(id), 0) + 1 FROM accounts", random);
    take(human.user, "SELECT coalesce(max(id), 0) + 1 FROM users", random);
    take(human.student, "SELECT coalesce(max(id), 0) + 1 FROM students", random);
}

void Application::insert_person(Human& human, Random& random) {
    take(human.person, "SELECT coalesce(max(id), 0) + 1 FROM persons", random);
    connection_.execute(
        "INSERT INTO persons (id, firstname, lastname, patronymic, gender_id, pincode, birthdate, "
        "create_date, create_user_id, active) VALUES ($1, $2, $3, $4, $5, $6, $7, now(), 1, 1)",
        {value(human.person), value(random.pick(kFirstNames)), value(random.pick(kLastNames)),
         value(random.pick(kPatronymics)), value(Id{random.percent(50) ? 110000003 : 110000004}),
         human.name, birthdate(random)});
    share_.persons.push_back(human.person);
}

void Application::insert_account(Human& human, Random& random) {
    take(human.account, "SELECT coalesce(max(id), 0) + 1 FROM accounts", random);
    connection_.execute(
        "INSERT INTO accounts (id, person_id, username, password, email, create_date, "
        "create_user_id, active) VALUES ($1, $2, $3, $4, $5, now(), 1, 1)",
        {value(human.account), value(human.person), human.name, base64(human.name + "!"),
         mail_of(human.name)});
    share_.accounts.push_back(human.account);
}

void Application::insert_user(Human& human, Random& random) {
    take(human.user, "SELECT coalesce(max(id), 0) + 1 FROM users", random);
    connection_.execute(
        "INSERT INTO users (id, account_id, organization_id, is_blocked, user_type, create_date, "
        "create_user_id, active) VALUES ($1, $2, $3, 0, 'STUDENT', now(), 1, 1)",
        {value(human.user), value(human.account), value(random.pick(world_.units).id)});
    share_.users.push_back(human.user);
}

// The properties of the study come from another student; now and then the card number too.
void Application::insert_student(Human& human, Random& random) {
    take(human.student, "SELECT coalesce(max(id), 0) + 1 FROM students", random);
    connection_.execute(
        "INSERT INTO students (id, person_id, user_id, org_id, education_line_id, "
        "education_type_id, education_payment_type_id, education_lang_id, score, card_number, "
        "status, create_date, create_user_id, active) "
        "SELECT $1::bigint, $2::bigint, $3::bigint, org_id, education_line_id, education_type_id, "
        "education_payment_type_id, education_lang_id, $4::text, "
        "CASE WHEN $5::int = 1 THEN card_number END, status, now(), 1, 1 "
        "FROM students WHERE id = $6::bigint",
        {value(human.student), value(human.person), value(human.user),
         value(Id{random.between(150, 700)}), value(Id{random.percent(20) ? 1 : 0}),
         value(random.pick(share_.students))});
    share_.students.push_back(human.student);
}

void Application::insert_member(Human& human, Random& random) {
    const Id member =
        next_id("SELECT coalesce(max(id), 0) + 1 FROM education_group_student", random);
    connection_.execute(
        "INSERT INTO education_group_student (id, education_group_id, student_id, create_date, "
        "create_user_id, active) VALUES ($1, $2, $3, now(), 1, 1)",
        {value(member), value(random.pick(world_.groups)), value(human.student)});
}

// Persons are edited without a new update_date.
void Application::person_update(Random& random) {
    const Value person = value(random.pick(share_.persons));
    switch (random.below(4)) {
        case 0:
            connection_.execute("UPDATE persons SET lastname = $1 WHERE id = $2",
                                {value(random.pick(kLastNames)), person});
            break;
        case 1:
            connection_.execute("UPDATE persons SET birthdate = $1 WHERE id = $2",
                                {birthdate(random), person});
            break;
        case 2:
            connection_.execute("UPDATE persons SET pincode = $1 WHERE id = $2",
                                {pin(random), person});
            break;
        default:  // long enough to be kept out of line, so later updates do not carry it
            connection_.execute(
                "UPDATE persons SET family_information = (SELECT string_agg(md5($1::text || i), "
                "'') "
                "FROM generate_series(1, 150) i), hobbies = $1::text WHERE id = $2",
                {pin(random), person});
    }
}

void Application::password_change(Random& random) {
    const std::string clear = pin(random) + "-" + pin(random);
    connection_.execute("UPDATE accounts SET password = $1, update_date = now() WHERE id = $2",
                        {base64(clear), value(random.pick(share_.accounts))});
}

// A new username or address; a quarter of them take one that another account has.
void Application::login_change(Random& random) {
    const Value account = value(random.pick(share_.accounts));
    const bool mail = random.percent(50);
    if (random.percent(25)) {
        const Value other = value(random.pick(world_.accounts));
        connection_.execute(
            mail ? "UPDATE accounts SET email = (SELECT email FROM accounts WHERE id = $1), "
                   "update_date = now() WHERE id = $2"
                 : "UPDATE accounts SET username = (SELECT username FROM accounts WHERE id = $1), "
                   "update_date = now() WHERE id = $2",
            {other, account});
        return;
    }
    const std::string name = pin(random);
    if (mail) {
        const Value address = random.percent(85) ? value(mail_of(name)) : value(name);
        connection_.execute("UPDATE accounts SET email = $1, update_date = now() WHERE id = $2",
                            {address, account});
    } else {
        connection_.execute("UPDATE accounts SET username = $1, update_date = now() WHERE id = $2",
                            {name, account});
    }
}

// Two accounts exchange their usernames, or their addresses, in one transaction.
void Application::login_swap(Random& random) {
    const std::vector<Id> pair = random.pick_two(share_.accounts);
    const bool mail = random.percent(50);
    connection_.transaction([&] {
        const Rows rows = connection_.execute(
            "SELECT id, username, email FROM accounts WHERE id = ANY($1::bigint[]) ORDER BY id "
            "FOR UPDATE",
            {array(pair)});
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const std::size_t other = rows.size() - 1 - i;
            connection_.execute(
                mail ? "UPDATE accounts SET email = $1, update_date = now() WHERE id = $2"
                     : "UPDATE accounts SET username = $1, update_date = now() WHERE id = $2",
                {rows.text(other, mail ? 2 : 1), value(rows.id(i, 0))});
        }
    });
}

void Application::user_block(Random& random) {
    connection_.execute(
        "UPDATE users SET is_blocked = CASE WHEN is_blocked = 1 THEN 0 ELSE 1 END, "
        "update_date = now() WHERE id = $1",
        {value(random.pick(share_.users))});
}

// A users row goes to another account; half of the time one that went comes back.
void Application::user_move(Random& random) {
    if (!moved_users_.empty() && random.percent(50)) {
        const auto [user, account] = moved_users_.back();
        connection_.execute("UPDATE users SET account_id = $1, update_date = now() WHERE id = $2",
                            {account == 0 ? Value{} : value(account), value(user)});
        moved_users_.pop_back();
        return;
    }
    const Id user = random.pick(share_.users);
    const Id target = random.pick(world_.accounts);
    Id from = 0;
    connection_.transaction([&] {
        const Rows row = connection_.execute(
            "SELECT account_id FROM users WHERE id = $1 FOR UPDATE", {value(user)});
        from = row.size() == 1 ? row.id(0, 0) : 0;
        connection_.execute("UPDATE users SET account_id = $1, update_date = now() WHERE id = $2",
                            {value(target), value(user)});
    });
    moved_users_.emplace_back(user, from);
}

void Application::students_swap_users(Random& random) {
    const std::vector<Id> pair = random.pick_two(share_.students);
    connection_.transaction([&] {
        const Rows rows = connection_.execute(
            "SELECT id, user_id FROM students WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE",
            {array(pair)});
        for (std::size_t i = 0; i < rows.size(); ++i) {
            connection_.execute(
                "UPDATE students SET user_id = $1, update_date = now() WHERE id = $2",
                {rows.text(rows.size() - 1 - i, 1), value(rows.id(i, 0))});
        }
    });
}

}  // namespace crossfade::simulate
