#include "live/find_access.h"

#include <map>

#include <gtest/gtest.h>

namespace trajectory::live {
namespace {

Environment environment(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const char* name) {
    const auto found = values.find(name);
    return found == values.end() ? std::string() : found->second;
  };
}

TEST(FindAccess, TakesWhatIsGivenBeforeTheEnvironmentAndNewerNamesBeforeOlder) {
  const Environment variables = environment({{"LANGSMITH_API_KEY", " new "},
                                             {"LANGCHAIN_API_KEY", "old"},
                                             {"LANGCHAIN_ENDPOINT", "https://old"},
                                             {"LANGSMITH_WORKSPACE_ID", "theirs"}});
  const auto found = find_access({"", {}, "ours"}, "", variables);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->key.reveal(), "new");
  EXPECT_EQ(found->url, "https://old");
  EXPECT_EQ(found->workspace, "ours");
  const auto given = find_access({"https://mine", base::Secret("mine"), ""}, "", variables);
  ASSERT_TRUE(given);
  EXPECT_EQ(given->key.reveal(), "mine");
  EXPECT_EQ(given->url, "https://mine");
  EXPECT_EQ(given->workspace, "theirs");
}

TEST(FindAccess, RefusesKeysThatNoHeaderCarriesWithoutShowingThem) {
  const auto found = find_access({"", base::Secret("hid den"), ""}, "", environment({}));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code(), base::ErrorCode::k_usage);
  EXPECT_EQ(found.error().text().find("hid"), std::string::npos);
  EXPECT_FALSE(find_access({}, "no/such/file", environment({})));
}

TEST(FindAccess, FindsOnesOwnFolders) {
  EXPECT_EQ(usual_config_file(environment({{"HOME", "/h"}})), "/h/.config/trajectory/config");
  EXPECT_EQ(usual_config_file(environment({{"HOME", "/h"}, {"XDG_CONFIG_HOME", "/c"}})), "/c/trajectory/config");
  EXPECT_EQ(usual_config_file(environment({})), "");
  EXPECT_EQ(states_folder(environment({{"HOME", "/h"}})), "/h/.local/state/trajectory");
  EXPECT_EQ(states_folder(environment({})), ".trajectory-state");
}

}  // namespace
}  // namespace trajectory::live
