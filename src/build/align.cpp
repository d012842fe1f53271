#include "build/align.h"

#include <algorithm>
#include <tuple>

namespace trajectory::build {

namespace {

bool shares_call_id(const model::Message& a, const model::Message& b) {
  for (const model::ToolCall& one : a.tool_calls)
    for (const model::ToolCall& other : b.tool_calls)
      if (!one.id.empty() && one.id == other.id) return true;
  return false;
}

bool contains_text(std::string_view text, std::string_view part) {
  constexpr std::string_view k_space = " \n\t\r";
  const std::size_t first = part.find_first_not_of(k_space);
  if (first == std::string_view::npos) return true;
  return text.find(part.substr(first, part.find_last_not_of(k_space) - first + 1)) != std::string_view::npos;
}

/// A spoken answer is named by its audio's id alone when it goes back in.
bool names_spoken_answer(const model::Message& seen, const model::Message& said) {
  constexpr std::string_view k_audio = R"([{"type":"audio","audio":{"id":)";
  if (!seen.content.empty() || !seen.parts.starts_with(k_audio)) return false;
  const std::string_view reference =
      std::string_view(seen.parts).substr(0, seen.parts.find_first_of(",}", k_audio.size()));
  return said.parts.starts_with(reference);
}

/// Same place, other content: the same message in another form? `next_agrees`: what follows is the same on both sides.
bool is_form_of(const Slot& slot, const Seen& seen, bool next_agrees) {
  const model::Message& a = slot.entry->message;
  const model::Message& b = seen.entry->message;
  if (a.role != b.role) return false;
  // Garbled by the client when it joined a stream; the resent form is clean.
  if (a.role == model::Role::k_assistant && slot.answer_of != k_none && slot.entry->calls_are_broken &&
      !b.tool_calls.empty())
    return true;
  if (a.role == model::Role::k_assistant) return next_agrees && similar_text(a.content, b.content);
  if (a.role == model::Role::k_tool && a.tool_call_id.empty() && b.tool_call_id.empty())
    return next_agrees || similar_text(a.content, b.content);
  if (a.role == model::Role::k_tool) return next_agrees;
  // What was retrieved for a question stands around it. Another text altogether is a summary of what stood there.
  return next_agrees && (similar_text(a.content, b.content) || contains_text(a.content, b.content) ||
                         contains_text(b.content, a.content));
}

/// Whether both sides have call ids and none is shared: equal texts then stand for different calls, as a rule.
bool ids_differ(const model::Message& a, const model::Message& b) {
  if (a.role == model::Role::k_tool)
    return !a.tool_call_id.empty() && !b.tool_call_id.empty() && a.tool_call_id != b.tool_call_id;
  const auto has_id = [](const model::Message& m) { return !m.tool_calls.empty() && !m.tool_calls.front().id.empty(); };
  return has_id(a) && has_id(b) && !shares_call_id(a, b);
}

/// What a match is worth as evidence: forms of a message and repeated texts say little.
std::uint32_t weight(const Slot& slot, const Seen& seen) {
  return same_message(slot, seen) && !ids_differ(slot.entry->message, seen.entry->message) ? 1 : 0;
}

}  // namespace

bool similar_text(std::string_view a, std::string_view b) {
  const std::size_t shorter = std::min(a.size(), b.size());
  const std::size_t longer = std::max(a.size(), b.size());
  if (longer == 0) return true;
  std::size_t begin = 0;
  while (begin < shorter && a[begin] == b[begin]) ++begin;
  std::size_t end = 0;
  while (end < shorter - begin && a[a.size() - 1 - end] == b[b.size() - 1 - end]) ++end;
  return (begin + end) * 2 >= longer;
}

bool same_message(const Slot& slot, const Seen& seen) {
  if (slot.entry == seen.entry || slot.entry->identity == seen.entry->identity) return true;
  const model::Message& a = slot.entry->message;
  const model::Message& b = seen.entry->message;
  if (a.role != b.role) return false;
  if (a.role == model::Role::k_tool) return !a.tool_call_id.empty() && a.tool_call_id == b.tool_call_id;
  if (a.role != model::Role::k_assistant) return false;
  if (shares_call_id(a, b) || names_spoken_answer(b, a)) return true;
  // What stood beside the text (code that ran, media) lost on the way back in.
  if (a.parts.empty() != b.parts.empty() && !b.content.empty() && a.tool_calls.empty() && b.tool_calls.empty() &&
      slot.entry->text_hash == seen.entry->text_hash)
    return true;
  // The calls of an answer lost on the way back in, or the whole of it.
  if (b.tool_calls.empty() && !a.tool_calls.empty() && slot.entry->text_hash == seen.entry->text_hash &&
      (seen.placeholder || !b.content.empty()))
    return true;
  return seen.placeholder && !a.tool_calls.empty();
}

bool stronger(const Alignment& a, const Alignment& b) {
  const auto rank = [](const Alignment& x) {
    return std::tuple(x.last_answer, !x.answers_left, x.whole || x.window, x.worth);
  };
  return rank(a) > rank(b);
}

Alignment align(const Work& work, std::span<const SlotId> sequence, std::span<const Seen> input, bool in_new_trace) {
  const std::size_t n = sequence.size();
  const std::size_t m = input.size();
  Alignment out;
  out.to.assign(m, k_none);
  if (n == 0 || m == 0) return out;
  const auto slot = [&](std::size_t i) -> const Slot& { return work.slots[sequence[i]]; };
  const auto same = [&](std::size_t i, std::size_t j) { return same_message(slot(i), input[j]); };

  // Results without ids may all have been cut or cleared: what follows the whole row of them counts.
  const auto are_nameless_results = [&](std::size_t i, std::size_t j) {
    return is_tool(slot(i).entry) && is_tool(input[j].entry) && slot(i).entry->message.tool_call_id.empty() &&
           input[j].entry->message.tool_call_id.empty();
  };
  const auto next_agrees = [&](std::size_t at) {
    std::size_t next = at + 1;
    while (are_nameless_results(at, at) && next < n && next < m && !same(next, next) &&
           are_nameless_results(next, next))
      ++next;
    return next < n && next < m && same(next, next);
  };

  std::size_t prefix = 0;
  while (prefix < n && prefix < m) {
    if (!same(prefix, prefix) && !is_form_of(slot(prefix), input[prefix], next_agrees(prefix))) break;
    ++prefix;
  }

  const auto worth = [&](std::size_t from, std::size_t at, std::size_t size) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < size; ++i) sum += weight(slot(from + i), input[at + i]);
    return sum;
  };

  // The end of the sequence, anywhere in the input.
  std::size_t tail = 0;
  std::size_t tail_end = 0;  // place in the input behind the matched end
  if (prefix < n) {
    for (std::size_t last = 0; last < m; ++last) {
      std::size_t size = 0;
      while (size <= last && size < n &&
             (same(n - 1 - size, last - size) || (size > 0 && are_nameless_results(n - 1 - size, last - size))))
        ++size;
      if (size > 0 && size >= tail) {  // a repeated text: the later place leaves more room for what came before
        tail = size;
        tail_end = last + 1;
      }
    }
  }
  const std::size_t tail_begin = tail_end - tail;
  // Before a gap only equal content counts: another text there is a summary of what was dropped.
  std::size_t head = std::min({prefix, tail_begin, n - tail});
  while (head > 0 && head < n - tail && weight(slot(head - 1), input[head - 1]) == 0) --head;
  const std::uint32_t by_prefix = worth(0, 0, prefix);
  const std::uint32_t by_tail = worth(0, 0, head) + worth(n - tail, tail_begin, tail);
  const bool new_turn = in_new_trace && prefix == m && tail_begin == 0 && tail_end < m;
  const bool take_tail = tail > 0 && (new_turn || by_tail > by_prefix || (by_tail == by_prefix && head == 0));
  const std::size_t front = take_tail ? head : prefix;

  for (std::size_t i = 0; i < front; ++i) out.to[i] = static_cast<std::uint32_t>(i);
  if (take_tail)
    for (std::size_t i = 0; i < tail; ++i) out.to[tail_begin + i] = static_cast<std::uint32_t>(n - tail + i);
  out.whole = prefix == n;
  out.window = take_tail && tail_begin == 0;
  out.worth = take_tail ? by_tail : by_prefix;
  for (std::size_t j = 0; j < m; ++j) {
    if (is_assistant(input[j].entry)) out.last_answer = out.to[j] == k_none ? 0 : 1 + weight(slot(out.to[j]), input[j]);
    if (out.to[j] == k_none) {
      out.answers_left = out.answers_left || is_assistant(input[j].entry);
      continue;
    }
    ++out.matched;
    const model::Message& message = slot(out.to[j]).entry->message;
    out.evidence = out.evidence || message.role == model::Role::k_assistant || !message.tool_call_id.empty();
  }
  return out;
}

}  // namespace trajectory::build
