#include <gtest/gtest.h>

#include "build/build.h"

namespace trajectory::build {
namespace {

using messages::RunFacts;

class GroupTest : public testing::Test {
 protected:
  RunFacts run(std::string_view id, std::string_view trace, std::string_view parent = {}, std::int64_t start = 0) {
    RunFacts facts;
    facts.id = tables_.texts.add(id);
    facts.trace_id = tables_.texts.add(trace);
    facts.parent_id = tables_.texts.add(parent);
    facts.project_id = tables_.texts.add("project");
    facts.start_time = start;
    facts.end_time = start + 1;
    return facts;
  }

  messages::MessageId message(model::Role role, std::string_view text) {
    model::Message out;
    out.role = role;
    out.content = text;
    return tables_.messages.add(std::move(out));
  }

  void key(RunFacts& facts, std::uint8_t place, std::string_view value) {
    facts.thread_keys.emplace_back(place, tables_.texts.add(value));
  }

  std::vector<Conversation> group(std::vector<RunFacts> runs) {
    return group_runs(std::move(runs), {"conversation_id", "thread_id"}, tables_, figures_, 2);
  }

  [[nodiscard]] std::size_t problems(std::string_view kind) const {
    std::size_t count = 0;
    for (const auto& problem : figures_.problems) count += problem.kind == kind ? 1U : 0U;
    return count;
  }

  messages::Tables tables_;
  BuildFigures figures_;
};

TEST_F(GroupTest, OrdersTracesOfAConversationByTheirStart) {
  RunFacts second = run("b", "b", {}, 20);
  RunFacts first = run("a", "a", {}, 10);
  key(second, 1, "thread");
  key(first, 1, "thread");
  const auto conversations = group({second, first});
  ASSERT_EQ(conversations.size(), 1U);
  EXPECT_EQ(conversations[0].id, "thread");
  EXPECT_EQ(conversations[0].thread_key, "thread_id");
  ASSERT_EQ(conversations[0].traces.size(), 2U);
  EXPECT_EQ(conversations[0].traces[0].id, "a");
}

TEST_F(GroupTest, ATraceWithoutAKeyIsAConversationOfItsOwn) {
  const auto conversations = group({run("a", "a"), run("b", "b")});
  ASSERT_EQ(conversations.size(), 2U);
  EXPECT_EQ(conversations[0].id, "a");
  EXPECT_TRUE(conversations[0].thread_key.empty());
}

TEST_F(GroupTest, TakesTheKeyFromAChildWhenTheRootHasNone) {
  RunFacts child = run("c", "a", "a", 1);
  key(child, 0, "talk");
  const auto conversations = group({run("a", "a"), child});
  ASSERT_EQ(conversations.size(), 1U);
  EXPECT_EQ(conversations[0].id, "talk");
}

TEST_F(GroupTest, NeverMergesProjects) {
  RunFacts one = run("a", "a");
  RunFacts two = run("b", "b");
  two.project_id = tables_.texts.add("another project");
  key(one, 0, "same");
  key(two, 0, "same");
  EXPECT_EQ(group({one, two}).size(), 2U);
}

TEST_F(GroupTest, TheDuplicateWithTheLaterEndCounts) {
  RunFacts early = run("a", "a");
  RunFacts late = run("a", "a");
  late.end_time = 99;
  for (const auto& order : {std::vector{early, late}, std::vector{late, early}}) {
    figures_ = {};
    const auto conversations = group(order);
    ASSERT_EQ(conversations[0].traces[0].runs.size(), 1U);
    EXPECT_EQ(conversations[0].traces[0].runs[0].end_time, 99);
    EXPECT_EQ(figures_.runs_set_aside["duplicate_run"], 1U);
  }
}

TEST_F(GroupTest, OfDuplicatesThatEndTogetherTheOneThatSaysMoreCounts) {
  RunFacts less = run("a", "a");
  RunFacts more = run("a", "a");
  more.text_bytes = 10;
  RunFacts other = more;
  other.error = tables_.texts.add("an error");
  for (const auto& order :
       {std::vector{less, more, other}, std::vector{other, less, more}, std::vector{more, other, less}})
    EXPECT_EQ(group(order)[0].traces[0].runs[0].error, more.error);
}

TEST_F(GroupTest, OfDuplicatesThatDifferInAnythingTheSameCountsInEveryOrder) {
  const RunFacts plain = run("a", "a");
  std::vector<RunFacts> others(9, plain);
  key(others[0], 0, "thread");
  others[1].feedback = tables_.texts.add("{}");
  others[2].name = tables_.texts.add("another");
  others[3].agent_name = tables_.texts.add("agent");
  others[4].start_time = 5;
  others[5].project_id = tables_.texts.add("another project");
  others[6].calls.resize(1);
  others[6].calls[0].usage.prompt_tokens = 1;
  others[7].calls.resize(1);
  others[7].calls[0].model = tables_.texts.add("model");
  others[8].parent_id = tables_.texts.add("b");
  for (const RunFacts& other : others) {
    const auto kept = [&](const std::vector<RunFacts>& order) {
      const auto conversations = group(order);
      const RunFacts& one = conversations[0].traces[0].runs[0];
      return std::tuple(one.thread_keys, one.feedback, one.name, one.agent_name, one.start_time, one.project_id,
                        one.calls.size(), one.calls.empty() ? 0 : one.calls[0].model);
    };
    EXPECT_EQ(kept({plain, other}), kept({other, plain})) << &other - others.data();
  }
}

TEST_F(GroupTest, NamesTheFirstKeyOfAConversationWhateverTheOrder) {
  RunFacts one = run("a", "a");
  RunFacts two = run("b", "b");
  key(one, 1, "same");
  key(two, 0, "same");
  for (const auto& order : {std::vector{one, two}, std::vector{two, one}}) {
    const auto conversations = group(order);
    ASSERT_EQ(conversations.size(), 1U);
    EXPECT_EQ(conversations[0].thread_key, "conversation_id");
  }
}

TEST_F(GroupTest, AnOrphanHangsFromItsNearestPresentAncestor) {
  RunFacts orphan = run("c", "a", "missing", 2);
  orphan.ancestors = {tables_.texts.add("a"), tables_.texts.add("missing")};
  const auto conversations = group({run("a", "a"), orphan});
  EXPECT_EQ(conversations[0].traces[0].runs[1].parent_id, tables_.texts.add("a"));
  EXPECT_EQ(problems("orphan_run"), 1U);
}

TEST_F(GroupTest, ReadsTheParentFromDottedOrderAlone) {
  const std::string root = "11111111-1111-1111-1111-111111111111";
  const std::string child = "22222222-2222-2222-2222-222222222222";
  RunFacts a = run(root, root);
  RunFacts b = run(child, root);
  b.dotted_order = tables_.texts.add("20261122T114643812486Z" + root + ".20261122T114643812487Z" + child);
  const auto conversations = group({a, b});
  EXPECT_EQ(conversations[0].traces[0].runs[1].parent_id, tables_.texts.add(root));
  EXPECT_EQ(problems("orphan_run"), 0U);
}

TEST_F(GroupTest, CutsACycleAndSaysSo) {
  const auto conversations = group({run("a", "t", "b"), run("b", "t", "a", 1)});
  ASSERT_EQ(conversations.size(), 1U);
  EXPECT_EQ(conversations[0].traces[0].runs.size(), 2U);
  EXPECT_EQ(problems("parent_cycle"), 1U);
  EXPECT_EQ(problems("missing_root"), 1U);
}

TEST_F(GroupTest, CutsACycleAtItsEarliestRunAndLeavesWhatHangsFromIt) {
  const auto conversations =
      group({run("a", "t", "c", 0), run("b", "t", "d", 1), run("c", "t", "b", 2), run("d", "t", "c", 3)});
  const std::vector<RunFacts>& runs = conversations[0].traces[0].runs;
  EXPECT_EQ(runs[0].parent_id, tables_.texts.add("c"));
  EXPECT_EQ(runs[1].parent_id, 0U);
  EXPECT_EQ(problems("parent_cycle"), 1U);
}

TEST_F(GroupTest, ATraceOverTwoProjectsBelongsToItsRootsProjectAndIsNamed) {
  RunFacts root = run("a", "a");
  root.project_id = tables_.texts.add("one");
  RunFacts child = run("b", "a", "a", 1);
  child.project_id = tables_.texts.add("two");
  const auto conversations = group({root, child});
  ASSERT_EQ(conversations.size(), 1U);
  EXPECT_EQ(conversations[0].project_id, "one");
  EXPECT_EQ(conversations[0].traces[0].runs.size(), 2U);
  EXPECT_EQ(problems("run_of_another_project"), 1U);
}

TEST_F(GroupTest, SettlesATraceAsDeepAsItsRunsAreMany) {
  std::vector<RunFacts> runs{run("0", "0")};
  runs[0].instructions = message(model::Role::k_system, "Be brief.");
  for (int i = 1; i < 50'000; ++i) runs.push_back(run(std::to_string(i), "0", std::to_string(i - 1), i));
  runs.back().calls.resize(1);
  runs.back().calls[0].input = {message(model::Role::k_user, "hi")};
  const auto conversations = group(std::move(runs));
  EXPECT_EQ(conversations[0].traces[0].runs.back().calls[0].input.size(), 2U);
  EXPECT_EQ(problems("parent_cycle"), 0U);
}

}  // namespace
}  // namespace trajectory::build
