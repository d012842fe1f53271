#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "model/problem.h"

namespace trajectory::model {

/// Problems of one kind: how many, and the first few (by place, so that the list does not depend on timing).
struct ProblemTally {
  std::uint64_t count = 0;
  Severity severity = Severity::k_note;
  std::vector<Problem> examples;
};

/// Counts problems by kind. Thread-safe.
class ProblemLog {
 public:
  static constexpr std::size_t k_examples = 5;

  void add(const Problem& problem) {
    const std::lock_guard lock(mutex_);
    ProblemTally& tally = tallies_[problem.kind];
    ++tally.count;
    tally.severity = std::max(tally.severity, problem.severity);
    const auto before = [](const Problem& a, const Problem& b) {
      return std::tie(a.place, a.detail) < std::tie(b.place, b.detail);
    };
    tally.examples.insert(std::upper_bound(tally.examples.begin(), tally.examples.end(), problem, before), problem);
    if (tally.examples.size() > k_examples) tally.examples.pop_back();
  }

  [[nodiscard]] std::map<std::string, ProblemTally> tallies() const {
    const std::lock_guard lock(mutex_);
    return tallies_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, ProblemTally> tallies_;
};

}  // namespace trajectory::model
