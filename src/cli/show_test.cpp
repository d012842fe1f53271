#include "cli/show.h"

#include <sstream>

#include <gmock/gmock.h>

namespace trajectory::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

model::TranscriptMessage message(model::Role role, std::string content) {
  model::TranscriptMessage out;
  out.message.role = role;
  out.message.content = std::move(content);
  return out;
}

model::ModelCall call(std::vector<model::Range> context, std::optional<std::uint32_t> answer) {
  model::ModelCall out;
  out.context = std::move(context);
  out.answer = answer;
  return out;
}

std::string shown(const model::Trajectory& trajectory, bool colours = false) {
  std::ostringstream out;
  std::ostringstream err;
  Terminal terminal{out, err};
  terminal.colours = colours;
  print_trajectory(trajectory, terminal);
  EXPECT_EQ(err.str(), "");
  return out.str();
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(Show, HasColoursOnlyWhenTold) {
  model::Trajectory t;
  t.main.messages = {message(model::Role::k_user, "hello")};
  EXPECT_THAT(shown(t), Not(HasSubstr("\x1b")));
  EXPECT_THAT(shown(t, true), HasSubstr("\x1b[1;34muser\x1b[0m"));
}

TEST(Show, MarksWhereTheModelSawLessOrAnotherForm) {
  model::Trajectory t;
  t.main.messages = {message(model::Role::k_user, "one"), message(model::Role::k_assistant, "two"),
                     message(model::Role::k_user, "three"), message(model::Role::k_assistant, "four")};
  t.main.calls = {call({{0, 1}}, 1), call({{2, 3}}, 3)};
  t.main.calls[1].variants[2] = {"THREE", ""};
  const std::string text = shown(t);
  EXPECT_THAT(text,
              HasSubstr("--- the model saw 1 of the 3 messages so far\n--- it saw the user's message (message 2) as: "
                        "THREE\nassistant\n  four"));
  EXPECT_EQ(count(text, "the model saw"), 1U);
}

TEST(Show, PrintsTheCallsAndTheReasoningOfAnotherForm) {
  model::Trajectory t;
  t.main.messages = {message(model::Role::k_assistant, "one"), message(model::Role::k_assistant, "two")};
  t.main.calls = {call({{0, 1}}, 1)};
  model::Variant& variant = t.main.calls[0].variants[0];
  variant.tool_calls = {{"c1", "pay", R"({"amount":2})"}};
  variant.reasoning = "why not";
  EXPECT_THAT(shown(t), HasSubstr(R"(it saw the answer (message 0) as: pay({"amount":2}), reasoning: why not)"));
}

TEST(Show, PrintsFailedCallsWhereTheyHappened) {
  model::Trajectory t;
  t.main.messages = {message(model::Role::k_user, "one"), message(model::Role::k_assistant, "two")};
  t.main.calls = {call({{0, 1}}, std::nullopt), call({{0, 1}}, 1)};
  t.main.calls[0].error = "rate limit\nexceededTraceback (most recent call last):\n  File";
  EXPECT_THAT(shown(t), HasSubstr("  one\n--- a model call failed: rate limit exceeded\nassistant"));
}

TEST(Show, SaysWhenNoModelWasCalled) {
  EXPECT_THAT(shown({}), HasSubstr("0 turns, 0 model calls\n--- no model call\n"));
}

TEST(Show, NamesMediaInsteadOfItsJson) {
  model::Trajectory t;
  t.main.messages = {message(model::Role::k_user, "look")};
  t.main.messages[0].message.parts =
      R"([{"type":"text","text":"look"},{"type":"image","source":{"media_type":"image/png",)"
      R"("data":{"sha256":"abbd4841ba31","bytes":12300}}},{"type":"odd","a":1}])";
  EXPECT_THAT(shown(t),
              HasSubstr("user\n  look\n  [image image/png 12.3 kB sha256:abbd4841]\n  [part] {\"type\":\"odd\""));
}

TEST(Show, PrintsAToolErrorOnce) {
  model::Trajectory t;
  t.main.messages = {message(model::Role::k_tool, "{\"error\": \"no such order\"}")};
  t.main.messages[0].message.error = "no such order";
  EXPECT_EQ(count(shown(t), "no such order"), 1U);
}

TEST(Show, PrintsEverySubAgentOnce) {
  model::Trajectory t;
  model::TranscriptMessage asks = message(model::Role::k_assistant, "");
  asks.message.tool_calls = {{"c", "ask", "{}"}, {"", "ask", "{}"}};
  t.main.messages = {asks, asks};
  for (const char* parent : {"c", "", "elsewhere"}) {
    model::Lane& agent = t.main.subagents.emplace_back();
    agent.parent_tool_call_id = parent;
    agent.name = std::string("agent-") + parent + ".";
    agent.messages = {message(model::Role::k_user, "task")};
  }
  const std::string text = shown(t);
  for (const char* name : {"sub-agent agent-c.", "sub-agent agent-.", "sub-agent agent-elsewhere."})
    EXPECT_EQ(count(text, name), 1U) << name;
  EXPECT_THAT(text, HasSubstr("\n    --- sub-agent agent-c.\n    user\n      task\n"));
}

TEST(Show, PrintsAlternativesHelpersAndRewards) {
  model::Trajectory t;
  t.main.messages = {message(model::Role::k_user, "one"), message(model::Role::k_assistant, "kept")};
  t.main.alternatives = {{1, "retry", {message(model::Role::k_assistant, "dropped")}, {}}};
  t.auxiliary.emplace_back().messages = {message(model::Role::k_assistant, "route: b")};
  t.reward = model::Reward{0.5, {{"helpful", 0.5, 2}}};
  t.events = {{.kind = "tool_run",
               .run_id = {},
               .trace_id = {},
               .name = "clock",
               .arguments = "{}",
               .output = "noon",
               .error = {},
               .time = {}}};
  const std::string text = shown(t);
  EXPECT_THAT(
      text,
      HasSubstr(
          "--- not continued (retry)\n    assistant\n      dropped\n--- the main line goes on\nassistant\n  kept"));
  EXPECT_THAT(text, HasSubstr("helper"));
  EXPECT_THAT(text, HasSubstr("-> clock {}\n  noon"));
  EXPECT_THAT(text, HasSubstr("reward 0.5 (helpful 0.5)"));
}

}  // namespace
}  // namespace trajectory::cli
