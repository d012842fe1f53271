#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "platform/catalog/catalog.h"

namespace trajectory::platform::catalog {

/// Which trajectories of a dataset are meant; everything that is set must hold.
struct Filter {
  std::string dataset;
  std::vector<std::pair<std::string, std::string>> labels;  ///< kind and name
  std::optional<bool> failed;
  std::optional<double> least_reward;
  std::optional<double> most_reward;
  std::optional<std::int64_t> least_tokens;
  std::optional<std::int64_t> most_tokens;
  std::optional<std::int64_t> since;    ///< microseconds since 1970 UTC
  std::optional<std::int64_t> until;    ///< not included
  std::optional<std::int64_t> version;  ///< of the dataset; else the latest
  std::string words;                    ///< a question to the search index; empty: none
  std::string conversation;             ///< empty: any
  std::string trace_id;                 ///< empty: any
};

/// A trajectory as the catalog has it.
struct Row {
  std::int64_t id = 0;  ///< grows with time; a page goes on from the last one's
  std::string trajectory_id;
  std::string dataset;
  std::int64_t number = 0;  ///< version of the conversation, from 1
  std::int64_t added = 0;   ///< version of the dataset
  std::optional<std::int64_t> replaced;
  std::int64_t created = 0;
  std::string upload_hash;
  std::string payload;
  std::uint64_t size = 0;
  Facts facts;
};

/// The latest first, those with ids below `before`, at most `limit`. Errors: k_not_found (no such dataset, no such
/// version of it), k_too_large (the question takes too long), k_usage (words that no index understands), k_io.
[[nodiscard]] base::Result<std::vector<Row>> select(Catalog& catalog, const Filter& filter, std::int64_t before,
                                                    std::size_t limit);

/// The ids of all rows of a selection, the latest first: what an export goes through, whatever is uploaded meanwhile.
/// Errors: as `select`.
[[nodiscard]] base::Result<std::vector<std::int64_t>> select_ids(Catalog& catalog, const Filter& filter);

/// The rows of these ids in their order; those that were removed are left out. Errors: k_io.
[[nodiscard]] base::Result<std::vector<Row>> rows(Catalog& catalog, std::span<const std::int64_t> ids);

/// A version of a conversation; without `number` the latest. Errors: k_not_found, k_io.
[[nodiscard]] base::Result<Row> find(Catalog& catalog, const std::string& trajectory_id,
                                     std::optional<std::int64_t> number);

/// All versions of a conversation, the latest first. Errors: k_not_found, k_io.
[[nodiscard]] base::Result<std::vector<Row>> history(Catalog& catalog, const std::string& trajectory_id);

/// Words as a person types them as a question to the index: all must be there; "in quotation marks" in that order;
/// beg* for a beginning.
[[nodiscard]] std::string question_of(std::string_view typed);

}  // namespace trajectory::platform::catalog
