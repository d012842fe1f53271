#include "platform/client/events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/loopback_server.h"
#include "json/value.h"

namespace trajectory::platform::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string event(std::string_view timestamp, std::string_view type = "click") {
  return R"({"event_type":")" + std::string(type) + R"(","session_id":"s","properties":{},"timestamp":")" +
         std::string(timestamp) + "\"}";
}

TEST(Events, AreValidWithTheTimesThatPythonReads) {
  for (const char* time : {"2026-01-01", "2026-01-01T00:00:00", "2026-01-01T10:20:30.5Z", "2026-01-01 00:00:00+02",
                           "20260101T000000Z", "20260101", "2026-W01-1", "2026W01", "2026-01-01T00:00:00.123456789Z",
                           "2026-01-01T00:00:00+00:00", "2026-01-01T10", "2026-01-01T1020+0530"})
    EXPECT_EQ(trouble_in_event(event(time)), "") << time;
  for (const char* time : {"", "yesterday", "2026", "2026-13-01", "2026-02-30", "2026-01-01T25:00:00", "2026-W54-1",
                           "10:20:30", "2026-01-01T"})
    EXPECT_THAT(trouble_in_event(event(time)), HasSubstr("timestamp must be ISO 8601")) << time;
}

TEST(Events, AreNamedForWhatIsWrong) {
  EXPECT_EQ(trouble_in_event(event("2026-01-01", " \xC2\xA0")), "event_type is required (got empty/blank)");
  EXPECT_EQ(trouble_in_event(R"({"event_type":5,"session_id":"s"})"), "event_type must be a text, not a number");
  EXPECT_EQ(trouble_in_event(R"({"event_type":"a","session_id":null})"), "session_id is required (got empty/blank)");
  EXPECT_EQ(trouble_in_event(R"({"event_type":"a","session_id":"s","properties":[]})"),
            "properties must be an object, not a list");
  EXPECT_EQ(trouble_in_event("[]"), "it is a list, not an object");
  EXPECT_THAT(trouble_in_event("{"), HasSubstr("it is no JSON"));
}

struct Pushed {
  base::Result<EventReport> report;
  std::vector<std::string> bodies;
};

Pushed push(std::vector<std::string> events, const EventOptions& options, std::vector<int> statuses = {},
            const std::string& answer = R"({"detail":"said so"})") {
  std::vector<std::string> bodies;
  std::size_t at = 0;
  const http::LoopbackServer server([&](const std::string& request) {
    bodies.push_back(request.substr(request.find("\r\n\r\n") + 4));
    const int status = at < statuses.size() ? statuses[at] : 200;
    ++at;
    return http::LoopbackServer::answer(status, answer);
  });
  base::Clock clock = base::system_clock(nullptr);
  clock.sleep = [](std::int64_t) { return true; };
  const auto service = Service::open({server.url(), base::Secret("key")}, clock, {});
  EXPECT_TRUE(service);
  std::size_t next = 0;
  auto report = push_events(
      *service,
      [&]() -> base::Result<std::optional<std::string>> {
        if (next == events.size()) return std::optional<std::string>();
        return std::optional(events[next++]);
      },
      options);
  return {std::move(report), std::move(bodies)};
}

TEST(Events, GoInChunksWithoutTheInvalidOnes) {
  const std::string good = event("2026-01-01");
  const auto pushed = push({good, event("no"), good, good}, {.chunk_size = 2});
  ASSERT_TRUE(pushed.report) << pushed.report.error().text();
  EXPECT_EQ(pushed.report->pushed, 3U);
  EXPECT_EQ(pushed.report->skipped, 1U);
  ASSERT_EQ(pushed.report->errors.size(), 1U);
  EXPECT_THAT(pushed.report->errors[0], HasSubstr("Event 1: timestamp"));
  EXPECT_THAT(pushed.bodies, ElementsAre("{\"events\":[" + good + "," + good + "]}", "{\"events\":[" + good + "]}"));
}

TEST(Events, AreTriedAgainAsOftenAsAsked) {
  const std::string good = event("2026-01-01");
  EXPECT_TRUE(push({good}, {.retries = 2}, {503, 429, 200}).report);
  const auto failed = push({good}, {.retries = 1}, {503, 503, 200});
  ASSERT_FALSE(failed.report);
  EXPECT_EQ(failed.bodies.size(), 2U);
  EXPECT_THAT(failed.report.error().text(), HasSubstr("said so"));
  EXPECT_EQ(push({good}, {}, {400, 200}).bodies.size(), 1U);
}

TEST(Events, SayWhatWasPushedBeforeAFailure) {
  const std::string good = event("2026-01-01");
  const auto failed = push({good, good}, {.chunk_size = 1}, {200, 422});
  ASSERT_FALSE(failed.report);
  EXPECT_THAT(failed.report.error().text(), HasSubstr("1 events were pushed before"));
}

TEST(Events, ThatThePlatformRefusesOneByOneAreNamed) {
  const std::string good = event("2026-01-01");
  const std::string answer =
      R"({"accepted":1,"errors":[{"request_index":1,"error":"event_id is missing"},{"request_index":7,"error":"?"}]})";
  const auto pushed = push({event("no"), good, good}, {}, {}, answer);
  ASSERT_TRUE(pushed.report) << pushed.report.error().text();
  EXPECT_EQ(pushed.report->pushed, 1U);
  EXPECT_EQ(pushed.report->skipped, 2U);
  EXPECT_THAT(pushed.report->errors, ElementsAre(HasSubstr("Event 0: timestamp"),
                                                 HasSubstr("Event 2: the platform refuses it: event_id is missing")));
}

TEST(Events, AnAddressThatSendsElsewhereIsNoSuccess) { EXPECT_FALSE(push({event("2026-01-01")}, {}, {302}).report); }

}  // namespace
}  // namespace trajectory::platform::client
