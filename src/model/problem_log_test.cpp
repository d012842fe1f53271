#include "model/problem_log.h"

#include <gmock/gmock.h>

namespace trajectory::model {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;

/// What a log makes of problems of one kind at these places.
ProblemTallies tallies(std::initializer_list<const char*> places, Severity severity = Severity::k_note) {
  ProblemLog log;
  for (const char* place : places) log.add({"kind", severity, place, ""});
  return log.tallies();
}

TEST(Problems, AddUpAndKeepTheFirstExamplesOfBothSides) {
  ProblemTallies all = tallies({"c", "a", "g", "h", "i", "j"});
  merge(all, tallies({"b"}, Severity::k_refused));
  const ProblemTally& tally = all.at("kind");
  EXPECT_EQ(tally.count, 7U);
  EXPECT_EQ(tally.severity, Severity::k_refused);
  const auto at = [](const char* place) { return Field(&Problem::place, place); };
  EXPECT_THAT(tally.examples, ElementsAre(at("b"), at("a"), at("c"), at("g"), at("h")));  // the gravest first
}

TEST(Problems, MergeAlikeInAnyOrder) {
  ProblemTallies forth = tallies({"a", "d"});
  merge(forth, tallies({"b", "c"}));
  ProblemTallies back = tallies({"b", "c"});
  merge(back, tallies({"a", "d"}));
  ASSERT_EQ(forth.at("kind").examples.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(forth.at("kind").examples[i].place, back.at("kind").examples[i].place);
}

}  // namespace
}  // namespace trajectory::model
