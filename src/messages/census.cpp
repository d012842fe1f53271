#include "messages/census.h"

#include <array>
#include <utility>

#include "messages/set_aside_keys.h"

namespace trajectory::messages {

void Census::add(const Census& other) {
  total_bytes += other.total_bytes;
  message_bytes += other.message_bytes;
  parameter_bytes += other.parameter_bytes;
  const auto merge = [](auto& into, const auto& from) {
    for (const auto& [key, tally] : from) {
      into[key].count += tally.count;
      into[key].bytes += tally.bytes;
    }
  };
  merge(set_aside, other.set_aside);
  merge(unknown, other.unknown);
  for (const auto& [shape, count] : other.calls_by_shape) calls_by_shape[shape] += count;
}

bool Census::adds_up() const {
  std::uint64_t sum = message_bytes + parameter_bytes;
  for (const auto& [key, tally] : set_aside) sum += tally.bytes;
  for (const auto& [key, tally] : unknown) sum += tally.bytes;
  return sum == total_bytes;
}

std::string census_keys() {
  std::string out;
  for (const SetAsideKey& entry : k_set_aside_keys) {
    out.append(entry.key);
    if (entry.levels != k_anywhere) {
      std::string_view before = " (";
      for (const auto& [level, name] : std::to_array<std::pair<Level, std::string_view>>(
               {{k_response, "response"}, {k_message, "message"}, {k_part, "part"}, {k_call, "call"}}))
        if ((entry.levels & level) != 0) out.append(std::exchange(before, ", ")).append(name);
      out.push_back(')');
    }
    out.push_back('\n');
  }
  return out;
}

}  // namespace trajectory::messages
