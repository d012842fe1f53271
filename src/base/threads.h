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

/// Threads that this process may use at once (its cgroup's and affinity's limits considered), at least 1.
[[nodiscard]] unsigned usable_threads();

}  // namespace trajectory::base
