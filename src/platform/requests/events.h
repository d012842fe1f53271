#pragma once

#include "platform/requests/context.h"

namespace trajectory::platform::requests {

/// `POST /api/v1/telemetry/events`: stores events; an id that is known is left as it stands. What is wrong with single
/// events is in the answer, beside what was stored.
[[nodiscard]] base::Result<Answer> push_events(const Context& context, const Request& request);

}  // namespace trajectory::platform::requests
