#include "pipeline/passes.h"

#include <algorithm>
#include <utility>

namespace trajectory::pipeline {

namespace {

using Pass = std::pair<std::size_t, std::size_t>;  // its items, half-open

/// Where to cut so that both halves weigh about the same; at least one item stays on each side.
std::size_t middle(const std::vector<std::uint64_t>& weights, Pass pass) {
  std::uint64_t total = 0;
  for (std::size_t i = pass.first; i < pass.second; ++i) total += weights[i];
  std::uint64_t half = weights[pass.first];
  std::size_t at = pass.first + 1;
  while (at + 1 < pass.second && half + weights[at] <= total / 2) half += weights[at++];
  return at;
}

}  // namespace

base::Result<unsigned> for_each_pass(const std::vector<std::uint64_t>& weights, std::uint64_t budget,
                                     const std::function<base::Result<bool>(std::size_t, std::size_t)>& work) {
  std::vector<Pass> waiting;  // the next one last
  for (std::size_t begin = 0; begin < weights.size();) {
    std::uint64_t weight = weights[begin];
    std::size_t end = begin + 1;
    while (end < weights.size() && weight + weights[end] <= budget) weight += weights[end++];
    waiting.emplace_back(begin, end);
    begin = end;
  }
  std::reverse(waiting.begin(), waiting.end());
  unsigned passes = 0;
  while (!waiting.empty()) {
    const Pass pass = waiting.back();
    waiting.pop_back();
    ++passes;
    const auto fitted = work(pass.first, pass.second);
    if (!fitted) return fitted.error();
    if (*fitted || pass.second - pass.first == 1) continue;
    const std::size_t cut = middle(weights, pass);
    waiting.emplace_back(cut, pass.second);
    waiting.emplace_back(pass.first, cut);
  }
  return passes;
}

std::uint64_t rows_per_pass(std::uint64_t memory_limit, std::uint64_t bytes, std::uint64_t rows) {
  constexpr double k_planned_share = 0.8;
  const double bytes_per_row = static_cast<double>(bytes) / static_cast<double>(std::max<std::uint64_t>(rows, 1));
  return static_cast<std::uint64_t>(static_cast<double>(memory_limit) * k_planned_share / std::max(bytes_per_row, 1.0));
}

}  // namespace trajectory::pipeline
