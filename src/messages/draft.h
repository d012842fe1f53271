#pragma once

#include <string>
#include <vector>

#include "json/value.h"
#include "messages/ledger.h"
#include "model/message.h"

namespace trajectory::messages {

/// A message being read: what its parts brought.
struct Draft {
  model::Message message;
  std::vector<model::ToolCall> part_calls;  ///< calls that stood among the content parts
  std::vector<model::Message> results;      ///< tool results that stood among the content parts
  std::string parts;                        ///< JSON elements for `Message::parts`, comma-separated
  bool rich = false;                        ///< there is more than text: `parts` counts
  std::vector<std::string> unknown_types;

  /// Nothing but the results, if any.
  [[nodiscard]] bool is_empty() const;
};

/// Ends the reading of `root`: puts the parts into the message and books the payload. Text that no reader put anywhere
/// stays in the message as a part {"type": "unknown", key: value}. Returns the names of unknown keys.
[[nodiscard]] std::vector<std::string> close_draft(Draft& draft, const json::Value& root, unsigned levels,
                                                   Ledger& ledger);

/// A message's parts without those of unknown keys, as identity compares them: clients that do not know a key leave it
/// out of the history that they send again. Empty when only text is left.
[[nodiscard]] std::string known_parts(std::string_view parts);

/// Appends JSON in which inline data is replaced by its hash and size; links and identifiers stay.
void append_media(std::string& out, const json::Value& value, std::string_view key);

}  // namespace trajectory::messages
