#pragma once

#include "platform/requests/context.h"

namespace trajectory::platform::requests {

// GET, each with its parameters in the OpenAPI document.
[[nodiscard]] base::Result<Answer> list_datasets(const Context& context, const Request& request);
[[nodiscard]] base::Result<Answer> list_versions(const Context& context, const Request& request);
[[nodiscard]] base::Result<Answer> list_differences(const Context& context, const Request& request);
[[nodiscard]] base::Result<Answer> list_trajectories(const Context& context, const Request& request);
[[nodiscard]] base::Result<Answer> show_figures(const Context& context, const Request& request);

}  // namespace trajectory::platform::requests
