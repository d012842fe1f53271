#include "pipeline/select.h"

#include <functional>

#include <gmock/gmock.h>

namespace trajectory::pipeline {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

using SetAside = std::map<std::string, std::uint64_t>;

/// A trace whose root starts at `start` and has `runs` runs.
build::Trace trace(std::string id, std::optional<model::Micros> start, std::size_t runs = 1) {
  build::Trace out;
  out.id = std::move(id);
  out.runs.resize(runs);
  out.root = runs - 1;
  out.runs[out.root].start_time = start;
  return out;
}

build::Conversation conversation(std::string id, std::string project, std::vector<build::Trace> traces) {
  build::Conversation out;
  out.id = std::move(id);
  out.project_id = std::move(project);
  out.traces = std::move(traces);
  return out;
}

Selection with(const std::function<void(Selection&)>& set) {
  Selection out;
  set(out);
  return out;
}

std::vector<build::Conversation> three() {
  return {conversation("a", "p", {trace("a1", 10, 2), trace("a2", 20)}), conversation("b", "p", {trace("b1", 30, 3)}),
          conversation("c", "q", {trace("c1", 40)})};
}

std::vector<std::string> ids(const std::vector<build::Conversation>& conversations) {
  std::vector<std::string> out;
  for (const build::Conversation& one : conversations) {
    out.push_back(one.id);
    for (const build::Trace& of : one.traces) out.back() += " " + of.id;
  }
  return out;
}

TEST(Select, WithoutOptionsTakesAll) {
  SetAside aside;
  EXPECT_THAT(ids(select(three(), {}, aside)), ElementsAre("a a1 a2", "b b1", "c c1"));
  EXPECT_THAT(aside, IsEmpty());
}

TEST(Select, CountsTheRunsOfOtherProjects) {
  SetAside aside;
  EXPECT_THAT(ids(select(three(), with([](Selection& s) { s.project = "q"; }), aside)), ElementsAre("c c1"));
  EXPECT_THAT(aside, ElementsAre(Pair("other_project", 6)));
}

TEST(Select, TakesTracesWhoseRootStartsInTheWindowFromSinceToBeforeUntil) {
  SetAside aside;
  EXPECT_THAT(ids(select(three(), with([](Selection& s) {
                           s.since = 20;
                           s.until = 40;
                         }),
                         aside)),
              ElementsAre("a a2", "b b1"));
  EXPECT_THAT(aside, ElementsAre(Pair("trace_outside_window", 3)));
}

TEST(Select, LeavesATraceOfUnknownTimeOutOfAnyWindow) {
  for (const Selection& window :
       {with([](Selection& s) { s.since = 0; }), with([](Selection& s) { s.until = 1000; })}) {
    SetAside aside;
    EXPECT_THAT(select(std::vector{conversation("a", "p", {trace("a1", std::nullopt)})}, window, aside), IsEmpty());
    EXPECT_THAT(aside, ElementsAre(Pair("trace_outside_window", 1)));
  }
}

TEST(Select, TheLimitCountsOnlyWhatTheOtherOptionsLeave) {
  SetAside aside;
  EXPECT_THAT(ids(select(three(), with([](Selection& s) {
                           s.since = 30;
                           s.limit = 1;
                         }),
                         aside)),
              ElementsAre("b b1"));
  EXPECT_THAT(aside, ElementsAre(Pair("beyond_limit", 1), Pair("trace_outside_window", 3)));
}

TEST(Select, TakesTheNamedConversationsOfAllProjects) {
  SetAside aside;
  auto both = three();
  both.push_back(conversation("c", "r", {trace("c2", 50)}));
  EXPECT_THAT(ids(select(std::move(both), with([](Selection& s) { s.conversations = {"c"}; }), aside)),
              ElementsAre("c c1", "c c2"));
  EXPECT_THAT(aside, ElementsAre(Pair("conversation_not_selected", 6)));
}

TEST(Select, NamesConversationsThatAreNotThere) {
  const auto found = not_found(three(), with([](Selection& s) { s.conversations = {"a", "zzz"}; }));
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 1U);
  EXPECT_EQ(found->front().kind, "conversation_not_found");
  EXPECT_EQ(found->front().place, "zzz");
  const auto all = not_found(three(), with([](Selection& s) {
                               s.project = "q";
                               s.conversations = {"c"};
                             }));
  ASSERT_TRUE(all);
  EXPECT_THAT(*all, IsEmpty());
}

TEST(Select, FailsWhenNothingThatItNamesIsThere) {
  for (const auto& change : {std::function<void(Selection&)>([](Selection& s) { s.project = "nope"; }),
                             std::function<void(Selection&)>([](Selection& s) { s.conversations = {"nope"}; })}) {
    const auto found = not_found(three(), with(change));
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code(), base::ErrorCode::k_not_found);
    EXPECT_THAT(found.error().text(), testing::HasSubstr("nope"));
  }
}

TEST(Select, FailsOnAnEmptyWindow) {
  EXPECT_TRUE(check_window(with([](Selection& s) { s.since = 5; })).ok());
  EXPECT_FALSE(check_window(with([](Selection& s) { s.since = s.until = 5; })).ok());
}

}  // namespace
}  // namespace trajectory::pipeline
