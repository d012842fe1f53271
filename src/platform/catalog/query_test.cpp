#include "platform/catalog/query.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/sha256.h"
#include "compress/frame.h"
#include "platform/catalog/datasets.h"
#include "platform/catalog/figures.h"
#include "platform/catalog/search_index.h"

namespace trajectory::platform::catalog {
namespace {

/// A catalog with more rows than any way into a selection is taken for, and the same rows in memory.
class QueryTest : public testing::Test {
 protected:
  static constexpr int k_rows = 4'000;
  struct Known {
    int number = 0;
    std::string name;
    Facts facts;
    std::string text;
    std::int64_t added = 0;
    std::int64_t replaced = INT64_MAX;
  };

  static void SetUpTestSuite() {
    catalog_ = Catalog::open(folder()).value();
    for (int first = 0; first < k_rows; first += 1000) put("d", first, first + 1000, "");
    put("other", 0, 50, "elsewhere ");
    put("d", 100, 200, "again ");
    while (*index_some(*catalog_, [](const std::string& record) { return base::Result<std::string>(record); }) > 0) {
    }
  }
  static void TearDownTestSuite() {
    catalog_.reset();
    std::filesystem::remove_all(folder());
  }
  static std::string folder() {
    return std::filesystem::temp_directory_path() / ("query-test-" + std::to_string(::getpid()));
  }

  static void put(const std::string& dataset, int first, int last, const std::string& more) {
    std::vector<Item> items;
    const std::int64_t version = dataset == "d" ? rows_.empty() ? 1 : rows_.back().added + 1 : 1;
    for (int n = first; n < last; ++n) {
      Item item;
      Facts& f = item.facts;
      f.conversation = "c" + std::to_string(n);
      f.trace_id = "t" + std::to_string(n);
      f.labels = {{"model", "m" + std::to_string(n % 2)}, {"tool", "t" + std::to_string(n % 40)}};
      if (n % 50 == 0) f.error = "broken";
      if (n % 3 != 0) f.reward = (n * 7 % 1000) / 1000.0;
      f.tokens = n * 13 % 5000;
      f.time = n * 1000;
      const std::string text =
          more + "common " + (n % 5 == 0 ? "fifth " : "") + (n % 700 == 0 ? "rare " : "") + std::to_string(n);
      item.upload_hash = base::sha256_hex(dataset + text);
      item.payload = {base::sha256_hex(text), text.size(), compress::Frames().pack(text)};
      if (dataset == "d") {
        for (Known& old : rows_)
          if (old.name == f.conversation) old.replaced = version;
        rows_.push_back({n, f.conversation, f, text, version});
      }
      items.push_back(std::move(item));
    }
    ASSERT_TRUE(catalog_->put(dataset, items, 5));
  }

  using Holds = std::function<bool(const Known&)>;

  /// Every page of the selection, and its figures, beside what is in memory.
  static void expect_same(const std::function<void(Filter&)>& set, const Holds& holds) {
    Filter filter;
    filter.dataset = "d";
    set(filter);
    const std::int64_t version = filter.version.value_or(INT64_MAX - 1);
    std::vector<std::pair<std::string, std::int64_t>> expected;
    for (const Known& row : rows_)
      if (row.added <= version && row.replaced > version && holds(row)) expected.emplace_back(row.name, row.added);
    std::reverse(expected.begin(), expected.end());
    std::vector<std::pair<std::string, std::int64_t>> found;
    for (std::int64_t before = INT64_MAX;;) {
      const auto page = select(*catalog_, filter, before, 37);
      ASSERT_TRUE(page) << page.error().text();
      for (const Row& row : *page) found.emplace_back(row.facts.conversation, row.added);
      if (page->size() < 37) break;
      before = page->back().id;
    }
    EXPECT_EQ(found, expected);
    const auto counted = figures(*catalog_, filter);
    ASSERT_TRUE(counted) << counted.error().text();
    EXPECT_EQ(counted->count, static_cast<std::int64_t>(expected.size()));
    std::int64_t models = 0;
    if (counted->labels.contains("model"))
      for (const auto& [name, count] : counted->labels.at("model")) models += count;
    EXPECT_EQ(models, counted->count) << "each has one model";
  }

  static inline std::unique_ptr<Catalog> catalog_;
  static inline std::vector<Known> rows_;
};

TEST_F(QueryTest, FindsTheSameByEveryWay) {
  const auto model = [](const Known& r) { return r.number % 2 == 1; };
  const auto tool = [](const Known& r) { return r.number % 40 == 7; };
  const auto failed = [](const Known& r) { return r.number % 50 == 0; };
  const auto fifth = [](const Known& r) { return r.number % 5 == 0; };
  expect_same([](Filter&) {}, [](const Known&) { return true; });
  expect_same([](Filter& f) { f.labels = {{"model", "m1"}}; }, model);
  expect_same([](Filter& f) { f.labels = {{"model", "m1"}, {"tool", "t7"}}; }, tool);
  expect_same([](Filter& f) { f.labels = {{"model", "m0"}, {"tool", "t7"}}; }, [](const Known&) { return false; });
  expect_same([](Filter& f) { f.labels = {{"model", "none"}}; }, [](const Known&) { return false; });
  expect_same([](Filter& f) { f.failed = true; }, failed);
  expect_same([](Filter& f) { f.failed = false; }, [&](const Known& r) { return !failed(r); });
  expect_same(
      [](Filter& f) {
        f.least_reward = 0.2;
        f.most_reward = 0.21;
      },
      [](const Known& r) { return r.facts.reward >= 0.2 && r.facts.reward <= 0.21; });
  expect_same([](Filter& f) { f.least_tokens = 100; }, [](const Known& r) { return r.facts.tokens >= 100; });
  expect_same(
      [](Filter& f) {
        f.labels = {{"model", "m1"}};
        f.since = 100'000;
        f.until = 250'000;
      },
      [&](const Known& r) { return model(r) && r.number >= 100 && r.number < 250; });
  expect_same(
      [](Filter& f) {
        f.most_tokens = 2500;
        f.since = 10'000;
      },
      [](const Known& r) { return r.facts.tokens <= 2500 && r.number >= 10; });
  expect_same([](Filter& f) { f.words = "common"; }, [](const Known&) { return true; });
  expect_same([](Filter& f) { f.words = "rare"; }, [](const Known& r) { return r.number % 700 == 0; });
  expect_same(
      [](Filter& f) {
        f.labels = {{"tool", "t7"}};
        f.words = "common";
      },
      tool);
  expect_same(
      [](Filter& f) {
        f.labels = {{"model", "m1"}};
        f.words = "fifth";
      },
      [&](const Known& r) { return model(r) && fifth(r); });
  expect_same(
      [](Filter& f) {
        f.failed = true;
        f.words = "fifth";
      },
      failed);
  expect_same(
      [](Filter& f) {
        f.least_tokens = 10'000;
        f.words = "common";
      },
      [](const Known&) { return false; });
  expect_same(
      [](Filter& f) {
        f.words = "common";
        f.trace_id = "t150";
      },
      [](const Known& r) { return r.number == 150; });
  expect_same([](Filter& f) { f.conversation = "c150"; }, [](const Known& r) { return r.number == 150; });
  expect_same([](Filter& f) { f.words = "again"; }, [](const Known& r) { return r.text.starts_with("again"); });
}

TEST_F(QueryTest, FindsTheSameInEveryVersion) {
  for (const std::int64_t version : {0, 1, 3, 4, 5}) {
    expect_same([&](Filter& f) { f.version = version; }, [](const Known&) { return true; });
    expect_same(
        [&](Filter& f) {
          f.labels = {{"tool", "t7"}};
          f.version = version;
        },
        [](const Known& r) { return r.number % 40 == 7; });
    expect_same(
        [&](Filter& f) {
          f.failed = true;
          f.version = version;
        },
        [](const Known& r) { return r.number % 50 == 0; });
    expect_same(
        [&](Filter& f) {
          f.version = version;
          f.words = "fifth";
        },
        [](const Known& r) { return r.number % 5 == 0; });
    expect_same(
        [&](Filter& f) {
          f.version = version;
          f.conversation = "c150";
        },
        [](const Known& r) { return r.number == 150; });
  }
}

TEST_F(QueryTest, TellsWhatDiffersPageByPage) {
  for (std::int64_t from = 0; from <= 5; ++from) {
    std::size_t expected = 0;
    for (const Known& row : rows_) expected += row.added > from && row.replaced > 5 ? 1 : 0;
    std::size_t found = 0;
    for (std::int64_t after = 0;;) {
      const auto page = diff(*catalog_, "d", from, 5, after, 300);
      ASSERT_TRUE(page) << page.error().text();
      for (const Difference& one : *page) EXPECT_EQ(one.before.has_value(), one.after == 2 && from > 0) << one.name;
      found += page->size();
      if (page->size() < 300) break;
      after = page->back().id;
    }
    EXPECT_EQ(found, expected) << from;
  }
}

}  // namespace
}  // namespace trajectory::platform::catalog
