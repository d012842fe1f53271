#include "pipeline/passes.h"

#include <numeric>
#include <utility>

#include <gmock/gmock.h>

namespace trajectory::pipeline {
namespace {

using ::testing::ElementsAre;
using Items = std::vector<std::pair<std::size_t, std::size_t>>;

/// The items of the passes that fit when nothing above `limit` does.
Items cut(const std::vector<std::uint64_t>& weights, std::uint64_t budget, std::uint64_t limit,
          unsigned* passes = nullptr) {
  Items out;
  const auto done = for_each_pass(weights, budget, [&](std::size_t begin, std::size_t end) -> base::Result<bool> {
    const auto weight = std::accumulate(weights.begin() + static_cast<std::ptrdiff_t>(begin),
                                        weights.begin() + static_cast<std::ptrdiff_t>(end), std::uint64_t{0});
    if (weight > limit && end - begin > 1) return false;
    out.emplace_back(begin, end);
    return true;
  });
  EXPECT_TRUE(done.ok());
  if (passes != nullptr) *passes = *done;
  return out;
}

TEST(Passes, FillTheBudgetInOrder) {
  unsigned passes = 0;
  EXPECT_THAT(cut({3, 3, 3, 3, 3}, 6, 1000, &passes), ElementsAre(std::pair(0, 2), std::pair(2, 4), std::pair(4, 5)));
  EXPECT_EQ(passes, 3U);
}

TEST(Passes, AnItemAboveTheBudgetStandsAlone) {
  EXPECT_THAT(cut({1, 50, 1, 1}, 10, 1000), ElementsAre(std::pair(0, 1), std::pair(1, 2), std::pair(2, 4)));
}

TEST(Passes, OneThatDoesNotFitIsCutAndTheOrderStays) {
  unsigned passes = 0;
  EXPECT_THAT(cut({4, 4, 4, 4}, 100, 4, &passes),
              ElementsAre(std::pair(0, 1), std::pair(1, 2), std::pair(2, 3), std::pair(3, 4)));
  EXPECT_EQ(passes, 7U);
}

TEST(Passes, ItemsWithoutWeightAreHandedOutToo) { EXPECT_THAT(cut({0, 0, 0}, 0, 0), ElementsAre(std::pair(0, 3))); }

TEST(Passes, NothingNeedsNoPass) {
  unsigned passes = 9;
  EXPECT_THAT(cut({}, 10, 10, &passes), ElementsAre());
  EXPECT_EQ(passes, 0U);
}

TEST(Passes, AnErrorEndsTheWork) {
  unsigned ran = 0;
  const auto done = for_each_pass({1, 1, 1}, 1, [&](std::size_t, std::size_t) -> base::Result<bool> {
    ++ran;
    return base::Error(base::ErrorCode::k_interrupted, "interrupted");
  });
  EXPECT_FALSE(done.ok());
  EXPECT_EQ(ran, 1U);
}

TEST(Passes, PlanForFewerRowsThanWouldJustFit) {
  EXPECT_LT(rows_per_pass(1000, 500, 50), 100U);
  EXPECT_GT(rows_per_pass(1000, 500, 50), 50U);
  EXPECT_EQ(rows_per_pass(10, 5000, 5), 0U);
  EXPECT_GT(rows_per_pass(1000, 0, 0), 0U);
}

}  // namespace
}  // namespace trajectory::pipeline
