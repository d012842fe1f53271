#include "base/threads.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <sched.h>
#include <thread>
#include <utility>
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
  OrderedWork(std::size_t count, Ahead ahead, const std::function<Result<std::size_t>(std::size_t)>& work,
              const std::function<Status(std::size_t)>& take)
      : count_(count),
        most_bytes_(ahead.bytes),
        work_(work),
        take_(take),
        done_(std::max<std::size_t>(ahead.places, 1)) {}

  void run() {
    std::unique_lock lock(mutex_);
    while (!first_error_) {
      if (!taking_ && may_take()) take_done(lock);
      else if (next_ == count_) return;  // who still works takes what is left
      else if (may_work()) work_on_next(lock);
      else changed_.wait(lock);
    }
  }

  Status status() {
    if (first_error_) return std::move(first_error_->second);
    return {};
  }

 private:
  [[nodiscard]] bool may_take() const { return taken_ < count_ && place_of(taken_).has_value(); }
  /// What is to be taken next is never held up: while it is not begun, nothing waits.
  [[nodiscard]] bool may_work() const { return next_ < taken_ + done_.size() && bytes_ <= most_bytes_; }
  [[nodiscard]] const std::optional<std::size_t>& place_of(std::size_t index) const {
    return done_[index % done_.size()];
  }

  void take_done(std::unique_lock<std::mutex>& lock) {
    taking_ = true;
    while (may_take() && !first_error_) {
      const std::size_t index = taken_;
      lock.unlock();
      const Status status = take_(index);
      lock.lock();
      if (!status.ok()) fail(index, status.error());
      bytes_ -= *std::exchange(done_[index % done_.size()], std::nullopt);
      ++taken_;
      changed_.notify_all();
    }
    taking_ = false;
  }

  void work_on_next(std::unique_lock<std::mutex>& lock) {
    const std::size_t index = next_++;
    lock.unlock();
    const Result<std::size_t> bytes = work_(index);
    lock.lock();
    if (bytes) bytes_ += *(done_[index % done_.size()] = *bytes);
    else fail(index, bytes.error());
    changed_.notify_all();
  }

  void fail(std::size_t index, const Error& error) {
    if (!first_error_ || index < first_error_->first) first_error_.emplace(index, error);
  }

  const std::size_t count_;
  const std::size_t most_bytes_;
  const std::function<Result<std::size_t>(std::size_t)>& work_;
  const std::function<Status(std::size_t)>& take_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::optional<std::size_t>> done_;  ///< a ring: bytes of each index between taken and next that is done
  std::size_t bytes_ = 0;                         ///< their sum
  std::size_t next_ = 0;                          ///< to work on
  std::size_t taken_ = 0;                         ///< how many were taken
  bool taking_ = false;
  std::optional<std::pair<std::size_t, Error>> first_error_;
};

}  // namespace

Status parallel_in_order(unsigned threads, std::size_t count, Ahead ahead,
                         const std::function<Result<std::size_t>(std::size_t)>& work,
                         const std::function<Status(std::size_t)>& take) {
  OrderedWork shared(count, ahead, work, take);
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
