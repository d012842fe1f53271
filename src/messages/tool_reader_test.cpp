#include "messages/tool_reader.h"

#include <gtest/gtest.h>

namespace trajectory::messages {
namespace {

class ToolReaderTest : public testing::Test {
 protected:
  ToolFacts read(std::string_view inputs, std::string_view outputs, std::string_view extra = "{}",
                 bool failed = false) {
    return read_tool({"run name", **parser_.parse(inputs), **parser_.parse(outputs), **parser_.parse(extra), failed},
                     tables_, parser_);
  }
  [[nodiscard]] std::string_view text(TextId id) const { return tables_.texts.get(id); }

  Tables tables_;
  json::Parser parser_;
};

TEST_F(ToolReaderTest, TakesTheInputsAsTheArguments) {
  const ToolFacts tool = read(R"({"city": "Oslo"})", R"({"output": "rain"})", R"({"tool_call_id": "c1"})");
  EXPECT_EQ(text(tool.name), "run name");
  EXPECT_EQ(text(tool.arguments), R"({"city":"Oslo"})");
  EXPECT_EQ(text(tool.output), "rain");
  EXPECT_EQ(text(tool.tool_call_id), "c1");
}

TEST_F(ToolReaderTest, TakesNameAndArgumentsThatStandSideBySide) {
  const ToolFacts tool = read(R"({"tool_name": "clock", "arguments": {"zone": "CET"}})", R"({"hour": 9})");
  EXPECT_EQ(text(tool.name), "clock");
  EXPECT_EQ(text(tool.arguments), R"({"zone":"CET"})");
  EXPECT_EQ(text(tool.output), R"({"hour":9})");
  EXPECT_TRUE(tool.output_is_object);
}

TEST_F(ToolReaderTest, AnArgumentOfThatNameBesideOthersIsNoWrapper) {
  EXPECT_EQ(text(read(R"({"arguments": "a", "depth": 2})", "{}").arguments), R"({"arguments":"a","depth":2})");
}

TEST_F(ToolReaderTest, UnwrapsPositionalAndNamedArguments) {
  EXPECT_EQ(text(read(R"({"args": [], "kwargs": {"n": 1}})", "{}").arguments), R"({"n":1})");
  const ToolFacts vercel = read(R"({"args": [{"n": 1}, {"toolCallId": "c7"}]})", "{}");
  EXPECT_EQ(text(vercel.arguments), R"({"n":1})");
  EXPECT_EQ(text(vercel.tool_call_id), "c7");
}

TEST_F(ToolReaderTest, ReadsAToolMessageAsTheResult) {
  const ToolFacts tool =
      read(R"({"input": "{}"})", R"({"output": {"type": "tool", "content": "done", "tool_call_id": "c2"}})");
  EXPECT_EQ(text(tool.output), "done");
  EXPECT_EQ(text(tool.tool_call_id), "c2");
}

TEST_F(ToolReaderTest, AFailedRunWithoutOutputHasNoResult) {
  EXPECT_EQ(read("{}", "{}", "{}", true).output, 0U);
  EXPECT_EQ(read("{}", R"({"output": null})", "{}", true).output, 0U);
}

}  // namespace
}  // namespace trajectory::messages
