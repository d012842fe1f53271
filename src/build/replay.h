#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "build/lane_record.h"
#include "build/slots.h"

namespace trajectory::build {

/// Regenerates what recorded model calls were shown and said from their ranges and variants, and compares it, element
/// by element, with what the payloads hold (see `form_difference`). Every difference is told in words, with its place.
class Replay {
 public:
  /// The messages are what the ranges run over. They and the table have to outlive it.
  Replay(std::vector<const model::TranscriptMessage*> messages, const messages::MessageTable& table)
      : messages_(std::move(messages)), table_(table) {}

  /// What differs between a call and the payload of its run, or an empty text: the input first, then the answer.
  [[nodiscard]] std::string difference(const model::ModelCall& call, const messages::RunFacts& run,
                                       const messages::CallFacts& recorded);

 private:
  /// A payload that was recorded late, with the answer and what followed in it, is compared up to the answer. A
  /// stateful request holds only what is new: its system texts first, the rest at the end of the context.
  std::string input_difference(const model::ModelCall& call, const messages::CallFacts& recorded);
  [[nodiscard]] std::string answer_differs(const model::ModelCall& call, const messages::RunFacts& run,
                                           const messages::CallFacts& recorded) const;
  /// What differs between a message, in the form that a call saw, and an element of the payload.
  std::string_view element_difference(const model::ModelCall& call, std::uint32_t place, messages::MessageId shown);

  std::vector<const model::TranscriptMessage*> messages_;
  const messages::MessageTable& table_;
  std::unordered_set<std::uint64_t> equal_;  ///< places and elements that are known to be equal
};

/// What a run's outputs hold otherwise than a message of the record that came from them: an answer, whichever of the
/// candidates it is, or a tool's result. Empty where they agree, or where the outputs hold nothing of the kind.
[[nodiscard]] std::string_view output_difference(const model::TranscriptMessage& kept, const messages::RunFacts& run,
                                                 const messages::Tables& tables);

/// Whether the payload of a call holds an input to compare with. A call without one counts only where its answer
/// differs.
[[nodiscard]] bool shows_input(const messages::CallFacts& recorded);

/// Replays every call of a recorded lane. Counts go to `figures` by payload shape; what differs is named in a problem.
void replay(const Work& work, const LaneRecord& record, BuildFigures& figures);

}  // namespace trajectory::build
