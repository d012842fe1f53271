#include "base/stable_list.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace trajectory::base {
namespace {

TEST(StableList, KeepsEveryElementWhereItIs) {
  StableList<std::string> list;
  std::vector<const std::string*> places;
  for (int i = 0; i < 5000; ++i) places.push_back(&list.emplace_back(std::to_string(i)));
  ASSERT_EQ(list.size(), 5000U);
  for (std::size_t i = 0; i < places.size(); ++i) {
    EXPECT_EQ(&list[i], places[i]);
    EXPECT_EQ(list[i], std::to_string(i));
  }
}

TEST(StableList, DestroysWhatItHolds) {
  const auto held = std::make_shared<int>(1);
  {
    StableList<std::shared_ptr<int>> list;
    for (int i = 0; i < 100; ++i) list.emplace_back(held);
    EXPECT_EQ(held.use_count(), 101);
  }
  EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace trajectory::base
