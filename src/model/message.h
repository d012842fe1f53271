#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace trajectory::model {

enum class Role : std::uint8_t { k_system, k_user, k_assistant, k_tool };

inline constexpr std::array<std::string_view, 4> k_role_names{"system", "user", "assistant", "tool"};

[[nodiscard]] constexpr std::string_view role_name(Role role) { return k_role_names[static_cast<std::size_t>(role)]; }

/// A call that a model asked for.
struct ToolCall {
  std::string id;  ///< empty when the recording has none
  std::string name;
  std::string arguments;  ///< JSON text of an object; the model's verbatim text where it was not valid JSON
  bool operator==(const ToolCall&) const = default;
};

/// One message as a model saw or said it.
struct Message {
  Role role = Role::k_user;
  /// The role's name in the payload where it differs from `role` (human, developer, function, ...).
  std::string original_role;
  std::string content;  ///< all text of the message, parts joined
  std::string parts;    ///< JSON array of parts when there is more than text (media as references), else empty
  std::vector<ToolCall> tool_calls;
  std::string tool_call_id;  ///< tool messages: the call they answer
  std::string name;          ///< tool name on tool messages, speaker's name elsewhere
  std::string reasoning;
  std::string error;  ///< tool messages: the error the payload marks (status "error", is_error)
  bool operator==(const Message&) const = default;
};

}  // namespace trajectory::model
