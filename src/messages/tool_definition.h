#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"
#include "messages/tables.h"

namespace trajectory::messages {

/// A tool's definition in OpenAI's form, whatever the provider's; other kinds of tools as they are, without nulls.
[[nodiscard]] std::string tool_definition(const json::Value& tool);

/// Adds the definitions of a request, each once: a list (of tools, of Gemini's declarations), an object by name, or
/// either as JSON text.
void read_tool_definitions(const json::Value& tools, json::Parser& parser, TextTable& texts, std::vector<TextId>& out);

/// Appends a member to the inside of a JSON object, without the nulls that clients fill unset options with.
void append_parameter(std::string& out, std::string_view key, const json::Value& value);

}  // namespace trajectory::messages
