#include "pipeline/forgetful_extractor.h"

#include <string>

#include <gtest/gtest.h>

namespace trajectory::pipeline {
namespace {

TEST(ForgetfulExtractor, CountsEveryRunAndForgetsTheirTexts) {
  constexpr std::size_t k_text = 9 << 20;
  const std::string inputs = R"({"messages": [{"role": "user", "content": ")" + std::string(k_text, 'a') + R"("}]})";
  ForgetfulExtractor extractor{messages::ExtractOptions()};
  model::Run run;
  run.type = model::RunType::k_llm;
  run.inputs = inputs;
  for (const std::string_view id : {"first", "second"}) {
    run.id = run.trace_id = id;
    const messages::RunFacts facts = extractor.next().extract(run);
    EXPECT_EQ(extractor.texts().get(facts.id), id);
  }
  const messages::Census census = extractor.finish();
  ASSERT_EQ(census.calls_by_shape.size(), 1U);
  EXPECT_EQ(census.calls_by_shape.begin()->second, 2U);
  EXPECT_EQ(census.message_bytes, 2 * k_text);  // a text that was kept is counted once
}

}  // namespace
}  // namespace trajectory::pipeline
