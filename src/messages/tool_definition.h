#pragma once

#include <string>
#include <string_view>

#include "json/value.h"

namespace trajectory::messages {

/// A tool's definition in OpenAI's form, whatever the provider's; other kinds of tools as they are, without nulls.
[[nodiscard]] std::string tool_definition(const json::Value& tool);

/// Appends a member to the inside of a JSON object, without the nulls that clients fill unset options with.
void append_parameter(std::string& out, std::string_view key, const json::Value& value);

}  // namespace trajectory::messages
