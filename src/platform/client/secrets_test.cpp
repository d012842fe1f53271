#include "platform/client/secrets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trajectory::platform::client {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> places(std::string_view json, std::size_t most = 10) {
  const auto finder = SecretFinder::make();
  EXPECT_TRUE(finder) << finder.error().text();
  const auto found = finder->find(json, most);
  EXPECT_TRUE(found) << found.error().text();
  std::vector<std::string> out;
  for (const SecretPlace& one : *found) out.push_back(std::string(one.kind) + " in " + one.place);
  return out;
}

// Not a key: the pieces are put together here, so that no scanner takes this file for one.
const std::string k_key = std::string("sk-") + "proj-abcdefghij0123456789";

TEST(Secrets, AreNamedByConversationPlaceAndNeverShown) {
  const auto found = places(R"({"a":[{"b":"x"},{"content":"my )" + k_key + R"( is"}]})");
  EXPECT_THAT(found, ElementsAre("an API key (sk-) in a[1].content"));
}

TEST(Secrets, AreFoundBehindEscapesAndInStringsOfJson) {
  EXPECT_EQ(places(R"({"c":"line\n)" + k_key + "\"}").size(), 1U);
  EXPECT_EQ(places(R"({"c":"{\"k\":\")" + k_key + R"(\"}"})").size(), 1U);
  EXPECT_EQ(places(R"({"c":"{\"k\":\"a\\n)" + k_key + R"(\"}"})").size(), 1U);
  EXPECT_EQ(places(R"({"c":"-----BEGIN RSA PRIVATE KEY-----\nMIIE"})").size(), 1U);
}

TEST(Secrets, AreNoneInOrdinaryTexts) {
  EXPECT_THAT(places(R"({"c":"risk-assessment task-management sk-learn ask-anything-you-like-about-everything",)"
                     R"("id":"3f2a7c1e-0000-4000-8000-00000000abcd","h":"0123456789abcdef0123456789abcdef"})"),
              IsEmpty());
}

TEST(Secrets, CountOnceAValueAndUpToALimit) {
  std::string json = "[";
  for (int i = 0; i < 5; ++i) json.append(i > 0 ? ",\"" : "\"").append(k_key).append(" ").append(k_key).append("\"");
  EXPECT_EQ(places(json + "]").size(), 5U);
  EXPECT_EQ(places(json + "]", 2).size(), 2U);
}

TEST(Secrets, AreNotShownByTheKeysOfObjectsEither) {
  EXPECT_THAT(places("{\"" + k_key + "\":{\"x\":\"" + k_key + "\"}}"),
              testing::Each(testing::Not(testing::HasSubstr("abcdefghij"))));
}

TEST(JsonPlace, IsThePathOfTheValue) {
  const std::string json = R"({"a":{"b":[1,{"c":"x, \"y\": {"},["z"]]},"d":5})";
  EXPECT_EQ(json_place(json, json.find("x,")), "a.b[1].c");
  EXPECT_EQ(json_place(json, json.find("z")), "a.b[2][0]");
  EXPECT_EQ(json_place(json, json.find("5")), "d");
  EXPECT_EQ(json_place("\"text\"", 2), "");
}

}  // namespace
}  // namespace trajectory::platform::client
