#pragma once

#include <string>

#include "base/result.h"

namespace trajectory::platform::catalog {

/// Makes the folder of a server where it is not there; one without a catalog must be empty, and becomes its owner's
/// alone. Errors: k_io, k_exists (it holds other things), k_not_found (payloads whose catalog is missing).
[[nodiscard]] base::Status make_data_folder(const std::string& folder);

/// Errors: k_not_found (it is no folder of a server).
[[nodiscard]] base::Status find_data_folder(const std::string& folder);

}  // namespace trajectory::platform::catalog
