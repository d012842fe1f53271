#include "base/threads.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
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

namespace {

/// The state that the threads of `parallel_in_order` share.
class OrderedWork {
 public:
  OrderedWork(std::size_t count, std::size_t ahead, const std::function<Status(std::size_t)>& work,
              const std::function<Status(std::size_t)>& take)
      : count_(count), work_(work), take_(take), done_(ahead, false) {}

  void run() {
    std::unique_lock lock(mutex_);
    while (!first_error_) {
      if (!taking_ && may_take()) take_done(lock);
      else if (next_ == count_) return;  // who still works takes what is left
      else if (next_ < taken_ + done_.size()) work_on_next(lock);
      else changed_.wait(lock);
    }
  }

  Status status() {
    if (first_error_) return std::move(first_error_->second);
    return {};
  }

 private:
  [[nodiscard]] bool may_take() const { return taken_ < count_ && done_[taken_ % done_.size()]; }

  void take_done(std::unique_lock<std::mutex>& lock) {
    taking_ = true;
    while (may_take() && !first_error_) {
      const std::size_t index = taken_;
      call(lock, take_, index);
      done_[index % done_.size()] = false;
      ++taken_;
      changed_.notify_all();
    }
    taking_ = false;
  }

  void work_on_next(std::unique_lock<std::mutex>& lock) {
    const std::size_t index = next_++;
    call(lock, work_, index);
    done_[index % done_.size()] = true;
    changed_.notify_all();
  }

  void call(std::unique_lock<std::mutex>& lock, const std::function<Status(std::size_t)>& function, std::size_t index) {
    lock.unlock();
    Status status = function(index);
    lock.lock();
    if (!status.ok() && (!first_error_ || index < first_error_->first))
      first_error_.emplace(index, std::move(status).error());
  }

  const std::size_t count_;
  const std::function<Status(std::size_t)>& work_;
  const std::function<Status(std::size_t)>& take_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<bool> done_;  ///< a ring: whether the work of an index between taken and next is done
  std::size_t next_ = 0;    ///< to work on
  std::size_t taken_ = 0;   ///< how many were taken
  bool taking_ = false;
  std::optional<std::pair<std::size_t, Error>> first_error_;
};

}  // namespace

Status parallel_in_order(unsigned threads, std::size_t count, std::size_t ahead,
                         const std::function<Status(std::size_t)>& work,
                         const std::function<Status(std::size_t)>& take) {
  OrderedWork shared(count, std::max<std::size_t>(ahead, 1), work, take);
  std::vector<std::jthread> pool;
  for (unsigned worker = 1; worker < std::min<std::size_t>(threads, count); ++worker)
    pool.emplace_back([&] { shared.run(); });
  shared.run();
  pool.clear();
  return shared.status();
}

unsigned usable_threads() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) return static_cast<unsigned>(std::max(CPU_COUNT(&set), 1));
  return std::max(std::thread::hardware_concurrency(), 1U);
}

}  // namespace trajectory::base
