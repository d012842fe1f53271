#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "model/message.h"

namespace trajectory::messages {

using MessageId = std::uint32_t;
using TextId = std::uint32_t;  ///< 0 is the empty text

/// Keeps each distinct text once. Thread-safe; a text stays where it is for the table's life.
class TextTable {
 public:
  TextTable();
  ~TextTable();

  [[nodiscard]] TextId add(std::string_view text);
  /// The text of an id that `add` returned.
  [[nodiscard]] std::string_view get(TextId id) const;
  /// Bytes held, roughly.
  [[nodiscard]] std::size_t bytes() const;

 private:
  friend struct Tables;
  struct Shards;
  std::unique_ptr<Shards> shards_;
};

/// A distinct message with the hashes that alignment works on.
struct MessageEntry {
  model::Message message;
  /// Role, text without white space, calls by name and arguments: equal for every rendering of one message.
  base::Hash128 identity;
  /// Identity of the text alone, for recognising an answer in other places.
  std::uint64_t text_hash = 0;
  /// What a model reads, to the letter: role, text, parts, calls. Differs between variants.
  base::Hash128 form;
  /// Whether a call's arguments are no JSON object: what a client leaves that joins a stream wrongly.
  bool calls_are_broken = false;
};

/// What one element of a payload's message list was read as.
struct Element {
  std::vector<MessageId> messages;
  bool item = false;      ///< a piece of an answer (Responses items): joins the assistant message before it
  bool has_text = false;  ///< the piece brings the answer's text
  std::uint64_t id = 0;   ///< hash of an assistant message's own id, where it has one
  bool goes_on = false;   ///< what the assistant says next belongs to the same answer
};

/// Keeps each distinct message once and remembers which payload bytes it was read from, so that repeated history is
/// recognised without parsing. Thread-safe while runs are extracted; ids depend on timing, contents do not.
class MessageTable {
 public:
  MessageTable();
  ~MessageTable();

  /// The element that was read from bytes of that hash; null when none was. Stays valid for the table's life.
  [[nodiscard]] const Element* find(base::Hash128 raw) const;
  /// Keeps the element for these bytes, unless one is known. Returns what is kept, and whether it is the one given.
  std::pair<const Element*, bool> remember(base::Hash128 raw, Element element);

  [[nodiscard]] MessageId add(model::Message message);
  /// Stays valid for the table's life.
  [[nodiscard]] const MessageEntry& get(MessageId id) const;
  /// Bytes held, roughly.
  [[nodiscard]] std::size_t bytes() const;

 private:
  friend struct Tables;
  struct Shards;
  std::unique_ptr<Shards> shards_;
};

/// The tables that facts point into.
struct Tables {
  TextTable texts;
  MessageTable messages;

  /// Frees everything, on so many threads: a large import ends with millions of small pieces of memory.
  void clear(unsigned threads);

  /// Bytes held, roughly.
  [[nodiscard]] std::size_t bytes() const { return texts.bytes() + messages.bytes(); }
};

/// The hashes of a message (see `MessageEntry`).
[[nodiscard]] MessageEntry make_entry(model::Message message);

/// Hash of a text without its white space, as in `MessageEntry::text_hash`.
[[nodiscard]] std::uint64_t text_identity(std::string_view text);

}  // namespace trajectory::messages
