#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <arrow/status.h>

#include "base/result.h"
#include "store/uri.h"

namespace trajectory::store {

/// What went wrong in an object store, told by the texts of the providers' libraries.
enum class Trouble : std::uint8_t {
  k_no_bucket,
  k_not_found,
  k_expired,
  k_no_credentials,
  k_denied,
  k_wrong_endpoint,
  k_unreachable,
  k_insecure,  ///< TLS
  k_busy,
  k_other,
};

[[nodiscard]] Trouble trouble_of(const arrow::Status& status);

/// Whether trying again may help.
[[nodiscard]] bool may_pass(Trouble trouble);

/// One line for people. `secrets` are masked, should a library repeat one.
[[nodiscard]] base::Error error_of(const arrow::Status& status, Service service, std::string place,
                                   const std::vector<std::string>& secrets);

}  // namespace trajectory::store
