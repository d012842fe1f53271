#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace trajectory::record {

/// What tells uploads of one conversation apart: SHA-256 (hex) of the canonical JSON of a trajectory in the contract's
/// form, the whole tree without `telemetry`, `idx` and nulls. `contract_json` is the JSON text of one trajectory.
/// Errors: k_bad_format (no JSON, no trajectory).
[[nodiscard]] base::Result<std::string> upload_hash(std::string_view contract_json);

/// The same of a contract's form that a record keeps, each message once (`model::Trajectory::contract`).
[[nodiscard]] base::Result<std::string> kept_upload_hash(std::string_view kept_json);

}  // namespace trajectory::record
