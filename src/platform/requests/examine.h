#pragma once

#include <functional>
#include <string>

#include "platform/catalog/check.h"

namespace trajectory::platform::requests {

/// Holds everything in a served folder against everything else, records against the hashes of their content too.
/// Errors: k_io.
[[nodiscard]] base::Result<catalog::Examined> examine(catalog::Catalog& catalog,
                                                      const std::function<void(const std::string&)>& fault);

}  // namespace trajectory::platform::requests
