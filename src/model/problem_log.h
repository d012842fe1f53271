#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "model/problem.h"

namespace trajectory::model {

/// Problems of one kind: how many, and the first few (the gravest, by place, so that the list does not depend on
/// timing).
struct ProblemTally {
  std::uint64_t count = 0;
  Severity severity = Severity::k_note;
  std::vector<Problem> examples;
};

/// Problems by kind.
using ProblemTallies = std::map<std::string, ProblemTally>;

/// How many examples of a kind are kept.
inline constexpr std::size_t k_problem_examples = 5;

[[nodiscard]] inline bool stands_before(const Problem& a, const Problem& b) {
  return std::tie(b.severity, a.place, a.detail) < std::tie(a.severity, b.place, b.detail);
}

/// Adds up counts, and keeps the first examples of both.
inline void merge(ProblemTallies& into, const ProblemTallies& from) {
  for (const auto& [kind, more] : from) {
    ProblemTally& tally = into[kind];
    tally.count += more.count;
    tally.severity = std::max(tally.severity, more.severity);
    std::vector<Problem> examples;
    std::merge(tally.examples.begin(), tally.examples.end(), more.examples.begin(), more.examples.end(),
               std::back_inserter(examples), stands_before);
    if (examples.size() > k_problem_examples) examples.resize(k_problem_examples);
    tally.examples = std::move(examples);
  }
}

/// Counts problems by kind. Thread-safe.
class ProblemLog {
 public:
  void add(const Problem& problem) {
    const std::lock_guard lock(mutex_);
    ProblemTally& tally = tallies_[problem.kind];
    ++tally.count;
    tally.severity = std::max(tally.severity, problem.severity);
    tally.examples.insert(std::upper_bound(tally.examples.begin(), tally.examples.end(), problem, stands_before),
                          problem);
    if (tally.examples.size() > k_problem_examples) tally.examples.pop_back();
  }

  [[nodiscard]] ProblemTallies tallies() const {
    const std::lock_guard lock(mutex_);
    return tallies_;
  }

 private:
  mutable std::mutex mutex_;
  ProblemTallies tallies_;
};

}  // namespace trajectory::model
