#pragma once

#include <string>
#include <vector>

#include "json/value.h"
#include "model/message.h"
#include "model/trajectory.h"

namespace trajectory::messages {

/// An answer put together from the chunks of a stream.
struct StreamedAnswer {
  model::Message message;
  std::string finish_reason;
};

/// OpenAI's chunks that the client failed to join: one answer a choice. Adds the usage that a chunk tells.
[[nodiscard]] std::vector<StreamedAnswer> join_choices(const json::Value& chunks, model::Usage& usage);

/// Gemini's streamed responses, unjoined.
[[nodiscard]] StreamedAnswer join_candidates(const json::Value& chunks, model::Usage& usage);

/// Whether a value is a piece of text as hand-made generators yield it: a text, or an object around one.
[[nodiscard]] bool is_text_piece(const json::Value& value);

/// Pieces of text, joined.
[[nodiscard]] StreamedAnswer join_texts(const json::Value& pieces);

/// Whether a value is one of Ollama's streamed events: a piece of the message, and whether it was the last.
[[nodiscard]] bool is_message_event(const json::Value& value);

/// Ollama's events, joined. Adds the usage that the last one tells.
[[nodiscard]] StreamedAnswer join_messages(const json::Value& events, model::Usage& usage);

/// Whether a value is a chunk of LangChain's, in an envelope or flat.
[[nodiscard]] bool is_message_chunk(const json::Value& value);

}  // namespace trajectory::messages
