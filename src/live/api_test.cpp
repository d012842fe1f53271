#include "live/api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/loopback_server.h"

namespace trajectory::live {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::int64_t k_minute = 60'000;

/// A clock that moves only when somebody waits.
base::Clock clock_at(std::int64_t& now) {
  base::Clock out;
  out.now = [&now] { return now * 1000; };
  out.steady = [&now] { return now; };
  out.sleep = [&now](std::int64_t length) {
    now += length;
    return true;
  };
  out.random = [] { return 0.5; };
  return out;
}

struct Refused {
  std::int64_t waited = 0;  ///< milliseconds
  std::vector<std::string> notes;
  std::string error;
};

/// A query of runs at a service that refuses every call for their number.
Refused ask_in_vain(const std::string& headers) {
  const http::LoopbackServer server(
      [&](const std::string&) { return http::LoopbackServer::answer(429, R"({"detail": "too many"})", headers); });
  Refused out;
  Hooks hooks;
  hooks.note = [&](std::string_view line) { out.notes.emplace_back(line); };
  const auto api = Api::open({server.url(), base::Secret("the-key"), ""}, clock_at(out.waited), hooks);
  const auto answer = api->call({.path = "/api/v1/x", .what = "list runs", .pace = Pace::k_runs_recent});
  out.error = answer ? "" : answer.error().text();
  return out;
}

TEST(Api, GivesUpOnALimitThatLetsNothingThroughForTwoMinutes) {
  const Refused refused = ask_in_vain("");
  EXPECT_THAT(refused.error, HasSubstr("rate limit lets no call through: too many"));
  EXPECT_GT(refused.waited, 2 * k_minute);
  EXPECT_LT(refused.waited, 3 * k_minute);
}

TEST(Api, TellsOnceThatItWaitsForTheLimit) {
  EXPECT_THAT(ask_in_vain("").notes, ElementsAre(HasSubstr("waiting: LangSmith's rate limit")));
  EXPECT_THAT(ask_in_vain("Retry-After: 70\r\n").notes, ElementsAre(HasSubstr("asks for 70 s")));
}

TEST(Api, DoesNotWaitForALimitOfHours) {
  const Refused refused = ask_in_vain("Retry-After: 7200\r\n");
  EXPECT_EQ(refused.waited, 0);
  EXPECT_THAT(refused.notes, ElementsAre());
}

}  // namespace
}  // namespace trajectory::live
