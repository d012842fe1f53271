#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <future>
#include <mutex>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <nanobind/nanobind.h>

#include "live/access.h"
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

  [[nodiscard]] live::Hooks live_hooks(std::atomic<bool>& stop) {
    return {&stop, hooks(stop).progress, [this](std::string_view line) {
              const std::lock_guard lock(mutex_);
              notes_.emplace_back(line);
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

  /// Calls `listener(line)` for each new line that a person should read, unless it is None. Needs the GIL.
  void tell_notes(const nanobind::object& listener) {
    std::unique_lock lock(mutex_);
    const std::vector<std::string> notes = std::exchange(notes_, {});
    lock.unlock();
    if (listener.is_none()) return;
    for (const std::string& note : notes)
      listener(nanobind::steal(PyUnicode_DecodeUTF8(note.data(), static_cast<Py_ssize_t>(note.size()), "replace")));
  }

 private:
  std::mutex mutex_;
  std::string stage_;
  std::uint64_t done_ = 0;
  std::uint64_t total_ = 0;
  std::vector<std::string> notes_;
};

/// Who is told of the work meanwhile; None: nobody.
struct Listeners {
  nanobind::object progress = nanobind::none();  ///< called with stage, done, total
  nanobind::object notes = nanobind::none();     ///< called with a line
};

/// Runs work on a thread of its own, so that Ctrl-C reaches the interpreter, which waits without the GIL. A
/// KeyboardInterrupt, or an exception of a listener, ends the work first and is raised then, with what an interrupted
/// work had to say as a note of it. `work` is given the hooks of an import, or of a live operation, and gives a
/// `base::Result`.
template <class Work>
auto run_interruptibly(const Listeners& listeners, Work work) {
  std::atomic<bool> stop{false};
  ProgressBoard board;
  auto done = std::async(std::launch::async, [&] {
    if constexpr (std::is_invocable_v<Work, const live::Hooks&>) return work(board.live_hooks(stop));
    else return work(board.hooks(stop));
  });
  const auto wait = [&](auto time) {
    const nanobind::gil_scoped_release release;
    return done.wait_for(time) == std::future_status::ready;
  };
  const auto end = [&] {
    stop = true;
    const nanobind::gil_scoped_release release;
    return done.get();
  };
  try {
    while (!wait(k_look)) {
      if (PyErr_CheckSignals() != 0) throw nanobind::python_error();
      board.tell(listeners.progress);
      board.tell_notes(listeners.notes);
    }
  } catch (nanobind::python_error& error) {
    const auto result = end();
    if (!result && result.error().code() == base::ErrorCode::k_interrupted &&
        result.error().text() != live::interrupted().text())
      error.value().attr("add_note")(result.error().text());
    throw;
  } catch (...) {
    (void)end();
    throw;
  }
  board.tell_notes(listeners.notes);
  return done.get();
}

}  // namespace trajectory::python
