#include "pipeline/memory.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <malloc.h>
#include <unistd.h>

namespace trajectory::pipeline {

namespace {

void take_limit(const std::string& file, std::optional<std::uint64_t>& smallest) {
  std::uint64_t limit = 0;  // "max" does not parse: no limit
  if (std::ifstream(file) >> limit && limit > 0) smallest = std::min(smallest.value_or(limit), limit);
}

}  // namespace

std::optional<std::uint64_t> cgroup_memory_limit(std::string_view memberships, const std::string& mount) {
  std::optional<std::uint64_t> smallest;
  while (!memberships.empty()) {
    const std::size_t end = std::min(memberships.find('\n'), memberships.size());
    const std::string_view line = memberships.substr(0, end);
    memberships.remove_prefix(std::min(end + 1, memberships.size()));
    // HIERARCHY:CONTROLLERS:PATH, the controllers empty in version 2.
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    std::string list(",");
    list.append(controllers).append(",");
    const bool version_1 = list.find(",memory,") != std::string::npos;
    if (!controllers.empty() && !version_1) continue;
    const std::string root = version_1 ? mount + "/memory" : mount;
    const std::string file = version_1 ? "/memory.limit_in_bytes" : "/memory.max";
    // In a container the path may lie outside of what the mount shows; its root is then the container's own cgroup.
    for (std::string path(line.substr(second + 1));; path.resize(path.rfind('/'))) {
      if (path == "/") path.clear();
      take_limit(std::string(root).append(path).append(file), smallest);
      if (path.rfind('/') == std::string::npos) break;
    }
  }
  return smallest;
}

std::uint64_t usable_memory() {
  const auto pages = static_cast<std::uint64_t>(std::max(sysconf(_SC_PHYS_PAGES), 0L));
  const std::uint64_t machine = pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  std::ifstream file("/proc/self/cgroup");
  const std::string memberships((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  return std::min(machine, cgroup_memory_limit(memberships, "/sys/fs/cgroup").value_or(machine));
}

std::uint64_t peak_memory() {
  // Not getrusage: its figure begins with that of the process that started this one.
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("VmHWM:")) return std::strtoull(line.c_str() + 6, nullptr, 10) * 1024;
  return 0;
}

void give_back_freed_memory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

std::uint64_t memory_to_keep(std::uint64_t limit, unsigned threads) {
  // Measured with pages of 30 MB, which is what writers make of 1 MB pages when the texts in them are long. What pages
  // took is given back before conversations are built.
  constexpr std::uint64_t k_program = 64 << 20;
  constexpr std::uint64_t k_thread = 48 << 20;
  const std::uint64_t working = k_program + k_thread * threads;
  return limit > 2 * working ? limit - working : (limit + 1) / 2;
}

std::uint64_t largest_value(std::uint64_t memory) {
  constexpr std::uint64_t k_least = 16 << 20;
  return memory == 0 ? UINT64_MAX : std::max(memory / 32, k_least);
}

}  // namespace trajectory::pipeline
