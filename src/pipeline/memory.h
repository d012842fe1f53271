#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trajectory::pipeline {

/// Bytes of memory that this process may use: the machine's, or less where a cgroup of it says so.
[[nodiscard]] std::uint64_t usable_memory();

/// The most memory that this process has held so far, in bytes.
[[nodiscard]] std::uint64_t peak_memory();

/// Gives the memory that was freed back to the system: the next pass over a source begins with little.
void give_back_freed_memory();

/// The smallest memory limit of a process's cgroups and of those around them, if there is any. `memberships` is the
/// text of /proc/self/cgroup, `mount` the folder where the cgroups are shown.
/// https://docs.kernel.org/admin-guide/cgroup-v2.html and cgroup-v1/memory.html
[[nodiscard]] std::optional<std::uint64_t> cgroup_memory_limit(std::string_view memberships, const std::string& mount);

/// What a memory limit leaves for what is kept of a source, after the program itself and the pages that its threads
/// decode: at least half of the limit. No limit (0) stays none.
[[nodiscard]] std::uint64_t memory_to_keep(std::uint64_t limit, unsigned threads);

/// The largest value that is read with that much memory (0: no limit): a JSON text takes nine times its size while it
/// is read. It depends on nothing else, so that the same rows are refused whatever the number of threads.
[[nodiscard]] std::uint64_t largest_value(std::uint64_t memory);

}  // namespace trajectory::pipeline
