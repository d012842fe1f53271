#include "pipeline/placed_runs.h"

#include <gtest/gtest.h>

namespace trajectory::pipeline {
namespace {

TEST(PlacedRuns, ComeBackOneBehindTheOther) {
  messages::TextTable texts;
  messages::RunFacts run;
  run.id = texts.add("run");
  run.trace_id = texts.add("trace");
  run.project_id = texts.add("project");
  run.dotted_order = texts.add("20260101T000000000000Ztrace.20260101T000001000000Zrun");
  run.ancestors = {texts.add("trace"), texts.add("above")};
  run.thread_keys = {{std::uint8_t{2}, texts.add("thread")}};
  run.type = model::RunType::k_tool;
  run.start_time = 5;
  run.pending = true;
  run.place = {3, 70};
  messages::RunFacts other;
  other.id = texts.add("other");
  other.end_time = -1;
  std::string bytes;
  append_placed_run(bytes, run, texts);
  append_placed_run(bytes, other, texts);

  messages::TextTable read;
  std::string_view rest = bytes;
  const messages::RunFacts first = take_placed_run(rest, read);
  EXPECT_EQ(read.get(first.id), "run");
  EXPECT_EQ(read.get(first.trace_id), "trace");
  EXPECT_EQ(first.parent_id, 0U);
  EXPECT_EQ(read.get(first.project_id), "project");
  EXPECT_EQ(read.get(first.dotted_order), texts.get(run.dotted_order));
  ASSERT_EQ(first.ancestors.size(), 2U);
  EXPECT_EQ(read.get(first.ancestors[1]), "above");
  ASSERT_EQ(first.thread_keys.size(), 1U);
  EXPECT_EQ(first.thread_keys[0].first, 2);
  EXPECT_EQ(read.get(first.thread_keys[0].second), "thread");
  EXPECT_EQ(first.type, model::RunType::k_tool);
  EXPECT_EQ(first.start_time, 5);
  EXPECT_EQ(first.end_time, std::nullopt);
  EXPECT_TRUE(first.pending);
  EXPECT_EQ(first.place.file, 3U);
  EXPECT_EQ(first.place.row, 70U);
  const messages::RunFacts second = take_placed_run(rest, read);
  EXPECT_EQ(read.get(second.id), "other");
  EXPECT_EQ(second.end_time, -1);
  EXPECT_FALSE(second.pending);
  EXPECT_TRUE(rest.empty());
}

}  // namespace
}  // namespace trajectory::pipeline
