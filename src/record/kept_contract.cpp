#include "record/kept_contract.h"

#include <vector>

#include "json/value.h"
#include "json/write.h"
#include "record/tree.h"

namespace trajectory::record {

namespace {

std::string indented(const json::Value& value, int depth) {
  std::string out;
  Tree::from(value).write_indented(out, depth);
  return out;
}

/// Calls `write` for each item, with what stands between them.
template <class Items, class Write>
base::Status emit_list(const Items& items, std::string_view indent, const Sink& sink, Write&& write) {
  std::string_view before = "[\n";
  for (const auto& item : items) {
    TJ_TRY(sink(before));
    TJ_TRY(sink(indent));
    TJ_TRY(write(item));
    before = ",\n";
  }
  if (before == "[\n") return sink("[]");
  TJ_TRY(sink("\n"));
  TJ_TRY(sink(indent.substr(2)));
  return sink("]");
}

/// An object's members but `without`; `write` is called for the value of the member `name`.
template <class Write>
base::Status emit_members(const json::Value& object, std::string_view name, std::string_view without, int depth,
                          const Sink& sink, Write&& write) {
  const std::string indent(static_cast<std::size_t>(2 * depth), ' ');
  std::string_view before = "{\n";
  for (const json::Member& member : object.members()) {
    if (member.key == without) continue;
    TJ_TRY(sink(before));
    TJ_TRY(sink(indent + json::quoted(member.key) + ": "));
    TJ_TRY(member.key == name ? write(member.value) : sink(indented(member.value, depth)));
    before = ",\n";
  }
  return sink("\n" + indent.substr(2) + "}");
}

}  // namespace

base::Status emit_kept(std::string_view text, const Sink& sink) {
  json::Parser parser;
  const auto parsed = parser.parse(text, json::Parser::k_record_depth);
  if (!parsed) return parsed.error();
  std::vector<std::string> pool;
  for (const json::Value& message : (**parsed)["messages"].items()) pool.push_back(indented(message, 4));
  const auto step_messages = [&](const json::Value& ranges) -> base::Status {
    std::vector<const std::string*> shown;
    for (const json::Value& range : ranges.items())
      for (std::int64_t place = range[0].integer(); place < range[1].integer(); ++place) {
        if (place < 0 || place >= static_cast<std::int64_t>(pool.size()))
          return base::Error(base::ErrorCode::k_bad_format, "not a trajectory record: a step names no message");
        shown.push_back(&pool[static_cast<std::size_t>(place)]);
      }
    return emit_list(shown, "        ", sink, [&](const std::string* message) { return sink(*message); });
  };
  return emit_members(**parsed, "steps", "messages", 1, sink, [&](const json::Value& steps) {
    return emit_list(steps.items(), "    ", sink, [&](const json::Value& step) {
      return emit_members(step, "messages", "", 3, sink, step_messages);
    });
  });
}

std::string kept_hash(std::string_view text) {
  json::Parser parser;
  const auto parsed = parser.parse(text, json::Parser::k_record_depth);
  return parsed ? std::string((**parsed)["telemetry"]["data"]["content_hash"].string()) : std::string();
}

}  // namespace trajectory::record
