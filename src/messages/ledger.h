#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/value.h"
#include "messages/census.h"
#include "messages/held_texts.h"
#include "messages/set_aside_keys.h"

namespace trajectory::messages {

/// Bytes of text in a value: every string below it, keys left out.
[[nodiscard]] inline std::uint64_t text_bytes(const json::Value& value) {
  std::uint64_t total = value.string().size();
  for (const json::Value& item : value.items()) total += text_bytes(item);
  for (const json::Member& member : value.members()) total += text_bytes(member.value);
  return total;
}

/// A member that no reader knows, or a text that was said to be in a message and is not.
struct Unknown {
  std::string name;  ///< the kind of object it stands in, and its key: `message.weird`
  std::string_view key;
  const json::Value* value = nullptr;
};

/// Books every text leaf of a payload to where it went. Readers note what they do with a value; nothing is counted
/// before `settle` walks the whole payload and looks each text up in what the messages hold. So what is booked as in a
/// message is there, what nobody noted is unknown, and the sums hold whatever the readers forget. Notes are kept by the
/// values' addresses: they have to stay where they are until then.
class Ledger {
 public:
  explicit Ledger(Census& census) : census_(census) {}

  /// The value's text is in the message that is being read.
  void message(const json::Value& value) { note(value, {Fate::k_message, {}}); }
  /// The value came in pieces, of which each holds the client's bookkeeping beside the text.
  void pieces(const json::Value& value) { note(value, {Fate::k_pieces, {}}); }
  /// The value repeats what is read elsewhere.
  void repeated(std::string_view key, const json::Value& value) { note(value, {Fate::k_repeated, key}); }
  /// The value holds nothing that anybody said.
  void aside(std::string_view key, const json::Value& value) { note(value, {Fate::k_aside, key}); }
  /// A member that nothing reads: set aside when its key is on the list, else unknown. `where` is a literal that names
  /// the kind of object it stands in.
  void leftover(std::string_view where, const json::Value& value) { note(value, {Fate::k_leftover, where}); }
  /// A text turned out to be JSON: its inside is booked in its place.
  void replace(const json::Value& text, const json::Value& inside) { note(text, {Fate::k_replaced, {}, &inside}); }
  /// The events of a stream add up to `joined`, which is booked in their place; of theirs, what messages do not hold.
  void replace_stream(const json::Value& events, const json::Value& joined) {
    note(events, {Fate::k_stream, {}, &joined});
  }

  /// Books a payload of its own. `where` names what it is, `levels` says which keys of it are set aside. Returns what
  /// is unknown, each member once.
  [[nodiscard]] std::vector<Unknown> settle(const json::Value& root, std::string_view where, unsigned levels,
                                            HeldTexts& held);
  /// Text that is in a call's parameters.
  void parameter(const json::Value& value);
  /// Definitions of tools: their text is in what `held` knows of them.
  [[nodiscard]] std::vector<Unknown> settle_tools(const json::Value& tools, HeldTexts& held);
  /// Text that repeats what stands elsewhere in the inputs.
  void repeated_input(std::string_view key, const json::Value& value);

  /// Elements that are read from now on, until `close`, are part of a payload that is settled later.
  void open() { open_ = true; }
  void close() { open_ = false; }
  /// A message element was read, and what its ledger booked. Nothing is booked again where it was read before.
  void element(const json::Value& value, const Census& booked);
  void repeated_element(const json::Value& value);

 private:
  enum class Fate : std::uint8_t {
    k_none,
    k_message,
    k_pieces,
    k_repeated,
    k_aside,
    k_leftover,
    k_replaced,
    k_stream,
    k_element
  };
  struct Note {
    Fate fate = Fate::k_none;
    std::string_view name;
    const json::Value* inside = nullptr;
    std::size_t number = 0;  ///< in the order they are made
  };
  struct Walk;
  static constexpr std::size_t k_usual = 16;  ///< notes of an element

  void note(const json::Value& value, const Note& note) {
    if (value.is_null()) return;
    if (notes_.empty()) notes_.reserve(k_usual);
    notes_.emplace_back(&value, note).second.number = notes_.size();
    sorted_ = false;
  }
  /// The first note of a value; null when there is none.
  [[nodiscard]] const Note* note_of(const json::Value& value);

  Census& census_;
  std::vector<std::pair<const json::Value*, Note>> notes_;
  bool sorted_ = true;  ///< by address, those of one value in the order they were made
  bool open_ = false;
};

}  // namespace trajectory::messages
