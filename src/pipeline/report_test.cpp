#include "pipeline/report.h"

#include <gmock/gmock.h>

namespace trajectory::pipeline {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// What a log makes of problems of one kind at these places.
model::ProblemTallies tallies(std::initializer_list<const char*> places,
                              model::Severity severity = model::Severity::k_note) {
  model::ProblemLog log;
  for (const char* place : places) log.add({"kind", severity, place, ""});
  return log.tallies();
}

TEST(ImportReport, CountsCallsOnEveryLineOnce) {
  model::TranscriptMessage asks;
  asks.message.role = model::Role::k_assistant;
  asks.message.tool_calls = {{"c", "f", "{}"}};
  model::ModelCall answered;
  answered.answer = 0;
  model::Lane agent;
  agent.messages = {asks, asks};
  agent.calls = {answered, model::ModelCall{}};
  model::Trajectory t;
  t.trace_ids = {"t1", "t2"};
  t.main.messages = {asks};
  t.main.calls = {answered};
  t.main.subagents = {agent};
  t.main.subagents.front().subagents = {agent};
  t.main.alternatives = {{1, "retry", {asks}, {answered}}};
  t.auxiliary = {agent};
  ImportReport report;
  report.count(t);
  EXPECT_EQ(report.turns, 2U);
  EXPECT_EQ(report.messages, 1U);
  EXPECT_EQ(report.messages_beside, 7U);
  EXPECT_EQ(report.model_calls, 8U);
  EXPECT_EQ(report.failed_calls, 3U);
  EXPECT_EQ(report.tool_calls, 8U);
  EXPECT_EQ(report.subagents, 2U);
  EXPECT_EQ(report.auxiliary, 1U);
  EXPECT_EQ(report.alternatives, 1U);
}

TEST(ImportReport, SaysWhenRowsDoNotAddUp) {
  ImportReport report;
  report.rows_read = 10;
  report.runs_used["model_call"] = 6;
  report.runs_set_aside["duplicate_run"] = 3;
  report.rows_refused = 1;
  EXPECT_TRUE(report.adds_up());
  EXPECT_THAT(report.text(), Not(HasSubstr("DOES NOT ADD UP")));
  report.rows_refused = 0;
  EXPECT_FALSE(report.adds_up());
  EXPECT_THAT(report.text(), HasSubstr("10 = 6 used + 3 set aside + 0 refused  DOES NOT ADD UP"));
  EXPECT_THAT(report.json(), HasSubstr(R"("adds_up": false)"));
}

TEST(ImportReport, SaysWhenTextDoesNotAddUp) {
  ImportReport report;
  report.census.total_bytes = 5;
  report.census.message_bytes = 4;
  EXPECT_FALSE(report.adds_up());
  report.census.unknown["message.thoughts"].add(1);
  EXPECT_TRUE(report.adds_up());
  EXPECT_THAT(report.text(), HasSubstr("message.thoughts"));
}

TEST(ImportReport, CountsOnlyRefusedDataAsRefused) {
  ImportReport report;
  report.problems = tallies({"a", "b"}, model::Severity::k_warning);
  EXPECT_EQ(report.refused(), 0U);
  report.problems = tallies({"a", "b"}, model::Severity::k_refused);
  EXPECT_EQ(report.refused(), 2U);
  EXPECT_THAT(report.text(), HasSubstr("refused: kind"));
}

TEST(ImportReport, SaysInWordsWhatWasLeftOut) {
  ImportReport report;
  EXPECT_EQ(report.refusals(), "");
  report.rows_refused = 2;
  report.problems["row_without_id"] = {2, model::Severity::k_refused, {}};
  report.problems["invalid_json"] = {1, model::Severity::k_refused, {}};
  EXPECT_EQ(report.refusals(), "2 rows refused, 1 cell not readable");
}

}  // namespace
}  // namespace trajectory::pipeline
