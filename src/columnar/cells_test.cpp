#include "columnar/cells.h"

#include <gtest/gtest.h>

namespace trajectory::columnar {
namespace {

TEST(ToMicros, CutsFinerDigitsDownwards) {
  EXPECT_EQ(to_micros(1'500, TimeUnit::k_nanos), 1);
  EXPECT_EQ(to_micros(-1'500, TimeUnit::k_nanos), -2);
  EXPECT_EQ(to_micros(-2, TimeUnit::k_millis), -2'000);
  EXPECT_EQ(to_micros(3, TimeUnit::k_seconds), 3'000'000);
}

TEST(ToMicros, HasNoTimeOutOfAnyCalendar) {
  EXPECT_EQ(to_micros(INT64_MAX, TimeUnit::k_seconds), std::nullopt);
  EXPECT_EQ(to_micros(INT64_MIN, TimeUnit::k_millis), std::nullopt);
  EXPECT_EQ(to_micros(INT64_MAX, TimeUnit::k_micros), std::nullopt);
  EXPECT_EQ(to_micros(253'402'300'799, TimeUnit::k_seconds), 253'402'300'799'000'000);
  EXPECT_EQ(to_micros(253'402'300'800, TimeUnit::k_seconds), std::nullopt);
}

TEST(FloorDivide, TakesEveryNumber) {
  EXPECT_EQ(floor_divide(INT64_MIN, 1000), INT64_MIN / 1000 - 1);
  EXPECT_EQ(floor_divide(-1000, 1000), -1);
}

}  // namespace
}  // namespace trajectory::columnar
