#include "base/decimal.h"

#include <gtest/gtest.h>

namespace trajectory::base {
namespace {

TEST(ParsePicos, TakesWhatFitsAndRoundsTheRest) {
  EXPECT_EQ(parse_picos("1.5"), 1'500'000'000'000);
  EXPECT_EQ(parse_picos("-2e-12"), -2);
  EXPECT_EQ(parse_picos("0.0000000000015"), 2);
  EXPECT_EQ(parse_picos("9223372.036854775807"), INT64_MAX);
}

TEST(ParsePicos, RefusesWhatDoesNotFitWhateverItsLength) {
  EXPECT_EQ(parse_picos(std::string(1'000'000, '9')), std::nullopt);
  EXPECT_EQ(parse_picos("9223372.036854775808"), std::nullopt);
  EXPECT_EQ(parse_picos("1e999999"), std::nullopt);
  EXPECT_EQ(parse_picos(""), std::nullopt);
}

}  // namespace
}  // namespace trajectory::base
