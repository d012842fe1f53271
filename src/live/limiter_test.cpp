#include "live/limiter.h"

#include <algorithm>
#include <functional>
#include <vector>

#include <gtest/gtest.h>

namespace trajectory::live {
namespace {

/// A clock that moves only when somebody waits, and a service that lets through so many calls in any ten seconds.
class World {
 public:
  explicit World(std::size_t allowed) : allowed_(allowed) {}

  base::Clock clock() {
    base::Clock out;
    out.now = [this] { return now_ * 1000; };
    out.steady = [this] { return now_; };
    out.sleep = [this](std::int64_t length) {
      now_ += std::max<std::int64_t>(length, 1);
      return true;
    };
    out.random = [] { return 0.5; };
    return out;
  }

  /// Calls for so long. Returns how many were let through.
  std::size_t call_for(Limiter& limiter, std::int64_t length, bool tells_wait) {
    const std::int64_t end = now_ + length;
    std::size_t count = 0;
    while (now_ < end && limiter.acquire()) {
      now_ += 20;  // the call
      std::erase_if(times_, [&](std::int64_t time) { return time + Limiter::k_window <= now_; });
      if (times_.size() < allowed_) {
        times_.push_back(now_);
        ++count;
        limiter.let_through();
        continue;
      }
      ++refused;
      const std::int64_t wait = times_[times_.size() - allowed_] + Limiter::k_window - now_;
      limiter.refused(tells_wait ? std::optional(wait) : std::nullopt);
    }
    return count;
  }

  std::size_t refused = 0;

 private:
  std::size_t allowed_;
  std::int64_t now_ = 1'000;
  std::vector<std::int64_t> times_;
};

constexpr std::int64_t k_ten_minutes = 600'000;

TEST(Limiter, KeepsAKnownLimitBusyWithoutRefusals) {
  World world(10);
  Limiter limiter(world.clock(), 10, false);
  EXPECT_GE(world.call_for(limiter, k_ten_minutes, false), 570U);  // of 600
  EXPECT_EQ(world.refused, 0U);
}

TEST(Limiter, FindsALowerLimitAndKeepsItBusy) {
  for (const bool tells_wait : {false, true}) {
    World world(3);
    Limiter limiter(world.clock(), 10, false);
    EXPECT_GE(world.call_for(limiter, k_ten_minutes, tells_wait), 165U);  // of 180
    EXPECT_LE(world.refused, 30U);
    EXPECT_LE(limiter.calls(), 4U);
  }
}

TEST(Limiter, GrowsWhereNothingIsRefused) {
  World world(1'000);
  Limiter limiter(world.clock(), 10, true);
  EXPECT_GT(world.call_for(limiter, k_ten_minutes, false), 10'000U);
  EXPECT_EQ(world.refused, 0U);
}

TEST(Limiter, GoesOnTryingForMoreAndLosesLittle) {
  World world(25);
  Limiter limiter(world.clock(), 40, true);
  EXPECT_GE(world.call_for(limiter, k_ten_minutes, false), 1'350U);  // of 1500
  EXPECT_LE(world.refused, 60U);
}

TEST(Limiter, StaysAtADocumentedLimit) {
  World world(1'000);
  Limiter limiter(world.clock(), 10, false);
  EXPECT_LE(world.call_for(limiter, k_ten_minutes, false), 610U);
}

TEST(Limiter, EndsWithAnInterrupt) {
  base::Clock clock;
  clock.steady = [] { return std::int64_t{0}; };
  clock.sleep = [](std::int64_t) { return false; };
  clock.random = [] { return 0.0; };
  Limiter limiter(clock, 1, false);
  EXPECT_TRUE(limiter.acquire());
  EXPECT_FALSE(limiter.acquire());
}

}  // namespace
}  // namespace trajectory::live
