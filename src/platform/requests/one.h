#pragma once

#include "platform/requests/context.h"

namespace trajectory::platform::requests {

// Of the trajectory that the path names; `id` is its public id.
[[nodiscard]] base::Result<Answer> show_trajectory(const Context& context, const Request& request,
                                                   const std::string& id);
[[nodiscard]] base::Result<Answer> list_history(const Context& context, const Request& request, const std::string& id);
[[nodiscard]] base::Result<Answer> list_lines(const Context& context, const Request& request, const std::string& id);
[[nodiscard]] base::Result<Answer> list_messages(const Context& context, const Request& request, const std::string& id);
[[nodiscard]] base::Result<Answer> list_calls(const Context& context, const Request& request, const std::string& id);
[[nodiscard]] base::Result<Answer> list_events(const Context& context, const Request& request, const std::string& id);

/// `DELETE /api/v1/conversations?conversation_id=...[&dataset=...]`
[[nodiscard]] base::Result<Answer> remove(const Context& context, const Request& request);

}  // namespace trajectory::platform::requests
