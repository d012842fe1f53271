#include "base/clock.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>
#include <random>
#include <thread>

namespace trajectory::base {

namespace {

using std::chrono::milliseconds;

constexpr std::int64_t k_slice = 50;  // milliseconds between two looks at the interrupt

std::int64_t steady_now() {
  return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::int64_t wall_now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(since).count();
}

}  // namespace

Clock system_clock(const std::atomic<bool>* stop) {
  struct Chance {
    std::mutex mutex;
    std::mt19937_64 engine{std::random_device()()};
  };
  const auto chance = std::make_shared<Chance>();
  Clock clock;
  clock.now = wall_now;
  clock.steady = steady_now;
  clock.sleep = [stop](std::int64_t length) {
    const std::int64_t end = steady_now() + length;
    for (;;) {
      if (stop != nullptr && *stop) return false;
      const std::int64_t left = end - steady_now();
      if (left <= 0) return true;
      std::this_thread::sleep_for(milliseconds(std::min(left, k_slice)));
    }
  };
  clock.random = [chance] {
    const std::lock_guard lock(chance->mutex);
    return std::uniform_real_distribution<double>(0, 1)(chance->engine);
  };
  return clock;
}

}  // namespace trajectory::base
