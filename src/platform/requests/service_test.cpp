#include "platform/requests/service.h"

#include <atomic>
#include <filesystem>
#include <mutex>
#include <new>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/clock.h"

namespace trajectory::platform::requests {
namespace {

class ServiceTest : public testing::Test {
 protected:
  ServiceTest() {
    auto opened = catalog::Catalog::open(folder);
    EXPECT_TRUE(opened);
    catalog = std::move(*opened);
    service =
        std::make_unique<Service>(*catalog, settings(), base::system_clock(nullptr), [this](std::string_view line) {
          const std::scoped_lock hold(mutex);
          log.append(line).push_back('\n');
        });
  }
  ~ServiceTest() override {
    service.reset();
    catalog.reset();
    std::filesystem::remove_all(folder);
  }
  static Settings settings() {
    Settings out;
    out.body_bytes = 1000;
    out.small_body = 100;
    out.large_bodies = 1;
    out.values = 100;
    return out;
  }
  static Request request(std::string method, std::string path) {
    Request out;
    out.method = std::move(method);
    out.path = std::move(path);
    out.headers["host"] = "localhost";
    out.headers["content-type"] = "application/json";
    out.key = base::Secret("any");
    out.read_body = [](const Sink&) -> base::Status { return {}; };
    return out;
  }
  Answer post(const std::string& path, const std::string& body) {
    Request asked = request("POST", path);
    asked.content_length = body.size();
    asked.read_body = [&](const Sink& sink) { return sink(body); };
    return service->handle(asked);
  }

  std::string folder = std::filesystem::temp_directory_path() / ("service-test-" + std::to_string(::getpid()));
  std::unique_ptr<catalog::Catalog> catalog;
  std::mutex mutex;
  std::string log;
  std::unique_ptr<Service> service;
};

constexpr const char* k_upload = "/api/v1/trajectories/upload";

TEST_F(ServiceTest, StoresOnceAndSkipsAfterwards) {
  const std::string body = R"({"dataset":"d","trajectories":[{"task":{"conversation_id":"c"},"steps":[]}]})";
  EXPECT_NE(post(k_upload, body).body.find(R"("uploaded":1,"skipped":0)"), std::string::npos);
  EXPECT_NE(post(k_upload, body).body.find(R"("uploaded":0,"skipped":1)"), std::string::npos);
}

TEST_F(ServiceTest, RefusesBodiesAboveTheLimit) {
  EXPECT_EQ(post(k_upload, std::string(1001, ' ')).status, 413);
  EXPECT_EQ(post(k_upload, std::string(1000, ' ')).status, 400);
}

TEST_F(ServiceTest, RefusesBodiesOfManyTinyValues) {
  std::string many = R"({"dataset":"d","trajectories":[1)";
  for (int i = 0; i < 200; ++i) many += ",1";
  EXPECT_EQ(post(k_upload, many + "]}").status, 413);
}

TEST_F(ServiceTest, ListsAndShowsWhatNumbersAndTextsBeyondReasonBecome) {
  const std::string body = R"({"dataset":"d","trajectories":[{"task":{"conversation_id":"c","total_tokens":1e300,)"
                           R"("total_cost":-1e400},"steps":[],"reward":{"aggregated_value":1e999}}]})";
  ASSERT_NE(post(k_upload, body).body.find(R"("uploaded":1)"), std::string::npos);
  for (const std::string& path : {std::string("/api/v1/trajectories"), std::string("/api/v1/figures"),
                                  "/api/v1/trajectories/" + catalog::trajectory_id("d", "c")}) {
    Request asked = request("GET", path);
    asked.query = {{"dataset", "d"}};
    const Answer answer = service->handle(asked);
    json::Parser parser;
    const auto parsed = parser.parse(answer.body);
    ASSERT_TRUE(parsed) << parsed.error().text() << answer.body;
    EXPECT_EQ(answer.status, 200);
  }
}

TEST_F(ServiceTest, LetsLargeBodiesWaitForEachOther) {
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  const std::string body(500, ' ');
  const auto send = [&] {
    Request asked = request("POST", k_upload);
    asked.read_body = [&](const Sink& sink) -> base::Status {
      TJ_TRY(sink(body));  // takes the place
      most = std::max(most.load(), ++inside);
      std::this_thread::yield();
      --inside;
      return {};
    };
    EXPECT_EQ(service->handle(asked).status, 400);
  };
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i) clients.emplace_back(send);
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(most, 1);
}

TEST_F(ServiceTest, LetsReadersOfLargeRecordsWaitForEachOther) {
  const std::string body =
      R"({"dataset":"d","trajectories":[{"task":{"conversation_id":"c"},"steps":[],"error":"a few more bytes"}]})";
  ASSERT_EQ(post(k_upload, body).status, 200);
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::atomic<int> records{0};
  const auto export_all = [&] {
    Request asked = request("GET", "/api/v1/export");
    asked.query = {{"dataset", "d"}};
    const Answer answer = service->handle(asked);
    EXPECT_TRUE(answer.stream([&](std::string_view) -> base::Status {
      most = std::max(most.load(), ++inside);
      std::this_thread::yield();
      --inside;
      ++records;
      return {};
    }));
  };
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i) clients.emplace_back(export_all);
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(records, 8);
  EXPECT_EQ(most, 1);
}

TEST_F(ServiceTest, ReadsNoBodyOfARequestThatItRefuses) {
  Request asked = request("POST", k_upload);
  asked.key = base::Secret();
  asked.read_body = [](const Sink&) -> base::Status {
    ADD_FAILURE() << "the body was read";
    return {};
  };
  EXPECT_EQ(service->handle(asked).status, 401);
  asked.key = base::Secret("any");
  asked.headers["origin"] = "http://elsewhere";
  EXPECT_EQ(service->handle(asked).status, 403);
  asked.headers.erase("origin");
  asked.content_length = std::uint64_t{1} << 40;
  EXPECT_EQ(service->handle(asked).status, 413);
}

TEST_F(ServiceTest, TakesNothingButAnIdInAPath) {
  for (const char* id : {"..", "00000000000000000000000000000000/../x", "0000000000000000000000000000000G"})
    EXPECT_EQ(service->handle(request("GET", std::string("/api/v1/trajectories/") + id)).status, 404) << id;
  EXPECT_EQ(service->handle(request("GET", k_upload)).status, 405);
}

TEST_F(ServiceTest, TellsNothingOfItsFilesWhenItFails) {
  for (const auto code : {base::ErrorCode::k_io, base::ErrorCode::k_bad_format, base::ErrorCode::k_internal}) {
    const Answer answer = refusal(base::Error(code, "cannot read").with("/somewhere/private"));
    EXPECT_EQ(answer.status, 500);
    EXPECT_EQ(answer.body.find("private"), std::string::npos);
  }
}

TEST_F(ServiceTest, SaysInItsLogAloneThatAStoredRecordIsDamaged) {
  const std::string body = R"({"dataset":"d","trajectories":[{"task":{"conversation_id":"c"},"steps":[]}]})";
  ASSERT_EQ(post(k_upload, body).status, 200);
  ASSERT_TRUE(
      catalog->write([](sqlite::Database& database) { return database.execute("UPDATE payloads SET frame = x'00'"); }));
  const Answer one = service->handle(request("GET", "/api/v1/trajectories/" + catalog::trajectory_id("d", "c")));
  EXPECT_EQ(one.status, 500);
  EXPECT_EQ(one.body.find("payload"), std::string::npos);
  EXPECT_NE(log.find("payload"), std::string::npos) << log;
  log.clear();
  Request asked = request("GET", "/api/v1/export");
  asked.query = {{"dataset", "d"}};
  const Answer exported = service->handle(asked);
  ASSERT_TRUE(exported.stream);
  EXPECT_FALSE(exported.stream([](std::string_view) -> base::Status { return {}; }));
  EXPECT_NE(log.find("cut off"), std::string::npos) << log;
}

TEST_F(ServiceTest, AnswersAndLogsWhenThereIsNoMemory) {
  Request asked = request("POST", k_upload);
  asked.read_body = [](const Sink&) -> base::Status { throw std::bad_alloc(); };
  EXPECT_EQ(service->handle(asked).status, 500);
  EXPECT_NE(log.find("bad_alloc"), std::string::npos) << log;
}

TEST_F(ServiceTest, RemovesFromOneDatasetOnlyWhereItIsNamed) {
  Request asked = request("DELETE", "/api/v1/conversations");
  asked.query = {{"conversation_id", "c"}, {"dataset", ""}};
  EXPECT_EQ(service->handle(asked).status, 400) << "an empty name does not mean all datasets";
  asked.query.pop_back();
  EXPECT_EQ(service->handle(asked).status, 404);
}

}  // namespace
}  // namespace trajectory::platform::requests
