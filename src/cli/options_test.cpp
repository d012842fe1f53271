#include "cli/options.h"

#include <sstream>

#include <gmock/gmock.h>

#include "base/time.h"

namespace trajectory::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ParseSize, KnowsDecimalAndBinaryUnits) {
  EXPECT_EQ(*parse_size("1000", "--memory"), 1000U);
  EXPECT_EQ(*parse_size("512MiB", "--memory"), 512U << 20);
  EXPECT_EQ(*parse_size("1.5 GB", "--memory"), 1'500'000'000U);
  EXPECT_EQ(*parse_size("2G", "--memory"), std::uint64_t{2} << 30);
}

TEST(ParseSize, NamesTheOptionOfWhatIsNoSize) {
  for (const char* text : {"", "0", "-1", "lots", "5x", "1e30", "nan"}) {
    const auto size = parse_size(text, "--max-file");
    ASSERT_FALSE(size.ok()) << text;
    EXPECT_EQ(size.error().code(), base::ErrorCode::k_usage);
    EXPECT_THAT(size.error().text(), HasSubstr("--max-file"));
  }
}

TEST(ParseMoment, ReadsTimesAndSpansBeforeNow) {
  const model::Micros now = *base::parse_time("2026-11-24T12:00:00Z");
  EXPECT_EQ(*parse_moment("2026-11-22T10:00:00Z", "--since", now), *base::parse_time("2026-11-22T10:00:00Z"));
  EXPECT_EQ(*parse_moment("7d", "--since", now), *base::parse_time("2026-11-17T12:00:00Z"));
  EXPECT_EQ(*parse_moment("90m", "--since", now), *base::parse_time("2026-11-24T10:30:00Z"));
  for (const char* text : {"", "d", "7", "7y", "-7d", "soon", "7d2h"})
    EXPECT_FALSE(parse_moment(text, "--since", now).ok()) << text;
}

TEST(OutputFlags, ReadListsAndRepetitionsOfFormats) {
  OutputFlags flags;
  flags.formats = {"jsonl,json", "jsonl", "parquet"};
  EXPECT_THAT(output_options(flags)->formats,
              ElementsAre(record::Format::k_jsonl, record::Format::k_json, record::Format::k_parquet));
  flags.formats = {};
  EXPECT_THAT(output_options(flags)->formats, ElementsAre(record::Format::k_parquet));
  flags.formats = {"xml"};
  EXPECT_EQ(output_options(flags).error().code(), base::ErrorCode::k_usage);
}

/// What a command says and returns when it runs outside of any terminal.
struct Said {
  int status = 0;
  std::string out;
  std::string err;
};

Said say(std::vector<std::string> arguments) {
  std::ostringstream out;
  std::ostringstream err;
  Terminal terminal{out, err};
  const int status = run(std::move(arguments), terminal);
  return {status, out.str(), err.str()};
}

TEST(Commands, AllHaveASummaryAndAnExampleInTheirHelp) {
  for (const Command& command : commands()) {
    const Said said = say({std::string(command.name), "--help"});
    EXPECT_EQ(said.status, 0);
    EXPECT_THAT(said.out, AllOf(HasSubstr(std::string(command.summary)), HasSubstr(std::string(command.example)),
                                HasSubstr("trajectory " + std::string(command.name))));
    EXPECT_EQ(said.err, "");
  }
}

TEST(Commands, AnOptionForOneValueLeavesTheSourceAlone) {
  // The source is not there: that it is missed shows that it was understood as one.
  const Said said = say({"import", "--format", "jsonl", "not-there.parquet", "--dry-run"});
  EXPECT_EQ(said.status, 1);
  EXPECT_THAT(said.err, HasSubstr("not-there.parquet"));
}

TEST(Commands, ANegativeLimitIsWrongUsage) {
  const Said said = say({"import", "x.parquet", "--dry-run", "--limit", "-1"});
  EXPECT_EQ(said.status, 2);
  EXPECT_THAT(said.err, HasSubstr("--limit"));
}

TEST(Completion, KnowsEveryCommandAndItsOptionsInEveryShell) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const Said said = say({"completion", shell});
    EXPECT_EQ(said.status, 0);
    for (const Command& command : commands()) EXPECT_THAT(said.out, HasSubstr(std::string(command.name)));
    for (const char* option : {"no-feedback", "max-file", "threads"}) EXPECT_THAT(said.out, HasSubstr(option));
  }
}

}  // namespace
}  // namespace trajectory::cli
