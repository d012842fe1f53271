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

/// Runs `work(index)` for every index below `count` on up to `threads` threads, and behind it `take(index)`: one at a
/// time, in order, on whichever thread is at hand. No work is begun `ahead` or more indexes before the next to take, so
/// results can wait in a ring of that many places. After an error nothing further is begun; the error of the lowest
/// failed index is returned.
[[nodiscard]] Status parallel_in_order(unsigned threads, std::size_t count, std::size_t ahead,
                                       const std::function<Status(std::size_t index)>& work,
                                       const std::function<Status(std::size_t index)>& take);

/// Processors that this process may run on (its affinity considered), at least 1.
[[nodiscard]] unsigned usable_threads();

}  // namespace trajectory::base
