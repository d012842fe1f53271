#include "build/reward.h"

#include <cstdlib>
#include <map>

#include "json/value.h"

namespace trajectory::build {

std::optional<model::Reward> read_reward(const Work& work) {
  struct Sum {
    double total = 0;
    std::int64_t count = 0;
  };
  std::map<std::string, Sum> sums;
  json::Parser parser;
  for (const Trace& trace : work.conversation.traces) {
    for (const messages::RunFacts& run : trace.runs) {
      if (run.feedback == 0) continue;
      const auto parsed = parser.parse(work.text(run.feedback));
      if (!parsed) continue;
      for (const json::Member& member : (*parsed)->members()) {
        const json::Value& mean = member.value["avg"];
        if (!mean.is_number()) continue;
        const std::int64_t count = std::max<std::int64_t>(member.value["n"].integer(1), 1);
        Sum& sum = sums[std::string(member.key)];
        sum.total += std::strtod(std::string(mean.text()).c_str(), nullptr) * static_cast<double>(count);
        sum.count += count;
      }
    }
  }
  if (sums.empty()) return std::nullopt;
  model::Reward reward;
  for (const auto& [key, sum] : sums) {
    reward.components.push_back({key, sum.total / static_cast<double>(sum.count), sum.count});
    reward.aggregated_value += reward.components.back().value / static_cast<double>(sums.size());
  }
  return reward;
}

}  // namespace trajectory::build
