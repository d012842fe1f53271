#include "columnar/cells.h"

#include <limits>

#include <gtest/gtest.h>

namespace trajectory::columnar {

namespace {

constexpr std::int64_t k_most = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t k_least = std::numeric_limits<std::int64_t>::min();

TEST(Cells, CutsFinerDigitsTowardsThePast) {
  EXPECT_EQ(to_micros(1'999, TimeUnit::k_nanos), 1);
  EXPECT_EQ(to_micros(-1, TimeUnit::k_nanos), -1);
  EXPECT_EQ(to_micros(-1'000, TimeUnit::k_nanos), -1);
  EXPECT_EQ(to_micros(-1'001, TimeUnit::k_nanos), -2);
}

TEST(Cells, BringsEveryUnitToMicroseconds) {
  EXPECT_EQ(to_micros(-7, TimeUnit::k_micros), -7);
  EXPECT_EQ(to_micros(-7, TimeUnit::k_millis), -7'000);
  EXPECT_EQ(to_micros(7, TimeUnit::k_seconds), 7'000'000);
}

TEST(Cells, KeepsMomentsThatAreTooFarAwayAtTheBounds) {
  EXPECT_EQ(to_micros(k_most, TimeUnit::k_seconds), k_most);
  EXPECT_EQ(to_micros(k_least, TimeUnit::k_seconds), k_least);
  EXPECT_EQ(to_micros(k_most, TimeUnit::k_millis), k_most);
  EXPECT_EQ(to_micros(k_least, TimeUnit::k_millis), k_least);
  EXPECT_EQ(to_micros(k_least, TimeUnit::k_nanos), k_least / 1'000 - 1);
}

}  // namespace

}  // namespace trajectory::columnar
