#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"
#include "messages/draft.h"
#include "messages/ledger.h"
#include "model/message.h"

namespace trajectory::messages {

/// Reads a content value (text, one part, or a list of parts) into the draft.
/// The part types are one table in parts.cpp: a new type is one line there.
void read_content(const json::Value& content, Draft& draft, Ledger& ledger);

/// Reads a tool's result into a message: text, a list of parts, or, where the client writes them so, one part. Other
/// values stay JSON text.
void fill_result(const json::Value& content, model::Message& result, bool one_part = false);

/// Reads a tool's result in the AI SDK's typed form, {"type": "error-text", "value": ...}; false where it is none.
bool fill_typed_result(const json::Value& output, model::Message& result);

/// Adds a part as it is, but for inline data, which becomes its hash and size.
void add_media(Draft& draft, const json::Value& part);
/// Adds media that stands beside the content, as a part {"type": type, type: media}.
void add_media(Draft& draft, std::string_view type, const json::Value& media);
/// The same for what was said beside a text, which becomes a part, too.
void add_beside(Draft& draft, std::string_view type, const json::Value& said);

/// Whether an object has a known part type, said or inferred.
[[nodiscard]] bool looks_like_part(const json::Value& value);

/// Reads a call in any of its forms: flat, with a `function` wrapper, LangChain's {name, args, id}.
[[nodiscard]] model::ToolCall read_call(const json::Value& call, Ledger& ledger);

/// Appends text to a message's content; parts of an answer run on, others stand on lines of their own.
void append_text(model::Message& message, std::string_view text);
void append_reasoning(model::Message& message, std::string_view text);

}  // namespace trajectory::messages
