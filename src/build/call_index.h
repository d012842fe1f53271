#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "build/slots.h"

namespace trajectory::build {

/// Finds, among the calls linked so far, those that an input may continue. What it returns is bounded, so that linking
/// a call costs no more than reading its input. System texts are left out of everything.
class CallIndex {
 public:
  explicit CallIndex(const Work& work) : work_(work) {}

  /// Adds a call whose context and answers have their slots.
  void add(CallId id);

  /// Calls that share the beginning of the input: the latest whose whole sequence it begins with, and the latest that
  /// passes the last known place. Either may be none.
  struct Beginning {
    CallId ends = k_none;
    CallId through = k_none;
  };
  [[nodiscard]] Beginning beginning(std::span<const Seen> said) const;

  /// Calls that gave the input's last known answer, latest first.
  [[nodiscard]] std::vector<CallId> gave_last_answer(std::span<const Seen> said) const;

  /// The call that gave the answer with that id (`messages::Answer::id`), unless several did.
  [[nodiscard]] std::optional<CallId> gave_id(std::uint64_t answer) const;

  /// Calls that none continues yet, longest asleep first. Those longer asleep are forgotten.
  [[nodiscard]] const std::vector<CallId>& ends() const { return ends_; }

  /// Calls that continue the answer of one, latest last.
  [[nodiscard]] const std::vector<CallId>& followers(CallId id) const;

  /// The latest call that was shown the very same input in the same trace and scope.
  [[nodiscard]] std::optional<CallId> asked_the_same(const Call& call, std::span<const Seen> input) const;

 private:
  [[nodiscard]] base::Hash128 inherited_prefix(const Call& call) const;

  std::unordered_map<base::Hash128, Beginning, base::Hash128Hasher> prefixes_;
  std::unordered_map<base::Hash128, CallId, base::Hash128Hasher> asked_;
  std::unordered_map<base::Hash128, std::vector<CallId>, base::Hash128Hasher> gave_;  ///< by answer, latest first
  std::unordered_map<std::uint64_t, CallId> gave_id_;
  std::unordered_map<std::string_view, CallId> asked_tool_;  ///< by call id: the call whose answer asked for the tool
  std::unordered_map<CallId, std::vector<CallId>> followers_;
  std::unordered_map<CallId, base::Hash128> seen_;  ///< the prefix that is a call's whole context
  std::vector<CallId> ends_;
  const Work& work_;
};

}  // namespace trajectory::build
