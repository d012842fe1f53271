#include "base/threads.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <sched.h>
#include <thread>
#include <vector>

namespace trajectory::base {

Status parallel_for(unsigned threads, std::size_t count, const std::function<Status(std::size_t, unsigned)>& work) {
  std::atomic<std::size_t> next{0};
  std::atomic<bool> failed{false};
  std::mutex mutex;
  std::optional<std::pair<std::size_t, Error>> first_error;
  const auto run = [&](unsigned worker) {
    for (std::size_t index = next++; index < count && !failed; index = next++) {
      Status status = work(index, worker);
      if (status.ok()) continue;
      failed = true;
      const std::lock_guard lock(mutex);
      if (!first_error || index < first_error->first) first_error.emplace(index, std::move(status).error());
    }
  };
  const auto workers =
      static_cast<unsigned>(std::min<std::size_t>(std::max(threads, 1U), std::max<std::size_t>(count, 1)));
  std::vector<std::jthread> pool;
  for (unsigned worker = 1; worker < workers; ++worker) pool.emplace_back(run, worker);
  run(0);
  pool.clear();
  if (first_error) return std::move(first_error->second);
  return {};
}

unsigned usable_threads() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) return static_cast<unsigned>(std::max(CPU_COUNT(&set), 1));
  return std::max(std::thread::hardware_concurrency(), 1U);
}

}  // namespace trajectory::base
