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

/// How far work may run ahead of what is taken.
struct Ahead {
  std::size_t places = 1;  ///< results that wait, in work or done: they fit a ring of that size
  std::size_t bytes = 0;   ///< of results that are done: no work is begun while they hold more
};

/// Runs `work(index)` for every index below `count` on up to `threads` threads, and behind it `take(index)`: one at a
/// time, in order, on whichever thread is at hand. `work` returns the bytes that its result holds until it is taken.
/// After an error nothing further is begun; the error of the lowest failed index is returned.
[[nodiscard]] Status parallel_in_order(unsigned threads, std::size_t count, Ahead ahead,
                                       const std::function<Result<std::size_t>(std::size_t index)>& work,
                                       const std::function<Status(std::size_t index)>& take);

/// Processors that this process may run on (its affinity considered), at least 1.
[[nodiscard]] unsigned usable_threads();

}  // namespace trajectory::base
