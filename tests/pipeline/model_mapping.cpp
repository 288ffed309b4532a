#include "tests/pipeline/model_mapping.hpp"

#include <stdexcept>

namespace crossfade::test {

namespace {
CatalogTable table(const std::string& name,
                   const std::vector<std::pair<std::string, Type>>& columns) {
    CatalogTable table;
    table.name = name;
    for (const auto& [column, type] : columns)
        table.columns.push_back({column, type, "", true, false});
    table.primary_key = {"id"};
    table.identity_key = {"id"};
    return table;
}

// The text of one mapping, entity by entity; every part of it is there or not by chance.
class Text {
public:
    explicit Text(Random& random) : random_{random} {}

    std::string make() {
        line("version: 1");
        const std::string names = pick({"int8", "int8", "numeric", "citext", "interval", "jsonb"});
        line("# names: " + names);
        numbers_ = names == "int8";
        line("# claims: " + pick({"as written", "citext"}));
        line("namespace: 549b22fb-a5c3-5d16-94b0-27e90695449f");
        maybe(50, "relations: {cat: {scan: true}}");
        line("functions:\n  label(r): coalesce(r.name, 'none')");
        line("entities:");
        nodes();
        users();
        items();
        marks();
        totals();
        if (chance(random_, 50)) shares();
        return std::move(text_);
    }

private:
    void line(const std::string& text) { text_ += text + "\n"; }
    bool maybe(unsigned percent, const std::string& text) {
        const bool yes = chance(random_, percent);
        if (yes) line(text);
        return yes;
    }
    std::string pick(const std::vector<std::string>& choices) {
        return choices[below(random_, choices.size())];
    }
    std::string cycle() { return pick({"park", "detach"}); }
    // What becomes of the children of a parent that is not there, or goes.
    std::string rules() {
        const std::string absent = pick({"park", "detach", "null"});
        return "missing: " + absent + ", gone: " + pick({"delete", "detach"});
    }
    // In double quotes; some roots do not give it, but are rejected.
    std::string unless_two(const std::string& number, const std::string& otherwise) {
        if (!chance(random_, 30)) return "\"" + otherwise + "\"";
        return "\"if(" + number + " = 2, reject('bad_state: two'), " + otherwise + ")\"";
    }
    // What gives one id to roots whose number differs by three.
    std::string lossy(const std::string& number) {
        if (!chance(random_, 25)) return number;
        return "if(" + number + " > 3, " + number + " - 3, " + number + ")";
    }
    void keep() { maybe(30, "    on_delete: {keep: {state: \"'kept'\"}}"); }
    void park() { maybe(25, "    on_park: remove"); }

    void nodes() {
        line("  nodes:\n    target: public.nodes\n    root: {row: node, as: n}");
        const std::string number = lossy("n.id");
        line("    id: \"'node/' || " + number + "\"");
        maybe(50, "    exists: n.active = 1 or n.active is null");
        line("    sets:");
        line("      kids: {from: node, key: parent_id, at: n.id}");
        line("      homes: {from: acct, key: node_id, at: n.id}");
        // Members whose key is found through two rows; either may be absent.
        const bool deep = maybe(30,
                                "      deep: {from: det, through: {i: \"item[item_id]\", "
                                "u: \"usr[i.usr_id]\"}, key: u.acct_id, at: n.id}");
        line("    parents:\n      parent: {of: nodes, root: n.parent_id, cycle: " + cycle() + ", " +
             rules() + "}");
        line("    columns:");
        line("      name: label(coalesce(cat[n.name_id], alt[n.name_id]))");
        line("      kids: count(kids)");
        maybe(50, "      around: count_distinct([kids, homes], id, if id > 1)");
        line("      home: first(homes, login, order login desc)");
        if (deep) line("      deep: sum(deep, q)");
        // A root that is rejected but for a parent that has its own id may own it or not: both
        // hold.
        const std::string state = "if(n.active = 1, 'on', 'off')";
        line("      state: " +
             (number == "n.id" ? unless_two("n.active", state) : "\"" + state + "\""));
        keep();
        park();
    }

    void users() {
        line("  users:\n    target: public.users\n    root:\n      group:");
        line("        a: {from: acct, key: \"'a/' || id\"}");
        line("        u:\n          from: usr\n          key: >-");
        maybe(20,
              "            if(active = 2 and acct_id is null, reject('bad_state: two'), '') ||");
        line("            if(exists(acct[acct_id]), 'a/' || acct_id, 'u/' || id)");
        // 'a/1' and 'u/1' are two users.
        line(pick({"    id: key", "    id: key", "    id: replace(key, 'u/', 'a/')"}));
        line("    parents: {home: {of: nodes, root: a.node_id, " + rules() + "}}");
        line("    columns:");
        line("      login:\n        claim: a.login\n        reserve: fb_.*");
        line("        else: \"'fb_' || key\"");
        maybe(20, "        vacate: \"'away_' || key\"");
        maybe(40, "        order: [\"max(u, active) desc\"]");
        line("      active: any(u, active = 1)");
        line("      first_user: first(u, id, order active desc, id)");
        line("      state: " + unless_two("count(u)", "'live'"));
        line("      ids: {users: \"list(u, text(id), order id)\", total: count(u)}");
        keep();
        park();
    }

    void items() {
        line("  items:\n    target: public.items\n    root: {row: item, as: i}");
        line("    id: \"'item/' || " + lossy("i.id") + "\"");
        maybe(60, "    exists: i.active = 1");
        line("    lookups:");
        // What else an item reads of a user makes up for a lookup that is not walked back.
        const bool owned = maybe(60, "      owner: target(users, usr[i.usr_id])");
        line("      by: usr[i.usr_id]");
        line("      account: acct[by.acct_id]");
        line("      home: node[account.node_id]");
        line("    sets:");
        line("      d: {from: det, key: item_id, at: i.id}");
        line("      peers: {from: item, key: node_id, at: i.node_id}");
        line("    parents:\n      node: {of: nodes, root: i.node_id, " + rules() + "}");
        maybe(50, "      usr: {of: users, row: \"usr[i.usr_id]\", " + rules() + "}");
        line("    columns:");
        line("      code:\n        claim: i.code");
        maybe(50, "        within: [node]");
        maybe(20, "        vacate: \"'away_' || i.id\"");
        maybe(50, "        order: [i.active = 1 desc, i.id desc]");
        line(pick(
            {"        else: \"'fb_' || i.id\"\n        reserve: fb_.*", "        else: \"null\""}));
        if (owned)
            line("      seat: {claim: owner, order: [i.id desc], else: \"null\", flag: shared}");
        line("      best: max(d, q)");
        line("      mean: round(mean(d, q, if q > 0), 2)");
        line("      modes: most_frequent(d, q)");
        line("      place: rank(peers, order code, id)");
        line("      state: " + unless_two("i.node_id", "'live'"));
        line("      note: i.note");
        line("      point: first(d, cat[p1].name, order id desc)");
        // Through three, four and five rows; any of them may be absent.
        maybe(50, "      login: account.login");
        maybe(50, "      away: home.active");
        maybe(50, "      far: label(coalesce(cat[home.name_id], alt[home.name_id]))");
        keep();
        park();
    }

    void marks() {
        line("  marks:\n    target: public.marks\n    root:\n      row: det\n      as: d");
        line("      slots: {n: [1, 2], point: \"p{n}\", if: point is not null}");
        line(pick({"    id: \"'mark/' || d.id || '/' || n\"", "    id: key",
                   "    id: \"'mark/' || d.id\""}));
        line("    parents: {item: {of: items, root: d.item_id, " + rules() + "}}");
        line("    columns: {point: \"cat[point].name\", n: n, q: d.q * 2}");
        park();
    }

    void totals() {
        // The second part of the key is of the row that the member is read through, or of another.
        const bool far = numbers_ && chance(random_, 50);
        const std::string part = far ? "acct_id" : "cat_id";
        line("  totals:\n    target: public.totals\n    root:\n      group:");
        line("        d:\n          from: det\n          through:\n            i: item[item_id]");
        if (far) line("            u: usr[i.usr_id]");
        const std::string node = maybe(20, "          # a member may wait for no row")
                                     ? "if(q = 3, park('no_three'), i.node_id)"
                                     : "i.node_id";
        line("          key: {node_id: \"" + node + "\", " + part + ": " +
             std::string{far ? "u." : "i."} + part + "}");
        maybe(50, "        p: {from: item, key: [node_id, cat_id]}");
        line("    id: >-\n      'total/' || coalesce(text(key.node_id), 'null')");
        if (chance(random_, 75)) line("      || '/' || coalesce(text(key." + part + "), 'null')");
        maybe(50, "    exists: any(d, q > 1)");
        line(
            "    views:\n      s: {of: d, slots: {n: [1, 2], point: \"p{n}\", "
            "if: point is not null}}");
        line("    parents: {node: {of: nodes, root: key.node_id, reason: no_node, " + rules() +
             "}}");
        line("    columns:");
        line("      total: sum(d, q)");
        line("      cat: cat[key." + part + "].name");
        line("      distinct: count_distinct(d, q)");
        line("      names: set(d, cat[p1].name)");
        line("      details: >-");
        line("        list(d, {d: id, q: q, c: i.code}, if i.active = 1, order q desc, id)");
        line("      low: min(d, q)");
        line("      points: >-");
        line("        list(s, compact({d: id, n: n, p: cat[point].name}), if q > 1, order id, n)");
        line("      full: all(d, q > 0)");
        park();
    }

    // Under a group whose key has parts that may be NULL.
    void shares() {
        line("  shares:\n    target: public.shares\n    root: {row: item, as: i}");
        line("    id: \"'share/' || i.id\"");
        line("    parents: {total: {of: totals, root: [i.node_id, i.cat_id], " + rules() + "}}");
        const bool two = chance(random_, 50), ordered = chance(random_, 50);
        line("    columns:\n      note: i.note");
        code("i.code", "'fi_' || i.id", ordered ? "i.id desc" : "");
        park();
        if (two) spares(ordered);
    }

    // A unique column that both entities of the table claim.
    void code(const std::string& wish, const std::string& otherwise, const std::string& order) {
        line("      code:\n        claim: " + wish + "\n        else: \"" + otherwise + "\"");
        if (!order.empty()) line("        order: [" + order + "]");
    }

    // Other rows of the same table: of the two names that sort the roots' wishes for an id either
    // may be the lower.
    void spares(bool ordered) {
        line("  " + pick({"spares", "brands"}) + ":");
        line("    target: public.shares\n    root: {row: det, as: d}");
        line("    id: \"'share/' || d.id\"");
        line("    parents: {total: {of: totals, root: [d.q, d.p1], " + rules() + "}}");
        line("    columns:\n      note: \"if(d.q = 2, 'refuse', text(d.q))\"");
        code("item[d.item_id].code", "'fd_' || d.id", ordered ? "d.id desc" : "");
        maybe(30, "    on_delete: {keep: {note: \"'kept'\"}}");
        park();
    }

    Random& random_;
    bool numbers_ = true;  // the ids of cat and alt are numbers
    std::string text_;
};
}  // namespace

std::shared_ptr<const CaseFolding> ascii_folding() {
    static const auto folding = [] {
        std::string letters = CaseFolding::alphabet();
        for (char& c : letters) {
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
        }
        return std::make_shared<const CaseFolding>(letters);
    }();
    return folding;
}

Value spelled(Random& random, const KeyForm& form, std::int64_t number) {
    const std::string digits = std::to_string(number);
    switch (form.kind) {
        case KeyKind::number:
            return Decimal::parse(digits + std::string{chance(random, 50) ? "" : ".00"}).value();
        case KeyKind::folded: return (chance(random, 50) ? "k" : "K") + digits;
        case KeyKind::interval:
            return chance(random, 50) ? digits + " mons" : std::to_string(number * 30) + " days";
        case KeyKind::document: return Json{digits + (chance(random, 50) ? "" : ".0")};
        default: return number;
    }
}

std::vector<Value> key_values(const MappedRelation& relation, const Row& row) {
    std::vector<Value> values;
    for (const std::uint32_t position : relation.key)
        values.push_back(row[position]);
    return values;
}

KeyBytes one_key(const MappedRelation& relation, const Row& row) {
    std::vector<Value> values;
    for (const std::uint32_t position : relation.key)
        values.push_back(relation.columns[position].key.of(row[position]));
    return encode_key(values);
}

std::map<std::string, CatalogTable> model_catalog(const KeyForm& names) {
    const Type n = Type::integer;
    const Type t = Type::text;
    const Type k = names.kind == KeyKind::number     ? Type::decimal
                   : names.kind == KeyKind::folded   ? Type::text
                   : names.kind == KeyKind::document ? Type::json
                   : names.kind == KeyKind::interval ? Type::any
                                                     : n;
    std::map<std::string, CatalogTable> catalog;
    for (CatalogTable& entry : std::vector<CatalogTable>{
             table("node", {{"id", n}, {"parent_id", n}, {"name_id", k}, {"active", n}}),
             table("cat", {{"id", k}, {"name", t}}), table("alt", {{"id", k}, {"name", t}}),
             table("acct", {{"id", n}, {"login", t}, {"node_id", n}}),
             table("usr", {{"id", n}, {"acct_id", n}, {"active", n}}),
             table("item", {{"id", n},
                            {"node_id", n},
                            {"cat_id", k},
                            {"usr_id", n},
                            {"code", t},
                            {"active", n},
                            {"note", t}}),
             table("det", {{"id", n}, {"item_id", n}, {"p1", k}, {"p2", k}, {"q", n}})}) {
        for (CatalogColumn& column : entry.columns) {
            const bool named = entry.name == "cat" || entry.name == "alt";
            const bool refers = column.name == "name_id" || column.name == "cat_id" ||
                                column.name == "p1" || column.name == "p2";
            if (refers || (named && column.name == "id")) column.key = names;
        }
        catalog["public." + entry.name] = std::move(entry);
    }
    return catalog;
}

namespace {
// As if the columns of the target that are claimed were of the type citext.
void tell_folding(const Program& program) {
    for (const EntityProgram& entity : program.entities) {
        for (const TargetColumn& column : entity.target.columns) {
            if (!column.equality || column.parent) continue;
            column.equality->tell([form = KeyForm{KeyKind::folded, false, ascii_folding()}](
                                      const Value& value) { return form.of(value); });
        }
    }
}
}  // namespace

std::string random_mapping(Random& random) { return Text{random}.make(); }

ModelProgram compile_model(const std::string& yaml) {
    Findings findings;
    const auto mapping = parse_mapping(yaml, "model.yaml", findings);
    std::shared_ptr<const Program> program;
    const auto told = [&](const std::string& what) -> std::string {
        const auto line = yaml.find("# " + what + ": ");
        if (line == std::string::npos) return {};
        const auto at = line + what.size() + 4;
        return yaml.substr(at, yaml.find('\n', at) - at);
    };
    KeyForm names{key_kind(told("names")).value_or(KeyKind::integer)};
    names.folding = ascii_folding();
    if (mapping) program = compile(*mapping, model_catalog(names), findings);
    if (program && told("claims") == "citext") tell_folding(*program);
    if (program) return {program, shape_of(*mapping, *program)};
    std::string text = "the model's mapping does not compile:\n";
    for (const Finding& finding : findings)
        text += finding.format() + "\n";
    throw std::runtime_error(text + yaml);
}

}  // namespace crossfade::test
