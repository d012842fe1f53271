#pragma once

#include <exception>
#include <string>
#include <type_traits>

#include "base/result.h"

namespace trajectory::platform::requests {

/// What `work` returns (a Result or a Status); k_internal where it throws: the library throws for want of memory, and
/// one request without it should not end the server.
template <class Work>
std::invoke_result_t<Work&> guarded(Work&& work) {
  try {
    return work();
  } catch (const std::exception& thrown) {
    return base::Error(base::ErrorCode::k_internal, std::string("an exception: ") + thrown.what());
  }
}

}  // namespace trajectory::platform::requests
