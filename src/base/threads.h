#pragma once

#include <cstddef>
#include <functional>

#include "base/result.h"

namespace trajectory::base {

/// Runs `work(index, worker)` for every index below `count` on up to `threads` threads (worker counts from 0; with one
/// thread, on the caller's). After an error no further index is begun; the error of the lowest failed index is
/// returned.
[[nodiscard]] Status parallel_for(unsigned threads, std::size_t count,
                                  const std::function<Status(std::size_t index, unsigned worker)>& work);

/// Processors that this process may run on (its affinity considered), at least 1.
[[nodiscard]] unsigned usable_threads();

}  // namespace trajectory::base
