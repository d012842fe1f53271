#include "build/order.h"

#include <gtest/gtest.h>

namespace trajectory::build {
namespace {

using Places = std::vector<std::size_t>;

constexpr base::Hash128 k_hello{1, 1};
constexpr base::Hash128 k_bye{2, 2};

Tied tied(std::vector<base::Hash128> saw, std::vector<base::Hash128> gave, model::Micros end = 0,
          std::size_t seen = 0) {
  return {.gave = std::move(gave), .saw = std::move(saw), .clock = {}, .end = end, .seen = seen};
}

TEST(OrderTied, PutsWhatSawAnAnswerBehindWhatGaveIt) {
  EXPECT_EQ(order_tied({tied({k_hello, k_bye}, {}), tied({k_hello}, {k_bye}), tied({}, {k_hello})}), (Places{2, 1, 0}));
}

TEST(OrderTied, LetsTheEarlierEndDecideWhereNothingWasSeen) {
  EXPECT_EQ(order_tied({tied({}, {k_hello}, 9), tied({}, {k_bye}, 5)}), (Places{1, 0}));
}

TEST(OrderTied, LetsTheShorterInputDecideWhereAnAnswerWasGivenTwice) {
  EXPECT_EQ(order_tied({tied({k_hello}, {k_hello}, 0, 3), tied({}, {k_hello}, 0, 1)}), (Places{1, 0}));
}

TEST(OrderTied, KeepsTheGivenOrderInACircle) {
  EXPECT_EQ(order_tied({tied({k_bye}, {k_hello}), tied({k_hello}, {k_bye})}), (Places{0, 1}));
}

}  // namespace
}  // namespace trajectory::build
