#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/result.h"

namespace trajectory::pipeline {

/// Cuts a row of items into passes of at most `budget` in weight and hands them to `work` in order. `work(begin, end)`
/// says whether the items fitted in memory; those of a pass that did not are cut in two and tried again. A pass over
/// one item has to do. Returns how often `work` ran. Errors: those of `work`.
[[nodiscard]] base::Result<unsigned> for_each_pass(
    const std::vector<std::uint64_t>& weights, std::uint64_t budget,
    const std::function<base::Result<bool>(std::size_t begin, std::size_t end)>& work);

/// The rows to plan for one pass of at most `memory_limit` bytes, when `rows` of the source took `bytes`. Some room is
/// left, since rows differ in size.
[[nodiscard]] std::uint64_t rows_per_pass(std::uint64_t memory_limit, std::uint64_t bytes, std::uint64_t rows);

}  // namespace trajectory::pipeline
