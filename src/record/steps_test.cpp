#include "record/steps.h"

#include <gtest/gtest.h>

namespace trajectory::record {
namespace {

using model::Role;

model::Lane lane(std::initializer_list<Role> roles) {
  model::Lane out;
  for (const Role role : roles) {
    out.messages.emplace_back().message.role = role;
    out.messages.back().message.content = std::to_string(out.messages.size());
  }
  return out;
}

model::ModelCall call(std::vector<model::Range> context, std::uint32_t answer) {
  model::ModelCall out;
  out.context = std::move(context);
  out.answer = answer;
  return out;
}

using Places = std::vector<std::uint32_t>;

TEST(Steps, CloseAtTheFirstUserMessageAndAtEachAnswer) {
  model::Lane l = lane({Role::k_system, Role::k_user, Role::k_assistant, Role::k_user, Role::k_assistant});
  l.calls = {call({{0, 2}}, 2), call({{0, 4}}, 4)};
  const auto steps = derive_steps(l);
  ASSERT_EQ(steps.size(), 3U);
  EXPECT_EQ(model::places_in(steps[0].ranges), (Places{0, 1}));
  EXPECT_EQ(model::places_in(steps[1].ranges), (Places{0, 1, 2}));
  EXPECT_EQ(model::places_in(steps[2].ranges), (Places{0, 1, 2, 3, 4}));
  for (const Step& step : steps) EXPECT_TRUE(step.plain);
}

TEST(Steps, CloseAtEachToolMessageAndNotAtTheAnswerThatAsked) {
  model::Lane l = lane({Role::k_user, Role::k_assistant, Role::k_tool, Role::k_tool, Role::k_assistant});
  l.messages[1].message.tool_calls = {{"a", "f", "{}"}, {"b", "f", "{}"}};
  l.calls = {call({{0, 1}}, 1), call({{0, 4}}, 4)};
  const auto steps = derive_steps(l);
  ASSERT_EQ(steps.size(), 4U);
  EXPECT_EQ(model::places_in(steps[1].ranges).size(), 3U);
  EXPECT_EQ(model::places_in(steps[2].ranges).size(), 4U);
  EXPECT_EQ(model::places_in(steps[3].ranges).size(), 5U);
}

TEST(Steps, ShowWhatTheModelSawAfterAWindow) {
  model::Lane l = lane({Role::k_system, Role::k_user, Role::k_assistant, Role::k_user, Role::k_assistant});
  l.calls = {call({{0, 2}}, 2), call({{0, 1}, {3, 4}}, 4)};
  const auto steps = derive_steps(l);
  EXPECT_FALSE(steps.back().plain);
  EXPECT_EQ(model::places_in(steps.back().ranges), (Places{0, 3, 4}));
}

TEST(Steps, AreNotPlainWhereACallSawAnotherForm) {
  model::Lane l = lane({Role::k_user, Role::k_assistant});
  l.calls = {call({{0, 1}}, 1)};
  l.calls[0].variants[0].content = "another form";
  EXPECT_FALSE(derive_steps(l).back().plain);
}

TEST(Steps, HoldEveryMessageEvenOneThatNoLaterCallSaw) {
  // The second user message belongs to a turn that failed; the third turn's call did not see it.
  model::Lane l = lane({Role::k_user, Role::k_assistant, Role::k_user, Role::k_user, Role::k_assistant});
  l.calls = {call({{0, 1}}, 1), call({{0, 2}, {3, 4}}, 4)};
  std::vector<bool> shown(5, false);
  for (const Step& step : derive_steps(l))
    for (const std::uint32_t place : model::places_in(step.ranges)) shown[place] = true;
  EXPECT_EQ(shown, std::vector<bool>(5, true));
}

TEST(Steps, HoldNeighboursAsOneRange) {
  model::Lane l = lane({Role::k_user, Role::k_assistant, Role::k_user, Role::k_assistant});
  l.calls = {call({{0, 1}}, 1), call({{0, 1}, {1, 2}, {2, 2}, {2, 3}}, 3)};
  const auto steps = derive_steps(l);
  EXPECT_EQ(steps.back().ranges, (std::vector<model::Range>{{0, 4}}));
  EXPECT_TRUE(steps.back().plain);
}

TEST(Steps, OfNothingAreNone) { EXPECT_TRUE(derive_steps({}).empty()); }

TEST(Ranges, JoinNeighbours) {
  EXPECT_EQ(to_ranges({0, 1, 2, 7, 5, 6}), (std::vector<model::Range>{{0, 3}, {7, 8}, {5, 7}}));
}

}  // namespace
}  // namespace trajectory::record
