#pragma once

#include <span>
#include <vector>

#include "build/slots.h"

namespace trajectory::build {

/// How a call's input relates to what an earlier call had seen and said. System texts are left out on both sides.
struct Alignment {
  std::vector<std::uint32_t> to;  ///< for each element of the input its place in the earlier sequence, or k_none
  std::uint32_t matched = 0;      ///< elements that found their place
  std::uint32_t worth = 0;        ///< of these, those that say something: equal content without contrary ids
  bool evidence = false;          ///< an assistant message or a call id is among them: user text proves nothing
  bool whole = false;             ///< the input begins with the whole earlier sequence
  bool window = false;            ///< the input begins with the end of the earlier sequence
  std::uint32_t last_answer =
      0;  ///< the input's last assistant message: 0 found no place, 1 one with other ids, 2 its place
  bool answers_left = false;  ///< assistant messages of the input found no place
};

/// Aligns an input with the sequence of an earlier call (its context, then its answer). Tried in this order: the whole
/// sequence as a prefix; its end at the start of the input (a window), or behind a replaced head (a compaction); a
/// common beginning (a branch). Elements at the same place with other content are the same message in another form
/// where a call id, the text, or the agreement around them says so.
/// With repeated texts an input may be both a beginning of the sequence and a window on its end with a new message
/// behind it. In the same trace it was asked again; `in_new_trace` it is a new turn: equal text is not the same
/// message.
[[nodiscard]] Alignment align(const Work& work, std::span<const SlotId> sequence, std::span<const Seen> input,
                              bool in_new_trace);

/// Whether `a` says more than `b`: it explains the last answer, then all answers, continues what was last said rather
/// than branching off, finds more places. A whole sequence and a window on another's end say the same.
[[nodiscard]] bool stronger(const Alignment& a, const Alignment& b);

/// Whether the element is that message: equal content, or a form of it that an id or the text gives away.
[[nodiscard]] bool same_message(const Slot& slot, const Seen& seen);

/// Whether two texts are versions of one another: most of the longer one is their common beginning and end.
[[nodiscard]] bool similar_text(std::string_view a, std::string_view b);

}  // namespace trajectory::build
