#pragma once

#include <optional>
#include <string_view>

#include "json/value.h"
#include "model/message.h"

namespace trajectory::messages {

/// The role behind a client's name for it: role names in any case, LangChain's and AutoGen's classes and types.
[[nodiscard]] std::optional<model::Role> role_of(std::string_view name);

/// Whether a Responses item of that type is a piece of an answer, a result, or what a user decided.
[[nodiscard]] bool is_answer_item(std::string_view type);
[[nodiscard]] bool is_result_item(std::string_view type);
[[nodiscard]] bool is_user_item(std::string_view type);

/// Whether messages without a `content` hold their text under that key.
[[nodiscard]] bool is_text_key(std::string_view key);

/// Whether a text is only Python's name for an object that could not be written down: `<openai.Omit object at 0x7f..>`,
/// `<APIResponse [200 OK] type=..>`, `NOT_GIVEN`.
[[nodiscard]] bool names_an_object(std::string_view text);

/// A message object taken apart: where its members stand and what says its role.
struct MessageShape {
  const json::Value* body = nullptr;
  std::string_view role;
  bool typed_item = false;  ///< a Responses item {"type": "message", ...}
};

/// Takes a message object apart: through LangChain's envelopes and stored forms, and wrappers under `message`.
[[nodiscard]] MessageShape shape_of(const json::Value& object);

/// True for an object or pair that reads as a message.
[[nodiscard]] bool looks_like_message(const json::Value& value);

}  // namespace trajectory::messages
