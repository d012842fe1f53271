#include "record/step_text.h"

#include <gtest/gtest.h>

namespace trajectory::record {
namespace {

class StepTexts : public testing::Test {
 protected:
  StepTexts() {
    for (const char* text : {"one", "two", "three", "four"})
      trajectory_.main.messages.emplace_back().message.content = text;
  }

  /// The messages of a step, each rendered on its own.
  std::string one_by_one(const Step& step, std::string RenderedMessage::* form, std::string_view between) {
    std::string out;
    for (const std::uint32_t place : model::places_in(step.ranges)) {
      const auto variant = step.variants->find(place);
      out.append(between).append(
          renderer().render(place, variant == step.variants->end() ? nullptr : &variant->second).*form);
    }
    return out.empty() ? out : out.substr(1);
  }

  static std::string joined(const StepText::Pieces& pieces) {
    std::string out;
    for (const std::string_view piece : pieces) out.append(piece);
    return out;
  }

  MessageRenderer& renderer() {
    if (!renderer_) renderer_.emplace(lines_of(trajectory_).front(), trajectory_.tool_definitions);
    return *renderer_;
  }

  void expect_the_same(const Step& step) {
    StepText text(renderer(), trajectory_.main.messages.size());
    EXPECT_EQ(joined(text.indented(step)), one_by_one(step, &RenderedMessage::indented, ",\n        "));
    EXPECT_EQ(joined(text.canonical(step)), one_by_one(step, &RenderedMessage::canonical, ","));
  }

  model::Trajectory trajectory_;
  std::optional<MessageRenderer> renderer_;
  std::map<std::uint32_t, model::Variant> variants_;
};

TEST_F(StepTexts, ABeginningOfTheTranscriptIsOnePiece) {
  const Step step{.ranges = {{0, 3}}, .variants = &variants_};
  StepText text(renderer(), 4);
  EXPECT_EQ(text.indented(step).size(), 1U);
  EXPECT_EQ(text.canonical(step).size(), 1U);
  expect_the_same(step);
}

TEST_F(StepTexts, ShowMessagesInTheOrderOfTheRanges) {
  expect_the_same({.ranges = {{2, 4}, {0, 1}}, .variants = &variants_});
  expect_the_same({.ranges = {{1, 1}, {3, 4}}, .variants = &variants_});
  expect_the_same({.ranges = {}, .variants = &variants_});
}

TEST_F(StepTexts, ShowAMessageInTheFormThatTheCallSaw) {
  variants_[0].content = "uno";
  variants_[2].content = "tres";
  variants_[3].content = "quattro";
  const Step step{.ranges = {{0, 4}}, .variants = &variants_};
  expect_the_same(step);
  StepText text(renderer(), 4);
  const std::string shown = joined(text.canonical(step));
  EXPECT_NE(shown.find("uno"), std::string::npos);
  EXPECT_NE(shown.find("two"), std::string::npos);
  EXPECT_EQ(shown.find("three"), std::string::npos);
}

}  // namespace
}  // namespace trajectory::record
