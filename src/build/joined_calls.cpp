#include "build/joined_calls.h"

#include <algorithm>

#include "build/align.h"
#include "json/value.h"

namespace trajectory::build {

namespace {

/// The JSON objects that a text is a row of; empty when it is something else.
std::vector<std::string_view> objects_in_a_row(std::string_view text) {
  std::vector<std::string_view> out;
  std::size_t begin = 0;
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      else if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{') {
      if (depth++ == 0) begin = i;
    } else if (c == '}' && --depth == 0) {
      out.push_back(text.substr(begin, i + 1 - begin));
    } else if (depth == 0 && c != ' ' && c != '\n') {
      return {};
    }
  }
  return depth == 0 && !quoted ? out : std::vector<std::string_view>();
}

/// More calls than a model asks for at once: looking for a reading of the names would take too long.
constexpr std::size_t k_most_joined = 16;

/// Takes `count` names off the front of a row of names; whether that leaves nothing.
bool part_names(std::string_view row, std::size_t count, const std::vector<std::string>& names,
                std::vector<std::string_view>& out) {
  if (count == 0) return row.empty();
  for (const std::string& name : names) {
    if (!row.starts_with(name)) continue;
    out.push_back(row.substr(0, name.size()));
    if (part_names(row.substr(name.size()), count - 1, names, out)) return true;
    out.pop_back();
  }
  return false;
}

std::vector<std::string> offered_names(const Work& work, const Call& call) {
  std::vector<std::string> out;
  json::Parser parser;
  for (const messages::TextId tool : call.facts->tools)
    if (const auto parsed = parser.parse(work.text(tool))) {
      const std::string_view name = (**parsed)["function"]["name"].string();
      if (!name.empty()) out.emplace_back(name);
    }
  return out;
}

/// The calls behind one broken one; empty when it is broken in another way.
std::vector<model::ToolCall> part(const model::ToolCall& joined, const std::vector<std::string>& offered) {
  const std::vector<std::string_view> arguments = objects_in_a_row(joined.arguments);
  std::vector<std::string_view> names;
  if (arguments.size() < 2 || arguments.size() > k_most_joined ||
      !part_names(joined.name, arguments.size(), offered, names))
    return {};
  std::vector<model::ToolCall> out;
  for (std::size_t i = 0; i < arguments.size(); ++i)
    out.push_back({i == 0 ? joined.id : std::string(), std::string(names[i]), std::string(arguments[i])});
  return out;
}

}  // namespace

void part_joined_calls(Work& work) {
  for (Slot& slot : work.slots) {
    if (slot.answer_of == k_none || !slot.entry->calls_are_broken) continue;
    const std::vector<std::string> offered = offered_names(work, work.calls[slot.answer_of]);
    model::Message mended = slot.entry->message;
    mended.tool_calls.clear();
    for (const model::ToolCall& call : slot.entry->message.tool_calls) {
      std::vector<model::ToolCall> parted = part(call, offered);
      if (parted.empty()) mended.tool_calls.push_back(call);
      else std::move(parted.begin(), parted.end(), std::back_inserter(mended.tool_calls));
    }
    if (mended.tool_calls.size() == slot.entry->message.tool_calls.size()) continue;
    slot.entry = work.make(std::move(mended));
    slot.origin = model::OriginKind::k_inferred;
  }
}

}  // namespace trajectory::build
