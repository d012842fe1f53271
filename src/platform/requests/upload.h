#pragma once

#include "platform/requests/context.h"

namespace trajectory::platform::requests {

/// `POST /api/v1/trajectories/upload`: trajectories in the contract's form, or native records as JSON lines. Each is
/// stored, skipped (the same content is there) or refused by itself; a body that cannot be read stores nothing.
[[nodiscard]] base::Result<Answer> upload(const Context& context, const Request& request);

/// `POST /api/v1/trajectories/known`: which of the named contents are there already.
[[nodiscard]] base::Result<Answer> known(const Context& context, const Request& request);

}  // namespace trajectory::platform::requests
