#include "record/kept_contract.h"

#include <gtest/gtest.h>

namespace trajectory::record {
namespace {

constexpr std::string_view k_kept = R"({"messages":[{"role":"user"},{"role":"assistant"}],"task":{"id":"x"},)"
                                    R"("steps":[{"messages":[[0,1]],"info":null},{"messages":[[0,2]],"info":{"a":1}}],)"
                                    R"("telemetry":{"source":"s","data":{"content_hash":"abc"}}})";

std::string emitted(std::string_view text, base::Status& status) {
  std::string out;
  status = emit_kept(text, [&](std::string_view piece) -> base::Status {
    out.append(piece);
    return {};
  });
  return out;
}

TEST(KeptContract, IsWrittenWithTheMessagesOfEachStep) {
  base::Status status;
  EXPECT_EQ(emitted(k_kept, status), R"({
  "task": {
    "id": "x"
  },
  "steps": [
    {
      "messages": [
        {
          "role": "user"
        }
      ],
      "info": null
    },
    {
      "messages": [
        {
          "role": "user"
        },
        {
          "role": "assistant"
        }
      ],
      "info": {
        "a": 1
      }
    }
  ],
  "telemetry": {
    "source": "s",
    "data": {
      "content_hash": "abc"
    }
  }
})");
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(kept_hash(k_kept), "abc");
}

TEST(KeptContract, RefusesAStepThatNamesNoMessage) {
  base::Status status;
  emitted(R"({"messages":[],"steps":[{"messages":[[0,4000000000]]}]})", status);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code(), base::ErrorCode::k_bad_format);
}

TEST(KeptContract, WritesEmptyListsAsPythonDoes) {
  base::Status status;
  EXPECT_EQ(emitted(R"({"messages":[],"steps":[]})", status), "{\n  \"steps\": []\n}");
  EXPECT_TRUE(status.ok());
}

}  // namespace
}  // namespace trajectory::record
