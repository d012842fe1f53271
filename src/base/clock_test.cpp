#include "base/clock.h"

#include <gtest/gtest.h>

#include "base/secret.h"

namespace trajectory::base {
namespace {

TEST(SystemClock, EndsAWaitWhenItIsInterrupted) {
  std::atomic<bool> stop{true};
  const Clock clock = system_clock(&stop);
  const std::int64_t begin = clock.steady();
  EXPECT_FALSE(clock.sleep(60'000));
  EXPECT_LT(clock.steady() - begin, 30'000);
}

TEST(SystemClock, GivesChancesFromZeroBelowOne) {
  const Clock clock = system_clock(nullptr);
  EXPECT_TRUE(clock.sleep(0));
  for (int i = 0; i < 100; ++i) {
    const double chance = clock.random();
    EXPECT_GE(chance, 0);
    EXPECT_LT(chance, 1);
  }
}

TEST(Secret, ShowsItsKindAndNoMore) {
  EXPECT_EQ(Secret("lsv2_pt_0123456789abcdef0123456789abcdef").masked(), "lsv2_pt_...");
  EXPECT_EQ(Secret("short_key").masked(), "...");
  EXPECT_EQ(Secret("0123456789abcdef").masked(), "...");
  EXPECT_EQ(Secret().masked(), "...");
}

}  // namespace
}  // namespace trajectory::base
