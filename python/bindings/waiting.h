#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <future>
#include <mutex>
#include <string>

#include <nanobind/nanobind.h>

#include "pipeline/import.h"

namespace trajectory::python {

/// How often the interpreter's thread looks for Ctrl-C and shows progress.
inline constexpr std::chrono::milliseconds k_look{50};

/// What the work says of its progress, handed from its threads to the interpreter's.
class ProgressBoard {
 public:
  [[nodiscard]] pipeline::Hooks hooks(std::atomic<bool>& stop) {
    return {&stop, [this](std::string_view stage, std::uint64_t done, std::uint64_t total) {
              const std::lock_guard lock(mutex_);
              stage_ = stage;
              done_ = done;
              total_ = total;
            }};
  }

  /// Calls `listener(stage, done, total)`, unless it is None or there is nothing to tell. Needs the GIL.
  void tell(const nanobind::object& listener) {
    if (listener.is_none()) return;
    std::unique_lock lock(mutex_);
    if (stage_.empty()) return;
    const std::string stage = stage_;
    const std::uint64_t done = done_;
    const std::uint64_t total = total_;
    lock.unlock();
    listener(stage, done, total);
  }

 private:
  std::mutex mutex_;
  std::string stage_;
  std::uint64_t done_ = 0;
  std::uint64_t total_ = 0;
};

/// Runs work on a thread of its own, so that Ctrl-C reaches the interpreter, which waits without the GIL. A
/// KeyboardInterrupt, or an exception of the listener, ends the work first and is raised then.
template <class Work>
auto run_interruptibly(const nanobind::object& progress, Work work) {
  std::atomic<bool> stop{false};
  ProgressBoard board;
  const pipeline::Hooks hooks = board.hooks(stop);
  auto done = std::async(std::launch::async, [&] { return work(hooks); });
  const auto wait = [&](auto time) {
    const nanobind::gil_scoped_release release;
    return done.wait_for(time) == std::future_status::ready;
  };
  try {
    while (!wait(k_look)) {
      if (PyErr_CheckSignals() != 0) throw nanobind::python_error();
      board.tell(progress);
    }
  } catch (...) {
    stop = true;
    const nanobind::gil_scoped_release release;
    done.wait();
    throw;
  }
  return done.get();
}

}  // namespace trajectory::python
