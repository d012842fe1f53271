#include "messages/held_texts.h"

#include <gtest/gtest.h>

namespace trajectory::messages {
namespace {

TEST(HeldTexts, FindsAmongManyFieldsWholeOnesAndPieces) {
  std::vector<std::string> texts;
  for (int i = 0; i < 50'000; ++i) texts.push_back("call-" + std::to_string(i) + "-end");
  HeldTexts held;
  EXPECT_FALSE(held.has(texts.front()));
  for (const std::string& text : texts) held.add(text);
  for (const std::string& text : texts) EXPECT_TRUE(held.has(text));
  EXPECT_TRUE(held.has("49999-e"));
  for (int i = 0; i < 10'000; ++i) EXPECT_FALSE(held.has("nowhere"));
}

TEST(HeldTexts, FindsLaterWhatWasMissedBefore) {
  HeldTexts held;
  held.add("one");
  EXPECT_FALSE(held.has("two"));
  held.add("one, two");
  EXPECT_TRUE(held.has("two"));
}

}  // namespace
}  // namespace trajectory::messages
