#include "base/threads.h"

#include <array>
#include <atomic>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

namespace trajectory::base {
namespace {

class InOrder : public testing::TestWithParam<unsigned> {};

TEST_P(InOrder, TakesEveryResultOnceInOrder) {
  constexpr std::size_t k_count = 1000;
  constexpr std::size_t k_ahead = 7;
  std::array<std::size_t, k_ahead> ring{};
  std::vector<std::size_t> taken;
  std::atomic<std::size_t> most_ahead{0};
  std::atomic<std::size_t> done{0};
  const Status status = parallel_in_order(
      GetParam(), k_count, {k_ahead, 1000},
      [&](std::size_t index) -> Result<std::size_t> {
        most_ahead = std::max(most_ahead.load(), index - std::min(index, done.load()));
        ring[index % k_ahead] = index * index;
        return 1;
      },
      [&](std::size_t index) -> Status {
        taken.push_back(ring[index % k_ahead]);
        ++done;
        return {};
      });
  ASSERT_TRUE(status.ok());
  ASSERT_EQ(taken.size(), k_count);
  for (std::size_t i = 0; i < k_count; ++i) EXPECT_EQ(taken[i], i * i);
  EXPECT_LT(most_ahead, k_ahead);
}

TEST_P(InOrder, BeginsNoWorkWhileTooManyBytesWait) {
  constexpr std::size_t k_most = 10;
  std::atomic<std::size_t> waiting{0};
  std::atomic<std::size_t> most{0};
  const Status status = parallel_in_order(
      GetParam(), 200, {100, k_most},
      [&](std::size_t index) -> Result<std::size_t> {
        const std::size_t bytes = index % 7;
        const std::size_t now = waiting += bytes;
        for (std::size_t seen = most; now > seen && !most.compare_exchange_weak(seen, now);) continue;
        return bytes;
      },
      [&](std::size_t index) -> Status {
        waiting -= index % 7;
        return {};
      });
  ASSERT_TRUE(status.ok());
  EXPECT_EQ(waiting, 0U);
  // Behind the most that may wait, each thread may be at one more result.
  EXPECT_LE(most, k_most + 6 * GetParam() + 6);
}

TEST_P(InOrder, EndsWithTheErrorOfAWork) {
  std::vector<std::size_t> taken;
  const Status status = parallel_in_order(
      GetParam(), 100, {8, 1000},
      [](std::size_t index) -> Result<std::size_t> {
        if (index == 20) return Error(ErrorCode::k_io, "twenty");
        return 1;
      },
      [&](std::size_t index) -> Status {
        taken.push_back(index);
        return {};
      });
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message(), "twenty");
  EXPECT_LE(taken.size(), 20U);
}

TEST_P(InOrder, EndsWithTheErrorOfATake) {
  std::size_t taken = 0;
  const Status status = parallel_in_order(
      GetParam(), 100, {8, 1000}, [](std::size_t) -> Result<std::size_t> { return 1; },
      [&](std::size_t index) -> Status {
        ++taken;
        if (index == 5) return Error(ErrorCode::k_io, "five");
        return {};
      });
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message(), "five");
  EXPECT_EQ(taken, 6U);
}

TEST_P(InOrder, HasNothingToDoWithoutIndexes) {
  const auto no_work = [](std::size_t) -> Result<std::size_t> { return Error(ErrorCode::k_io, "called"); };
  const auto no_take = [](std::size_t) -> Status { return Error(ErrorCode::k_io, "called"); };
  EXPECT_TRUE(parallel_in_order(GetParam(), 0, {8, 1000}, no_work, no_take).ok());
}

INSTANTIATE_TEST_SUITE_P(Threads, InOrder, testing::Values(1, 2, 5));

}  // namespace
}  // namespace trajectory::base
