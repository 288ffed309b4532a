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

std::string pick(Random& random, const std::vector<std::string>& choices) {
    return choices[below(random, choices.size())];
}
}  // namespace

std::map<std::string, CatalogTable> model_catalog() {
    const Type n = Type::integer;
    const Type t = Type::text;
    std::map<std::string, CatalogTable> catalog;
    for (CatalogTable& entry : std::vector<CatalogTable>{
             table("node", {{"id", n}, {"parent_id", n}, {"name_id", n}, {"active", n}}),
             table("cat", {{"id", n}, {"name", t}}), table("alt", {{"id", n}, {"name", t}}),
             table("acct", {{"id", n}, {"login", t}, {"node_id", n}}),
             table("usr", {{"id", n}, {"acct_id", n}, {"active", n}}),
             table("item", {{"id", n},
                            {"node_id", n},
                            {"cat_id", n},
                            {"usr_id", n},
                            {"code", t},
                            {"active", n},
                            {"note", t}}),
             table("det", {{"id", n}, {"item_id", n}, {"p1", n}, {"p2", n}, {"q", n}})}) {
        catalog["public." + entry.name] = std::move(entry);
    }
    return catalog;
}

std::string random_mapping(Random& random) {
    const auto missing = [&] { return pick(random, {"park", "detach"}); };
    const auto gone = [&] { return pick(random, {"delete", "detach"}); };
    const auto on_delete = [&](const std::string& column) {
        return chance(random, 30) ? "    on_delete: {keep: {" + column + ": \"'kept'\"}}\n"
                                  : std::string{};
    };
    const auto on_park = [&] {
        return chance(random, 25) ? std::string{"    on_park: remove\n"} : std::string{};
    };
    std::string yaml = "version: 1\nnamespace: 549b22fb-a5c3-5d16-94b0-27e90695449f\n";
    if (chance(random, 50)) yaml += "relations:\n  cat: {scan: true}\n";
    yaml += "functions:\n  label(r): \"coalesce(r.name, 'none')\"\nentities:\n";
    yaml +=
        "  nodes:\n    target: public.nodes\n    root: {row: node, as: n}\n    id: \"'node/' || "
        "n.id\"\n";
    if (chance(random, 50)) yaml += "    exists: n.active = 1 or n.active is null\n";
    yaml +=
        "    sets: {kids: {from: node, key: parent_id, at: n.id}, homes: {from: acct, key: "
        "node_id, at: n.id}}\n";
    yaml += "    parents: {parent: {of: nodes, root: n.parent_id, missing: " + missing() +
            ", gone: " + gone() + ", cycle: " + missing() + "}}\n";
    yaml += "    columns:\n      name: \"label(coalesce(cat[n.name_id], alt[n.name_id]))\"\n";
    yaml += "      kids: count(kids)\n      home: \"first(homes, login, order login desc)\"\n";
    yaml += "      state: \"if(n.active = 1, 'on', 'off')\"\n" + on_delete("state") + on_park();
    yaml +=
        "  users:\n    target: public.users\n    root:\n      group:\n        a: {from: acct, key: "
        "\"'a/' || id\"}\n";
    yaml +=
        "        u: {from: usr, key: \"if(exists(acct[acct_id]), 'a/' || acct_id, 'u/' || id)\"}\n "
        "   id: key\n";
    yaml += "    parents: {home: {of: nodes, root: node_key, missing: " + missing() +
            ", gone: " + gone() + "}}\n";
    // A parent's root reads one row: the account, as a first member.
    const auto place = yaml.find("root: node_key");
    yaml.replace(place, 14, "root: a.node_id");
    yaml +=
        "    columns:\n      login: {claim: a.login, else: \"'fb_' || key\", reserve: \"fb_.*\"" +
        std::string{chance(random, 40) ? ", order: [\"max(u, active) desc\"]" : ""} + "}\n";
    yaml +=
        "      active: \"any(u, active = 1)\"\n      first_user: \"first(u, id, order active desc, "
        "id)\"\n";
    yaml +=
        "      state: \"'live'\"\n      ids: {users: \"list(u, text(id), order id)\", total: "
        "count(u)}\n" +
        on_delete("state") + on_park();
    yaml +=
        "  items:\n    target: public.items\n    root: {row: item, as: i}\n    id: \"'item/' || "
        "i.id\"\n";
    if (chance(random, 60)) yaml += "    exists: i.active = 1\n";
    yaml += "    lookups: {owner: \"target(users, usr[i.usr_id])\"}\n";
    yaml +=
        "    sets: {d: {from: det, key: item_id, at: i.id}, peers: {from: item, key: node_id, at: "
        "i.node_id}}\n";
    yaml += "    parents:\n      node: {of: nodes, root: i.node_id, missing: " + missing() +
            ", gone: " + gone() + "}\n";
    if (chance(random, 50)) {
        yaml += "      usr: {of: users, row: \"usr[i.usr_id]\", missing: " + missing() +
                ", gone: " + gone() + "}\n";
    }
    yaml += "    columns:\n      code: {claim: i.code, " +
            std::string{chance(random, 50) ? "within: [node], " : ""} +
            (chance(random, 50) ? "order: [\"i.active = 1 desc\", \"i.id desc\"], " : "") +
            pick(random, {"else: \"'fb_' || i.id\", reserve: \"fb_.*\"", "else: \"null\""}) + "}\n";
    yaml += "      seat: {claim: owner, order: [i.id desc], else: \"null\", flag: shared}\n";
    yaml +=
        "      best: \"max(d, q)\"\n      mean: \"round(mean(d, q, if q > 0), 2)\"\n      modes: "
        "\"most_frequent(d, q)\"\n";
    yaml +=
        "      place: \"rank(peers, order code, id)\"\n      state: \"'live'\"\n      note: "
        "i.note\n";
    yaml +=
        "      point: \"first(d, cat[p1].name, order id desc)\"\n" + on_delete("state") + on_park();
    yaml +=
        "  marks:\n    target: public.marks\n    root: {row: det, as: d, slots: {n: [1, 2], point: "
        "\"p{n}\", if: point is not null}}\n";
    yaml += "    id: \"'mark/' || d.id || '/' || n\"\n";
    yaml += "    parents: {item: {of: items, root: d.item_id, missing: " + missing() +
            ", gone: " + gone() + "}}\n";
    yaml += "    columns: {point: \"cat[point].name\", n: n, q: \"d.q * 2\"}\n" + on_park();
    yaml += "  totals:\n    target: public.totals\n    root:\n      group:\n";
    yaml += "        d: {from: det, through: {i: \"item[item_id]\"}, key: [i.node_id, i.cat_id]}\n";
    if (chance(random, 50)) yaml += "        p: {from: item, key: [node_id, cat_id]}\n";
    yaml +=
        "    id: \"'total/' || coalesce(text(key.node_id), 'null') || '/' || "
        "coalesce(text(key.cat_id), 'null')\"\n";
    if (chance(random, 50)) yaml += "    exists: \"any(d, q > 1)\"\n";
    yaml += "    parents: {node: {of: nodes, root: key.node_id, missing: " + missing() +
            ", gone: " + gone() + "}}\n";
    yaml +=
        "    columns:\n      total: \"sum(d, q)\"\n      cat: \"cat[key.cat_id].name\"\n      "
        "distinct: \"count_distinct(d, q)\"\n";
    yaml +=
        "      names: \"set(d, cat[p1].name)\"\n      details: \"list(d, {d: id, q: q, c: i.code}, "
        "if i.active = 1, order q desc, id)\"\n";
    yaml += "      low: \"min(d, q)\"\n      full: \"all(d, q > 0)\"\n" + on_park();
    return yaml;
}

std::shared_ptr<const Program> compile_model(const std::string& yaml) {
    Findings findings;
    const auto mapping = parse_mapping(yaml, "model.yaml", findings);
    std::shared_ptr<const Program> program;
    if (mapping) program = compile(*mapping, model_catalog(), findings);
    if (program) return program;
    std::string text = "the model's mapping does not compile:\n";
    for (const Finding& finding : findings)
        text += finding.format() + "\n";
    throw std::runtime_error(text + yaml);
}

}  // namespace crossfade::test
