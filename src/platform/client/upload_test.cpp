#include "platform/client/upload.h"

#include <map>
#include <mutex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/loopback_server.h"
#include "json/value.h"

namespace trajectory::platform::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// A platform that answers uploads from a list of statuses, then with success.
class Platform {
 public:
  std::string info;                        ///< body of /info; empty: 404
  std::vector<int> statuses;               ///< 0: closes the connection
  std::string answer;                      ///< of uploads; empty: all were uploaded
  std::map<std::string, std::string> ids;  ///< by upload hash: what is known
  std::vector<std::string> heads;
  std::vector<std::string> bodies;
  std::vector<std::int64_t> waits;
  http::LoopbackServer server{[this](const std::string& request) { return serve(request); }};

  base::Clock clock() {
    base::Clock out = base::system_clock(nullptr);
    out.sleep = [this](std::int64_t length) {
      const std::lock_guard lock(mutex_);
      waits.push_back(length);
      return true;
    };
    out.random = [] { return 0.5; };
    return out;
  }

 private:
  std::string serve(const std::string& request) {
    const std::lock_guard lock(mutex_);
    if (request.starts_with("GET /api/v1/info "))
      return http::LoopbackServer::answer(info.empty() ? 404 : 200, info.empty() ? "{}" : info);
    const std::size_t head = request.find("\r\n\r\n");
    heads.push_back(request.substr(0, head));
    bodies.push_back(request.substr(head + 4));
    if (heads.back().starts_with("POST /api/v1/trajectories/known ")) return known();
    if (!statuses.empty()) {
      const int status = statuses.front();
      statuses.erase(statuses.begin());
      if (status == 0) return "";
      if (status != 200) return http::LoopbackServer::answer(status, R"({"detail":"said so"})");
    }
    return http::LoopbackServer::answer(200, answer.empty() ? "{}" : answer);
  }

  std::string known() {
    json::Parser parser;
    const auto asked = parser.parse(bodies.back());
    std::string out;
    int index = 0;
    for (const json::Value& one : (**asked)["trajectories"].items()) {
      const auto id = ids.find(std::string(one["conversation_id"].string()));
      if (id != ids.end())
        out += (out.empty() ? "" : ",") + std::string("{\"request_index\":") + std::to_string(index) +
               ",\"trajectory_id\":\"" + id->second + "\",\"trace_id\":null}";
      ++index;
    }
    return http::LoopbackServer::answer(200, "{\"known\":[" + out + "]}");
  }

  std::mutex mutex_;
};

model::Trajectory conversation(const std::string& id, const std::string& text) {
  model::Trajectory out;
  out.conversation_id = id;
  if (text.empty()) return out;
  out.main.messages.emplace_back();
  out.main.messages.back().message.role = model::Role::k_user;
  out.main.messages.back().message.content = text;
  return out;
}

Source source_of(std::vector<model::Trajectory> all) {
  const std::uint64_t size = all.size();
  return {size, [all = std::move(all)](std::uint64_t place) -> base::Result<Item> { return Item{all[place], true}; }};
}

base::Result<UploadReport> upload(Platform& platform, const Source& source, UploadOptions options = {}) {
  const auto uploader = Uploader::open({platform.server.url(), base::Secret("the-key")}, platform.clock(), {});
  if (!uploader) return uploader.error();
  if (options.dataset.empty()) options.dataset = "d";
  return uploader->upload(source, options);
}

const Source k_two = source_of({conversation("a", "one"), conversation("b", ""), conversation("c", "two")});

TEST(Upload, SendsTheContractsFormAndCountsPlacesOfTheSource) {
  Platform platform;
  platform.answer =
      R"({"uploaded":1,"skipped":1,"trajectories":[{"request_index":1,"trajectory_id":"T","extra":[1]}]})";
  const auto report = upload(platform, k_two);
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_THAT(report->json(),
              HasSubstr(R"("uploaded":1,"skipped":2,"client_skipped":1,"backend_skipped":1,"errors":[],"trajectories":)"
                        R"([{"request_index":2,"trajectory_id":"T","extra":[1]}],"batches":1,"elapsed_s":)"));
  ASSERT_EQ(platform.bodies.size(), 1U);
  EXPECT_THAT(platform.heads[0], HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_THAT(platform.heads[0], HasSubstr("X-API-Key: the-key"));
  json::Parser parser;
  const auto body = parser.parse(platform.bodies[0]);
  ASSERT_TRUE(body);
  EXPECT_EQ((**body)["dataset"].string(), "d");
  EXPECT_EQ((**body)["trajectories"].size(), 2U);
  EXPECT_EQ((**body)["trajectories"][1]["task"]["conversation_id"].string(), "c");
  EXPECT_EQ(platform.bodies[0].find('\n'), std::string::npos);
}

TEST(Upload, TriesAgainWhereTheContractSaysSo) {
  for (const int status : {0, 429, 500, 502, 503, 504}) {
    Platform platform;
    platform.statuses = {status, status, status, 200};
    const auto report = upload(platform, k_two);
    ASSERT_TRUE(report) << status << report.error().text();
    EXPECT_EQ(report->uploaded, 2U);
    // On a connection that was used before curl itself sends a request once more.
    if (status == 0) {
      EXPECT_THAT(platform.waits, ElementsAre(1250, 2250));
    } else {
      EXPECT_THAT(platform.waits, ElementsAre(1250, 2250, 4250)) << status;
    }
    EXPECT_EQ(platform.bodies.size(), 4U);
  }
}

TEST(Upload, FailsAtOnceOnOtherAnswersWithTheServersText) {
  for (const int status : {201, 302, 400, 401, 403, 404, 408, 413, 422, 501}) {
    Platform platform;
    platform.statuses = {status};
    const auto report = upload(platform, k_two);
    ASSERT_FALSE(report) << status;
    EXPECT_TRUE(platform.waits.empty()) << status;
    if (status > 399) {
      EXPECT_THAT(report.error().text(), HasSubstr("said so"));
    }
    EXPECT_THAT(report.error().text(), Not(HasSubstr("the-key")));
  }
}

TEST(Upload, FailsWhenTheTriesAreUsedUp) {
  Platform platform;
  platform.statuses = {503, 503, 503, 503, 200};
  const auto report = upload(platform, k_two);
  ASSERT_FALSE(report);
  EXPECT_EQ(platform.bodies.size(), 4U);
  EXPECT_THAT(report.error().text(), HasSubstr("said so"));
}

TEST(Upload, FailsOnASuccessThatIsNone) {
  for (const auto& [answer, text] : std::map<std::string, std::string>{
           {R"({"errors":["e1","e2"]})", "e1; e2"}, {"[1]", "no JSON object"}, {"hello", "no JSON object"}}) {
    Platform platform;
    platform.answer = answer;
    const auto report = upload(platform, k_two);
    ASSERT_FALSE(report) << answer;
    EXPECT_THAT(report.error().text(), HasSubstr(text));
    EXPECT_TRUE(platform.waits.empty());
  }
}

constexpr const char* k_ours = R"({"name":"trajectory","abilities":["known-hashes","native-records"],)"
                               R"("limits":{"body_bytes":100000000,"batch":3},"compression":["gzip"]})";

TEST(Upload, SendsNativeRecordsOfWhatIsNotThere) {
  Platform platform;
  platform.info = k_ours;
  platform.ids = {{"a", "A"}};
  UploadOptions options;
  options.dataset = "my data/set";
  const auto report = upload(platform, k_two, options);
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(report->backend_skipped, 1U);
  EXPECT_EQ(report->uploaded, 1U);
  EXPECT_THAT(report->json(), HasSubstr(R"({"request_index":0,"trajectory_id":"A","trace_id":null,"status":"skipped",)"
                                        R"("error":null})"));
  ASSERT_EQ(platform.bodies.size(), 2U);
  EXPECT_THAT(platform.heads[1], HasSubstr("POST /api/v1/trajectories/upload?dataset=my%20data%2Fset HTTP/1.1"));
  EXPECT_THAT(platform.heads[1], HasSubstr("Content-Type: application/x-ndjson\r\n"));
  EXPECT_TRUE(platform.bodies[1].starts_with(R"({"conversation_id":"c")")) << platform.bodies[1];
  EXPECT_TRUE(platform.bodies[1].ends_with("}\n"));
}

TEST(Upload, SendsNothingWhenAllIsThere) {
  Platform platform;
  platform.info = k_ours;
  platform.ids = {{"a", "A"}, {"c", "C"}};
  const auto report = upload(platform, k_two);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->batches, 0U);
  EXPECT_EQ(report->backend_skipped, 2U);
  EXPECT_EQ(platform.bodies.size(), 1U);
}

TEST(Upload, CutsBatchesByNumberAndSize) {
  std::vector<model::Trajectory> many;
  for (int i = 0; i < 7; ++i) many.push_back(conversation(std::to_string(i), "text"));
  Platform platform;
  platform.info = k_ours;
  auto report = upload(platform, source_of(many));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->batches, 3U);
  EXPECT_EQ(report->uploaded, 7U);

  many[3] = conversation("large", std::string(5000, 'x'));  // goes alone
  Platform small;
  small.info = R"({"name":"trajectory","abilities":[],"limits":{"body_bytes":4000}})";
  report = upload(small, source_of(many));
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(report->uploaded, 7U);
  int alone = 0;
  for (const std::string& body : small.bodies) {
    const bool large = body.find("\"large\"") != std::string::npos;
    alone += large ? 1 : 0;
    EXPECT_TRUE(large || body.size() <= 4000U) << body.size();
  }
  EXPECT_EQ(alone, 1);
}

TEST(Upload, SaysWhatIsThereAlreadyWhenALaterBatchFails) {
  std::vector<model::Trajectory> many;
  for (int i = 0; i < 6; ++i) many.push_back(conversation(std::to_string(i), "text"));
  Platform platform;
  platform.info = R"({"name":"trajectory","limits":{"batch":3}})";
  platform.statuses = {200, 400};
  UploadOptions options;
  options.batches_at_once = 1;
  const auto report = upload(platform, source_of(many), options);
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().text(), HasSubstr("3 of 6 trajectories are there already: start again"));
}

TEST(Upload, AnotherPlatformsInfoMeansTheContractAlone) {
  Platform platform;
  platform.info = R"({"name":"other","abilities":["native-records","known-hashes"],"compression":["zstd"]})";
  ASSERT_TRUE(upload(platform, k_two));
  ASSERT_EQ(platform.heads.size(), 1U);
  EXPECT_THAT(platform.heads[0], HasSubstr("application/json"));
}

TEST(Upload, RefusesAddressesAndKeysThatCannotBe) {
  for (const char* url : {"ftp://x", "platform", "http://x/?a=b"}) {
    const auto opened = Uploader::open({url, base::Secret("k")}, base::system_clock(nullptr), {});
    ASSERT_FALSE(opened) << url;
    EXPECT_EQ(opened.error().code(), base::ErrorCode::k_usage);
  }
  const auto opened = Uploader::open({"", base::Secret("a\nb")}, base::system_clock(nullptr), {});
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().text(), Not(HasSubstr("a\nb")));
}

}  // namespace
}  // namespace trajectory::platform::client
