#include "platform/catalog/catalog.h"

#include <atomic>
#include <barrier>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/sha256.h"
#include "compress/frame.h"
#include "platform/catalog/check.h"
#include "platform/catalog/events.h"
#include "platform/catalog/search_index.h"
#include "platform/catalog/select.h"

namespace trajectory::platform::catalog {
namespace {

class CatalogTest : public testing::Test {
 protected:
  CatalogTest() { catalog = open(); }
  ~CatalogTest() override {
    catalog.reset();
    std::filesystem::remove_all(folder);
  }
  [[nodiscard]] std::unique_ptr<Catalog> open() const {
    auto opened = Catalog::open(folder);
    EXPECT_TRUE(opened) << opened.error().text();
    return opened ? std::move(*opened) : nullptr;
  }

  static Item item(const std::string& conversation, const std::string& text) {
    Item out;
    out.upload_hash = base::sha256_hex(conversation + text);
    out.facts.conversation = conversation;
    out.facts.labels = {{"model", "m"}, {"tool", text.substr(0, 1)}};
    out.payload = {base::sha256_hex(text), text.size(), compress::Frames().pack(text)};
    return out;
  }
  std::vector<Stored> put(const std::vector<Item>& items) {
    auto stored = catalog->put("d", items, 5);
    EXPECT_TRUE(stored) << stored.error().text();
    return stored ? *stored : std::vector<Stored>();
  }
  std::int64_t faults() {
    std::string told;
    const auto found = examine(
        *catalog, [](const auto&, const auto&, const auto&) { return std::string(); },
        [&](const std::string& fault) { told += fault + "\n"; });
    EXPECT_TRUE(found);
    last_faults = told;
    return found ? found->faults : -1;
  }
  Erasing erase() {
    for (int i = 0; i < 100; ++i)
      if (auto step = erase_some(*catalog); !step || *step != Erasing::k_more) return std::move(step).value();
    return Erasing::k_more;
  }
  static std::string large() {
    std::string out;
    for (std::uint64_t i = 1; i < 20'000; ++i) out += std::to_string(i * 2'654'435'761);
    return out;
  }

  std::string folder = std::filesystem::temp_directory_path() / ("catalog-test-" + std::to_string(::getpid()));
  std::unique_ptr<Catalog> catalog;
  std::string last_faults;
};

TEST_F(CatalogTest, KeepsPayloadsInRowsAndFilesAcrossOpenings) {
  put({item("a", "small"), item("b", large())});
  EXPECT_TRUE(std::filesystem::exists(folder + "/payloads/" + base::sha256_hex(large()).substr(0, 2)));
  catalog.reset();
  catalog = open();
  EXPECT_EQ(*catalog->payload(base::sha256_hex("small")), "small");
  EXPECT_EQ(*catalog->payload(base::sha256_hex(large())), large());
  EXPECT_EQ(faults(), 0) << last_faults;
}

TEST_F(CatalogTest, IsOneServersAlone) {
  const auto second = Catalog::open(folder);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), base::ErrorCode::k_io);
}

TEST_F(CatalogTest, NoticesAFileThatIsDamagedOrMissing) {
  put({item("b", large())});
  const std::string sha = base::sha256_hex(large());
  const std::string path = folder + "/payloads/" + sha.substr(0, 2) + "/" + sha + ".zst";
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
  EXPECT_EQ(faults(), 1);
  std::filesystem::remove(path);
  EXPECT_EQ(faults(), 1);
  EXPECT_NE(last_faults.find("missing"), std::string::npos) << last_faults;
}

TEST_F(CatalogTest, TakesAwayFilesThatNoRowNames) {
  put({item("b", large())});
  const std::string sha = base::sha256_hex("cut off");
  std::filesystem::create_directories(folder + "/payloads/" + sha.substr(0, 2));
  const std::string orphan = folder + "/payloads/" + sha.substr(0, 2) + "/" + sha + ".zst";
  for (const std::string& path : {orphan, orphan + ".1-1.part"}) std::filesystem::copy_file(folder + "/lock", path);
  catalog.reset();
  catalog = open();
  EXPECT_FALSE(std::filesystem::exists(orphan));
  EXPECT_FALSE(std::filesystem::exists(orphan + ".1-1.part"));
  EXPECT_EQ(faults(), 0) << last_faults;
}

TEST_F(CatalogTest, RemovesWordsFromTheIndexAndKeepsTheRest) {
  put({item("a", "apple pear"), item("b", "apple plum")});
  const WordsOf words = [](const std::string& record) -> base::Result<std::string> { return record; };
  EXPECT_EQ(*index_some(*catalog, words), 2U);
  EXPECT_EQ(*index_some(*catalog, words), 0U);
  Filter filter;
  filter.dataset = "d";
  filter.words = question_of("apple");
  EXPECT_EQ(select(*catalog, filter, INT64_MAX, 10)->size(), 2U);
  EXPECT_EQ(*remove_conversation(*catalog, "a", "", words), 1);
  EXPECT_EQ(select(*catalog, filter, INT64_MAX, 10)->size(), 1U);
  filter.words = question_of("pear");
  EXPECT_EQ(select(*catalog, filter, INT64_MAX, 10)->size(), 0U);
  EXPECT_EQ(erase(), Erasing::k_done);
  EXPECT_EQ(faults(), 0) << last_faults;
}

TEST_F(CatalogTest, IndexesAgainWhatARemovalThatWasCutOffLeft) {
  const WordsOf words = [](const std::string& record) -> base::Result<std::string> { return record; };
  put({item("a", "apple"), item("b", "plum")});
  ASSERT_EQ(*index_some(*catalog, words), 2U);
  // The removal of the rows fails, as it does on a full disk.
  const auto execute = [&](const std::string& sql) {
    return catalog->write([&](sqlite::Database& database) { return database.execute(sql); }).ok();
  };
  ASSERT_TRUE(execute("CREATE TRIGGER full BEFORE DELETE ON trajectories BEGIN SELECT RAISE(ABORT, 'full'); END"));
  EXPECT_FALSE(remove_conversation(*catalog, "a", "", words));
  ASSERT_TRUE(execute("DROP TRIGGER full"));
  Filter filter;
  filter.dataset = "d";
  filter.words = question_of("apple");
  EXPECT_EQ(select(*catalog, filter, INT64_MAX, 10)->size(), 0U);
  catalog.reset();
  catalog = open();
  EXPECT_EQ(faults(), 0) << last_faults;
  EXPECT_EQ(*index_some(*catalog, words), 1U);
  EXPECT_EQ(select(*catalog, filter, INT64_MAX, 10)->size(), 1U);
  EXPECT_EQ(*index_some(*catalog, words), 0U);
  EXPECT_EQ(*remove_conversation(*catalog, "a", "", words), 1);
  EXPECT_EQ(*index_some(*catalog, words), 0U);
  EXPECT_EQ(faults(), 0) << last_faults;
}

TEST_F(CatalogTest, ErasesWhatWasRemovedOnceNobodyReadsTheStateBefore) {
  const WordsOf words = [](const std::string& record) -> base::Result<std::string> { return record; };
  put({item("a", "zebra"), item("b", "plum")});
  ASSERT_EQ(*index_some(*catalog, words), 2U);
  const base::Status meanwhile = catalog->read([&](sqlite::Database& database) -> base::Status {
    TJ_TRY(database.execute("SELECT count(*) FROM conversations"));  // the view begins
    EXPECT_EQ(*remove_conversation(*catalog, "a", "", words), 1);
    EXPECT_EQ(erase(), Erasing::k_waits);
    return {};
  });
  ASSERT_TRUE(meanwhile.ok()) << meanwhile.error().text();
  catalog.reset();
  catalog = open();
  EXPECT_EQ(erase(), Erasing::k_done) << "where it stands is known after a kill, too";
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    if (!file.is_regular_file()) continue;
    std::ifstream in(file.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    EXPECT_EQ(bytes.find("zebra"), std::string::npos) << file.path();
  }
}

TEST_F(CatalogTest, RemovesTheEventsOfARemovedTrace) {
  Item named = item("a", "x");
  named.facts.trace_id = "t";
  const std::string id = put({named})[0].trajectory_id;
  const std::vector<EventRow> events{{"1", id, "", 1, "{}"}, {"2", "", "t", 1, "{}"}, {"3", "", "other", 1, "{}"}};
  ASSERT_EQ(*put_events(*catalog, events, 1), 3);
  const WordsOf words = [](const std::string& record) -> base::Result<std::string> { return record; };
  ASSERT_TRUE(catalog->put("elsewhere", std::vector{named}, 5));
  ASSERT_EQ(*remove_conversation(*catalog, "a", "d", words), 1);
  EXPECT_EQ(events_of(*catalog, "none", "t", {}, 10)->bodies.size(), 1U) << "the trace stands in another dataset";
  ASSERT_EQ(*remove_conversation(*catalog, "a", "elsewhere", words), 1);
  EXPECT_EQ(events_of(*catalog, "none", "t", {}, 10)->bodies.size(), 0U);
  EXPECT_EQ(events_of(*catalog, "none", "other", {}, 10)->bodies.size(), 1U);
  EXPECT_EQ(events_of(*catalog, id, "", {}, 10)->bodies.size(), 0U);
}

TEST_F(CatalogTest, TellsARemovedPayloadFromOneWhoseFileIsMissing) {
  put({item("b", large())});
  const std::string sha = base::sha256_hex(large());
  std::filesystem::remove(folder + "/payloads/" + sha.substr(0, 2) + "/" + sha + ".zst");
  EXPECT_EQ(catalog->payload(sha).error().code(), base::ErrorCode::k_bad_format);
  const WordsOf words = [](const std::string& record) -> base::Result<std::string> { return record; };
  EXPECT_EQ(*index_some(*catalog, words), 1U) << "a damaged record does not keep the others out of the index";
  ASSERT_EQ(*remove_conversation(*catalog, "b", "", words), 1);
  EXPECT_EQ(catalog->payload(sha).error().code(), base::ErrorCode::k_not_found);
}

TEST_F(CatalogTest, RemovesWhileOthersStoreWithoutAPause) {
  // Each thread stores until the removal is done: at every moment somebody does.
  std::atomic<bool> removed{false};
  std::vector<std::thread> clients;
  std::barrier begun(5);
  for (int i = 0; i < 4; ++i)
    clients.emplace_back([&] {
      bool first = true;
      while (!removed)
        (void)catalog->beside_removals([&]() -> base::Status {
          if (std::exchange(first, false)) begun.arrive_and_wait();
          std::this_thread::sleep_for(std::chrono::milliseconds(2));
          return {};
        });
    });
  begun.arrive_and_wait();
  EXPECT_TRUE(catalog->alone_with_files([&](const PayloadFiles&) -> base::Status {
    removed = true;
    return {};
  }));
  for (std::thread& client : clients) client.join();
}

TEST(Question, IsMadeOfWordsAlone) {
  EXPECT_EQ(question_of("one  two"), R"("one" "two")");
  EXPECT_EQ(question_of(R"("one two" th*)"), R"("one two" "th" *)");
  EXPECT_EQ(question_of(R"(a" OR b)"), R"("a" " OR b")");
  EXPECT_EQ(question_of(" \" \" "), "");
  EXPECT_EQ(question_of("*"), R"("*")");
}

}  // namespace
}  // namespace trajectory::platform::catalog
