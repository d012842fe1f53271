#include "build/forms.h"

#include <gtest/gtest.h>

namespace trajectory::build {
namespace {

using model::Message;
using model::Role;

Message answer(std::string arguments = R"({"a":1,"b":[2.0]})") {
  Message out;
  out.role = Role::k_assistant;
  out.content = "text";
  out.tool_calls = {{"call_1", "look", std::move(arguments)}};
  out.reasoning = "thought";
  return out;
}

TEST(Forms, ComparesArgumentsAsJson) {
  EXPECT_EQ(form_difference(answer(), answer(R"({ "b": [2], "a": 1.0 })")), "");
  EXPECT_EQ(form_difference(answer(), answer(R"({"a":1,"b":[3]})")), "arguments");
  EXPECT_EQ(form_difference(answer("no json"), answer("no  json")), "arguments");
  EXPECT_EQ(form_difference(answer("9007199254740993"), answer("9007199254740992")), "arguments");
}

TEST(Forms, ComparesEverythingElseToTheLetter) {
  const auto changed = [](auto&& change) {
    Message shown = answer();
    change(shown);
    return form_difference(answer(), shown);
  };
  EXPECT_EQ(changed([](Message& m) { m.role = Role::k_user; }), "role");
  EXPECT_EQ(changed([](Message& m) { m.content = "text "; }), "text");
  EXPECT_EQ(changed([](Message& m) { m.parts = R"([{"type":"image"}])"; }), "parts");
  EXPECT_EQ(changed([](Message& m) { m.tool_calls.clear(); }), "number of tool calls");
  EXPECT_EQ(changed([](Message& m) { m.tool_calls[0].name = "see"; }), "tool name");
  EXPECT_EQ(changed([](Message& m) { m.tool_calls[0].id = "call_2"; }), "tool call id");
  EXPECT_EQ(changed([](Message& m) { m.reasoning = "another"; }), "reasoning");
  EXPECT_EQ(changed([](Message& m) { m.name = "ada"; }), "name");
}

TEST(Forms, WhatAPayloadLeavesOutProvesNothing) {
  Message shown = answer();
  shown.tool_calls[0].id.clear();
  shown.reasoning.clear();
  EXPECT_EQ(form_difference(answer(), shown), "");
  Message result;
  result.role = Role::k_tool;
  result.tool_call_id = "call_1";
  result.name = "look";
  result.error = "broken";
  Message bare;
  bare.role = Role::k_tool;
  EXPECT_EQ(form_difference(result, bare), "");
  EXPECT_EQ(form_difference(bare, result), "tool call id");
}

TEST(Forms, AVariantShowsWhatDiffersAndNothingElse) {
  Message shown = answer(R"({"a":2})");
  shown.tool_calls[0].id.clear();
  shown.reasoning.clear();
  const model::Variant variant = variant_of(answer(), shown);
  EXPECT_EQ(variant.tool_calls->at(0).id, "call_1");
  EXPECT_FALSE(variant.reasoning || variant.name || variant.tool_call_id || variant.error);
  EXPECT_EQ(form_difference(model::in_form(answer(), variant), shown), "");
}

model::TranscriptMessage recorded(Message message, model::OriginKind kind) {
  model::TranscriptMessage out;
  out.message = std::move(message);
  out.origin.kind = kind;
  return out;
}

TEST(Forms, AnAnswerThatWasMendedMayHaveWhatOnlyLaterRequestsTell) {
  const auto mended = recorded(answer(), model::OriginKind::k_normalised);
  Message without_reasoning = answer();
  without_reasoning.reasoning.clear();
  EXPECT_EQ(answer_difference(mended, without_reasoning), "");
  EXPECT_EQ(answer_difference(mended, answer("{}")), "");
  EXPECT_EQ(answer_difference(mended, answer(R"({"a":1}{"b":2})")), "");
  EXPECT_EQ(answer_difference(mended, answer(R"({"a":2})")), "arguments");
  Message nothing;
  nothing.role = Role::k_assistant;
  EXPECT_EQ(answer_difference(mended, nothing), "");
}

TEST(Forms, AVerbatimAnswerIsWhatWasSaid) {
  const auto verbatim = recorded(answer(), model::OriginKind::k_verbatim);
  EXPECT_EQ(answer_difference(verbatim, answer()), "");
  EXPECT_EQ(answer_difference(verbatim, answer("{}")), "arguments");
}

}  // namespace
}  // namespace trajectory::build
