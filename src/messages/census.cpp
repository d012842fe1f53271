#include "messages/census.h"

#include "messages/ledger.h"

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
  for (const std::string_view key : k_set_aside_keys) out.append(key).push_back('\n');
  return out;
}

}  // namespace trajectory::messages
