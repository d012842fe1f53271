#pragma once

#include <string>

#include "json/value.h"

namespace trajectory::messages {

/// Whether a value is an event of a provider's stream, or a list of them: Anthropic's, Bedrock's, the Responses API's.
[[nodiscard]] bool is_event_stream(const json::Value& value);

/// The response that a stream's events add up to, as JSON text in the provider's own form. "{}" when they hold nothing
/// of an answer.
[[nodiscard]] std::string join_events(const json::Value& events);

}  // namespace trajectory::messages
