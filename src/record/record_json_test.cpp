#include "record/record_json.h"

#include <filesystem>
#include <unistd.h>

#include <gtest/gtest.h>

#include "record/contract.h"
#include "record/output.h"

namespace trajectory::record {
namespace {

using model::Role;

/// A record with every field set somewhere.
model::Trajectory full_record() {
  model::Trajectory t;
  t.conversation_id = "talk \"1\"";
  t.project_id = "project";
  t.thread_key = "thread_id";
  model::TranscriptMessage user;
  user.message = {.role = Role::k_user,
                  .original_role = "human",
                  .content = "lone \xED\xA0\x80 text",
                  .parts = R"([{"type":"text"}])",
                  .tool_calls = {},
                  .tool_call_id = {},
                  .name = "ada",
                  .reasoning = {},
                  .error = {}};
  user.time = 1'795'348'003'812'486;
  user.origin = {"run-1", "inputs", model::OriginKind::k_normalised};
  user.seen_only_as_input = true;
  model::TranscriptMessage assistant;
  assistant.message = {.role = Role::k_assistant,
                       .original_role = {},
                       .content = "",
                       .parts = {},
                       .tool_calls = {{"c1", "look", R"({"a":1})"}, {"c2", "look", "not json"}},
                       .tool_call_id = {},
                       .name = {},
                       .reasoning = "hm",
                       .error = {}};
  assistant.trainable = model::TrainableStatus::k_trainable;
  assistant.unanswered_calls = assistant.cut = true;
  model::TranscriptMessage tool;
  tool.message = {.role = Role::k_tool,
                  .original_role = {},
                  .content = "out",
                  .parts = {},
                  .tool_calls = {},
                  .tool_call_id = "c1",
                  .name = "look",
                  .reasoning = {},
                  .error = "bad"};
  tool.tool_run = model::ToolRun{"run-2", std::string(64, 'a'), 1, 2, true};
  t.main.messages = {user, assistant, tool};
  model::ModelCall call;
  call.context = {{0, 1}};
  call.answer = 1;
  call.variants[0] = {"plain form", ""};
  call.model = "m";
  call.parameters = R"({"temperature":0.50})";
  call.tools = {1, 0};
  call.usage = {1, 2, 3, 4, 5, 6, 123'450'000};
  call.finish_reason = "stop";
  call.run_id = "run-1";
  call.trace_id = "trace";
  call.agent = "front";
  call.error = "boom";
  call.start_time = 1;
  call.end_time = 2;
  call.incomplete_context = true;
  t.main.calls = {call};
  call.variants[0] = {"joined", R"([{"type":"text","text":"joined"}])"};
  call.variants[1] = {"other calls",   "", std::vector<model::ToolCall>{{"c9", "look", R"({"at":2})"}}, "c9", "other",
                      "other thought", ""};
  call.variants[2] = {"no calls", "", std::vector<model::ToolCall>{}};
  t.main.alternatives = {{2, "retry", {assistant}, {call}}};
  model::Lane agent;
  agent.parent_tool_call_id = "c1";
  agent.name = "helper";
  agent.messages = {user, assistant};
  agent.calls = {call};
  agent.subagents = {model::Lane{}};
  t.main.subagents = {agent};
  t.auxiliary = {agent};
  t.tool_definitions = {R"({"type":"function","function":{"name":"look"}})", R"({"type":"web_search"})"};
  t.events = {{"tool_run", "r", "t", "n", "{}", "o", "e", 3}};
  t.trace_ids = {"trace"};
  t.source_run_ids = {"run-1", "run-2"};
  t.reward = model::Reward{0.5, {{"score", 0.25, 2}, {"other", 0.75, 1}}};
  t.error = "the end";
  t.start_time = 1;
  t.end_time = 2;
  t.usage = {10, 20, 30, 1, 2, 3, 4};
  t.failed_calls = 1;
  return t;
}

TEST(RecordJson, ReadsBackWhatItWrote) {
  const model::Trajectory record = full_record();
  std::string line;
  append_record(line, record);
  json::Parser parser;
  const auto parsed = parser.parse(line);
  ASSERT_TRUE(parsed);
  const auto read = read_record(**parsed);
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(*read, record);
  EXPECT_EQ((**parsed)["calls"][0]["tools"][0].text(), "web_search");
}

TEST(RecordJson, KeepsAContractThatCountsInPlaceOfTheDerivedOne) {
  model::Trajectory record = full_record();
  record.contract = R"({"messages":[{"role":"user"}],"task":{},"steps":[{"messages":[[0,1]]}]})";
  for (const bool fits : {true, false}) {
    if (!fits) record.contract.replace(record.contract.find("[[0,1]]"), 7, "[[0,2]]");
    std::string line;
    append_record(line, record);
    json::Parser parser;
    const auto parsed = parser.parse(line);
    ASSERT_TRUE(parsed);
    const auto read = read_record(**parsed);
    ASSERT_EQ(read.ok(), fits);
    if (!fits) break;
    EXPECT_EQ(*read, record);
    EXPECT_EQ(ContractForm(*read).delta(), record.contract);
  }
}

TEST(RecordJson, RefusesPlacesThatAreNotThere) {
  model::Trajectory record = full_record();
  record.main.calls[0].context = {{0, 9}};
  std::string line;
  append_record(line, record);
  json::Parser parser;
  const auto parsed = parser.parse(line);
  ASSERT_TRUE(parsed);
  EXPECT_FALSE(read_record(**parsed));
}

TEST(RecordJson, RefusesAnotherDocument) {
  json::Parser parser;
  for (const char* text :
       {"{}", "[]", R"({"conversation_id":"x"})", R"({"conversation_id":"x","messages":[{"role":"wizard"}]})"}) {
    const auto parsed = parser.parse(text);
    ASSERT_TRUE(parsed);
    const auto read = read_record(**parsed);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code(), base::ErrorCode::k_bad_format);
  }
}

TEST(Dataset, ReadsBackWhatItWroteLoneSurrogatesIncluded) {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("trajectory-dataset-test-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  {
    auto writer = make_writer(Format::k_parquet, folder.string(), {});
    ASSERT_TRUE(writer);
    ASSERT_TRUE((*writer)->add(full_record(), *(*writer)->prepare(full_record())).ok());
    model::Trajectory empty;
    empty.conversation_id = "empty";
    ASSERT_TRUE((*writer)->add(empty, *(*writer)->prepare(empty)).ok());
    ASSERT_TRUE((*writer)->finish("{}").ok());
  }
  std::vector<model::Trajectory> read;
  const auto status = read_trajectories(folder.string(), [&](model::Trajectory t) -> base::Result<bool> {
    read.push_back(std::move(t));
    return true;
  });
  std::filesystem::remove_all(folder);
  ASSERT_TRUE(status.ok()) << status.error().text();
  ASSERT_EQ(read.size(), 2U);
  EXPECT_EQ(read[0], full_record());
  EXPECT_EQ(read[1].conversation_id, "empty");
}

TEST(ContractForm, TellsItsSizeBeforeItIsWritten) {
  const model::Trajectory record = full_record();
  const ContractForm form(record);
  const std::string path = testing::TempDir() + "contract.json";
  auto file = base::OutputFile::create(path);
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE(form.write(*file).ok() && file->close().ok());
  EXPECT_EQ(form.size(), std::filesystem::file_size(path));
  EXPECT_EQ(form.content_hash().size(), 64U);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace trajectory::record
