#include "http/retry.h"

#include <deque>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trajectory::http {
namespace {

using testing::ElementsAre;

/// A clock whose waits are written down and take no time, and whose chances are all the same.
struct Waits {
  std::vector<std::int64_t> waited;
  double chance = 0;
  bool interrupt = false;

  base::Clock clock() {
    base::Clock out;
    out.now = [] { return std::int64_t{1'700'000'000'000'000}; };
    out.steady = [] { return std::int64_t{0}; };
    out.sleep = [this](std::int64_t length) {
      waited.push_back(length);
      return !interrupt;
    };
    out.random = [this] { return chance; };
    return out;
  }
};

/// Answers from a list, the last one over and over.
struct Script {
  std::deque<base::Result<Response>> answers;
  int sent = 0;

  base::Result<Response> operator()(const Request&) {
    ++sent;
    base::Result<Response> answer = answers.front();
    if (answers.size() > 1) answers.pop_front();
    return answer;
  }
};

Response status(int number, std::vector<std::pair<std::string, std::string>> headers = {}) {
  return {number, std::move(headers), ""};
}

base::Error reset() { return {base::ErrorCode::k_unreachable, "connection reset"}; }

TEST(Retry, GoesOnAfterResetsAndPassingAnswers) {
  Waits waits;
  Script script{{reset(), status(503), status(408), status(425), status(200)}};
  const auto answer = send_with_retry(std::ref(script), {}, {}, waits.clock());
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_THAT(waits.waited, ElementsAre(500, 1000, 2000, 4000));
}

TEST(Retry, ShortensWaitsByChance) {
  Waits waits;
  waits.chance = 0.5;
  Script script{{status(500), status(500), status(200)}};
  ASSERT_TRUE(send_with_retry(std::ref(script), {}, {}, waits.clock()));
  EXPECT_THAT(waits.waited, ElementsAre(375, 750));
}

TEST(Retry, LengthensWaitsByChanceWhereAPolicySaysSo) {
  Waits waits;
  waits.chance = 0.5;
  Script script{{status(500), status(500), status(500), status(200)}};
  const RetryPolicy policy{.first_wait = 1000, .jitter = 500};
  ASSERT_TRUE(send_with_retry(std::ref(script), {}, policy, waits.clock()));
  EXPECT_THAT(waits.waited, ElementsAre(1250, 2250, 4250));
}

TEST(Retry, FollowsThePolicysListOfAnswers) {
  const RetryPolicy policy{.passing = [](int number) { return number == 404; }};
  Waits waits;
  Script script{{status(404), status(408), status(200)}};
  EXPECT_EQ(send_with_retry(std::ref(script), {}, policy, waits.clock())->status, 408);
}

TEST(Retry, LeavesOtherAnswersAlone) {
  for (const int number : {200, 204, 301, 400, 401, 403, 404, 409, 422, 501}) {
    Waits waits;
    Script script{{status(number)}};
    EXPECT_EQ(send_with_retry(std::ref(script), {}, {}, waits.clock())->status, number);
    EXPECT_EQ(script.sent, 1) << number;
  }
}

TEST(Retry, GivesTheLastAnswerWhenTriesAreUsedUp) {
  Waits waits;
  Script script{{status(502)}};
  EXPECT_EQ(send_with_retry(std::ref(script), {}, {.tries = 3}, waits.clock())->status, 502);
  EXPECT_EQ(script.sent, 3);
  Script dead{{reset()}};
  const auto answer = send_with_retry(std::ref(dead), {}, {.tries = 2}, waits.clock());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().text(), "connection reset (tried 2 times)");
}

TEST(Retry, WaitsAsLongAsItIsAskedTo) {
  Waits waits;
  Script script{{status(429, {{"retry-after", "7"}}), status(503, {{"retry-after-ms", "1500"}}),
                 status(429, {{"retry-after", "Tue, 14 Nov 2023 22:13:29 GMT"}}), status(200)}};
  ASSERT_TRUE(send_with_retry(std::ref(script), {}, {}, waits.clock()));
  EXPECT_THAT(waits.waited, ElementsAre(7000, 1500, 9000));
}

TEST(Retry, DoesNotWaitForHours) {
  Waits waits;
  Script script{{status(429, {{"retry-after", "7200"}})}};
  EXPECT_EQ(send_with_retry(std::ref(script), {}, {}, waits.clock())->status, 429);
  EXPECT_TRUE(waits.waited.empty());
}

TEST(Retry, SendsWhatMustNotArriveTwiceAgainOnlyAfterARefusal) {
  const RetryPolicy once{.repeatable = false};
  Waits waits;
  Script lost{{reset(), status(200)}};
  EXPECT_FALSE(send_with_retry(std::ref(lost), {}, once, waits.clock()));
  Script broken{{status(502), status(200)}};
  EXPECT_EQ(send_with_retry(std::ref(broken), {}, once, waits.clock())->status, 502);
  Script refused{{status(429), status(200)}};
  EXPECT_EQ(send_with_retry(std::ref(refused), {}, once, waits.clock())->status, 200);
}

TEST(Retry, EndsAWaitWithAnInterrupt) {
  Waits waits;
  waits.interrupt = true;
  Script script{{status(503)}};
  const auto answer = send_with_retry(std::ref(script), {}, {}, waits.clock());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), base::ErrorCode::k_interrupted);
}

}  // namespace
}  // namespace trajectory::http
