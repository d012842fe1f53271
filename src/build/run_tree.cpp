#include "build/run_tree.h"

#include <unordered_map>

#include "build/slots.h"

namespace trajectory::build {

RunTree::RunTree(const std::vector<messages::RunFacts>& runs) : parents(runs.size(), k_none) {
  std::unordered_map<messages::TextId, std::uint32_t> at;
  for (std::uint32_t i = 0; i < runs.size(); ++i) at.emplace(runs[i].id, i);
  for (std::uint32_t i = 0; i < runs.size(); ++i)
    if (const auto found = at.find(runs[i].parent_id); runs[i].parent_id != 0 && found != at.end())
      parents[i] = found->second;

  // Parents may start after their children in a skewed clock: the order of time says nothing.
  parents_first.reserve(runs.size());
  std::vector<bool> placed(runs.size(), false);
  std::vector<std::uint32_t> waiting;
  for (std::uint32_t i = 0; i < runs.size(); ++i) {
    for (std::uint32_t above = i; above != k_none && !placed[above]; above = parents[above]) {
      placed[above] = true;
      waiting.push_back(above);
    }
    parents_first.insert(parents_first.end(), waiting.rbegin(), waiting.rend());
    waiting.clear();
  }
}

}  // namespace trajectory::build
