#include "transforms/expression.hpp"

#include "tests/support/catch.hpp"

#include <random>

using namespace crossfade;

namespace {

const Location kPlace{"shop.yaml", 7, 11};

ExprPtr parse(std::string_view text) {
    Findings findings;
    ExprPtr expr = parse_expression(text, kPlace, "path", findings);
    INFO(text);
    for (const Finding& finding : findings)
        UNSCOPED_INFO(finding.format());
    REQUIRE(expr != nullptr);
    REQUIRE(findings.empty());
    return expr;
}

// "column: message" of the one finding.
std::string finding_of(std::string_view text) {
    Findings findings;
    CHECK(parse_expression(text, Location{"f", 1, 1}, "p", findings) == nullptr);
    INFO(text);
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].path == "p");
    return std::to_string(findings[0].where.column) + ": " + findings[0].message;
}

// Every node in parentheses, so that grouping shows.
std::string shape(const Expr& expr) {
    std::string out = "(";
    switch (expr.kind) {
        case Expr::Kind::literal: return to_text(expr);
        case Expr::Kind::name: return expr.text;
        case Expr::Kind::field: out += "."; break;
        case Expr::Kind::lookup: out += "lookup"; break;
        case Expr::Kind::object: out += "object"; break;
        case Expr::Kind::list: out += "list"; break;
        default: break;
    }
    out += expr.text;
    for (const ExprPtr& arg : expr.args)
        out += " " + shape(*arg);
    if (expr.filter) out += " if " + shape(*expr.filter);
    for (const OrderTerm& term : expr.order) {
        out += " order " + shape(*term.expr) + (term.descending ? " desc" : "");
    }
    return out + ")";
}

}  // namespace

TEST_CASE("operators bind as the grammar says", "[expression]") {
    CHECK(shape(*parse("a or b and not c = d")) == "(or a (and b (not (= c d))))");
    CHECK(shape(*parse("a || b || c")) == "(|| (|| a b) c)");
    CHECK(shape(*parse("a - b - c * -d / e")) == "(- (- a b) (/ (* c (- d)) e))");
    CHECK(shape(*parse("a || b + 1 = c || d")) == "(= (|| a (+ b 1)) (|| c d))");
    CHECK(shape(*parse("(a or b) and c")) == "(and (or a b) c)");
    CHECK(shape(*parse("not not a")) == "(not (not a))");
    CHECK(shape(*parse("a != b")) == "(<> a b)");
    CHECK(shape(*parse("a + 1 is not null")) == "(is not null (+ a 1))");
    CHECK(shape(*parse("not a is null")) == "(not (is null a))");
    CHECK(shape(*parse("a in (1, 2) or b not in ('x')")) == "(or (in a 1 2) (not in b 'x'))");
}

TEST_CASE("primaries are literals, names, columns, lookups, calls, objects and lists",
          "[expression]") {
    CHECK(parse("12")->value == Value{std::int64_t{12}});
    CHECK(std::get<Decimal>(parse("1.50")->value).format() == "1.50");
    CHECK(std::get<Decimal>(parse("9223372036854775808")->value).format() == "9223372036854775808");
    CHECK(std::get<std::string>(parse("'it''s'")->value) == "it's");
    CHECK(std::get<std::string>(parse("''")->value).empty());
    CHECK(parse("true")->value == Value{true});
    CHECK(is_null(parse("null")->value));
    CHECK(shape(*parse("s.name")) == "(.name s)");
    CHECK(shape(*parse("key.course_id")) == "(.course_id key)");
    CHECK(shape(*parse("journal[journal_id].course_id")) ==
          "(.course_id (lookupjournal journal_id))");
    CHECK(shape(*parse("stock[1, p.id].amount")) == "(.amount (lookupstock 1 (.id p)))");
    CHECK(shape(*parse("coalesce(a[x], b[x]).name")) ==
          "(.name (coalesce (lookupa x) (lookupb x)))");
    CHECK(shape(*parse("target(users, u[s.id])")) == "(target users (lookupu (.id s)))");
    CHECK(shape(*parse("[a, [1]]")) == "(list a (list 1))");
    CHECK(shape(*parse("[]")) == "(list)");
    const ExprPtr object = parse("{id: text(a.id), 'a key': [b], if: 1}");
    CHECK(object->names == std::vector<std::string>{"id", "a key", "if"});
    CHECK(parse("\"Order Date\"")->text == "Order Date");
    CHECK(shape(*parse("t.\"in\"")) == "(.in t)");
}

TEST_CASE("an aggregate has a set, an expression, a filter and an order", "[expression]") {
    CHECK(shape(*parse("first(j, num(point), if active = 1, order id desc, created(j))")) ==
          "(first j (num point) if (= active 1) order id desc order (created j))");
    CHECK(shape(*parse("count(c)")) == "(count c)");
    CHECK(shape(*parse("rank(beside, order coalesce(capacity, 0) desc, id)")) ==
          "(rank beside order (coalesce capacity 0) desc order id)");
    CHECK(shape(*parse("count(c, if not blocked)")) == "(count c if (not blocked))");
    CHECK(shape(*parse("any(c, x, order a asc, if b)")) == "(any c x if b order a)");
    SECTION("if in parentheses is a filter, with commas it is the function") {
        CHECK(shape(*parse("count(c, if (a) or b)")) == "(count c if (or a b))");
        CHECK(shape(*parse("count(c, if (a in (1, 2)))")) == "(count c if (in a 1 2))");
        CHECK(shape(*parse("max(c, if(a, b, d))")) == "(max c (if a b d))");
    }
    SECTION("order and if may also be columns") {
        CHECK(shape(*parse("max(c, order)")) == "(max c order)");
        CHECK(shape(*parse("max(c, order + 1)")) == "(max c (+ order 1))");
        CHECK(shape(*parse("any(c, order is null)")) == "(any c (is null order))");
        CHECK(shape(*parse("coalesce(order[a], b[c])")) ==
              "(coalesce (lookuporder a) (lookupb c))");
    }
}

TEST_CASE("every finding has the column of what is wrong, and advice", "[expression]") {
    CHECK(finding_of("") == "1: an expression is expected");
    CHECK(finding_of("a +") == "4: the expression ends too early");
    CHECK(finding_of("a == b") == "3: unexpected '==': equality is written =");
    CHECK(finding_of("a and (b") == "9: ')' is expected, not the end");
    CHECK(finding_of("f(a, b") == "7: ')' is expected, not the end");
    CHECK(finding_of("a AND b") == "3: unexpected 'AND': did you mean 'and'?");
    CHECK(finding_of("a like 'x'") == "3: unexpected 'like': use matches(text, pattern)");
    CHECK(finding_of("a between 1 and 2") == "3: unexpected 'between': use x >= a and x <= b");
    CHECK(finding_of("'open") == "1: a text without its closing quote");
    CHECK(finding_of("a = b = c") == "7: comparisons do not chain: use and");
    CHECK(finding_of("a is true") == "6: after 'is' comes null or not null");
    CHECK(finding_of("12abc") == "1: a number cannot be followed by 'a'");
    CHECK(finding_of("a.1") == "3: a name is expected after '.', not the number 1");
    CHECK(finding_of("{a: 1, a: 2}") == "8: member 'a' stands here twice");
    CHECK(finding_of("{a 1}") == "4: ':' is expected after 'a'");
    CHECK(finding_of("a in b") == "6: after 'in' comes a list in parentheses: (a, b)");
    CHECK(finding_of("a, b") == "2: unexpected ',': a list is written [a, b]");
    CHECK(finding_of("count(c, if a, b)") == "16: after 'if' of count only 'order' can follow");
    CHECK(finding_of("a ? b : c") == "3: unexpected '?': there is no ?: ; use if(condition, a, b)");
    CHECK(finding_of("x::text").find("3: ") == std::string::npos);
    CHECK(finding_of("a\xC2\xA0= 1") == "2: unexpected no-break space (U+00A0)");
    CHECK(finding_of("a \xFF") == "3: unexpected byte 0xff");
}

TEST_CASE("columns count characters, not bytes, from the place of the first", "[expression]") {
    Findings findings;
    CHECK(parse_expression("'Mətn' == a", kPlace, "p", findings) == nullptr);
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].where == Location{"shop.yaml", 7, 18});
    const ExprPtr expr = parse("f(a) + b.c");
    CHECK(expr->where.column == 16);
    CHECK(expr->args[0]->where.column == 11);
    CHECK(expr->args[1]->where.column == 20);
}

TEST_CASE("an order term is an expression with a direction", "[expression]") {
    Findings findings;
    const OrderTerm term = parse_order_term("s.active = 1 desc", kPlace, "p", findings);
    REQUIRE(term.expr);
    CHECK(term.descending);
    CHECK(shape(*term.expr) == "(= (.active s) 1)");
    CHECK_FALSE(parse_order_term("id asc", kPlace, "p", findings).descending);
    CHECK(findings.empty());
    CHECK(parse_order_term("id down", kPlace, "p", findings).expr == nullptr);
    CHECK(findings.size() == 1);
}

TEST_CASE("the text of an expression reads back as the same expression", "[expression]") {
    for (const char* text :
         {"a or b and not (c or d)", "(a - b) - (c - d)", "a - (b - c)", "-(-a) * (b + c)",
          "(a = b) = c", "not (a is null) and (b || c) in (1, 'x''y')", "(a or b) is not null",
          "((a))", "-1.50",
          "first(j, {p: num(point), 'x y': [1, null]}, if active = 1 or b, order id desc, x[1, "
          "2].c)",
          "coalesce(a[x], b[x]).name", "(a + b).c", "\"Odd \"\"name\"\"\".\"in\"",
          "count(c, if (a in (1)))", "rank(s, order a)", "f()", "{}", "not not a", "(not a) = b"}) {
        INFO(text);
        const ExprPtr once = parse(text);
        const std::string printed = to_text(*once);
        const ExprPtr again = parse(printed);
        CHECK(shape(*again) == shape(*once));
        CHECK(to_text(*again) == printed);
    }
    CHECK(to_text(*parse("a  or(b)")) == "a or b");
    CHECK(to_text(*parse("first( j,x , order id  desc)")) == "first(j, x, order id desc)");
}

TEST_CASE("deep and long expressions are findings, not crashes", "[expression]") {
    const auto refused = [](const std::string& text) {
        Findings findings;
        return parse_expression(text, kPlace, "p", findings) == nullptr && findings.size() == 1;
    };
    CHECK(refused(std::string(100'000, '(')));
    CHECK(refused(std::string(100'000, '-') + "a"));
    CHECK(refused(std::string(100'000, '[')));
    std::string negations;
    std::string sum = "a";
    std::string calls;
    for (int i = 0; i < 20'000; ++i) {
        negations += "not ";
        sum += " + a";
        calls += "f(";
    }
    CHECK(refused(negations + "a"));
    CHECK(refused(sum));
    CHECK(refused(calls));
    std::string nested = "a";
    for (int i = 0; i < 90; ++i)
        nested = "(" + nested + ")";
    CHECK(parse(nested) != nullptr);
}

TEST_CASE("random bytes and random tokens never crash the parser", "[expression]") {
    std::mt19937 random{20240229};
    const std::vector<std::string> words{
        "a",     "b.c", "(",  ")",   "[",  "]",  "{",      "}",    ",",   ":",   "if",
        "order", "and", "or", "not", "is", "in", "null",   "1",    "1.5", "'x'", "||",
        "=",     "<>",  "+",  "-",   "*",  "/",  "first(", "desc", " ",   "\"",  "'"};
    std::size_t parsed = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::string text;
        const std::size_t length = random() % 30;
        for (std::size_t i = 0; i < length; ++i) {
            if (round % 4 == 0) {
                text += static_cast<char>(random() & 0xFF);
            } else {
                text += words[random() % words.size()] + (random() % 2 ? " " : "");
            }
        }
        Findings findings;
        const ExprPtr expr = parse_expression(text, kPlace, "p", findings);
        REQUIRE((expr == nullptr) == (findings.size() == 1));
        if (!expr) continue;
        ++parsed;
        INFO(text);
        const ExprPtr again = parse(to_text(*expr));
        REQUIRE(shape(*again) == shape(*expr));
    }
    CHECK(parsed > 100);
}
