#pragma once

#include "platform/catalog/catalog.h"

namespace trajectory::platform::catalog {

/// Frames of more bytes are files of their own: below that, SQLite reads and writes faster than the file system
/// (https://www.sqlite.org/fasterthanfs.html), and one durable commit takes the place of a thousand.
inline constexpr std::size_t k_most_inline = 32 << 10;

/// `Catalog::put` inside a transaction; files of large payloads are there already.
[[nodiscard]] base::Result<std::vector<Stored>> put_items(sqlite::Database& database, const std::string& dataset,
                                                          std::span<const Item> items, std::int64_t now);

/// `Catalog::known` inside a transaction.
[[nodiscard]] base::Result<std::vector<std::optional<Stored>>> known_items(
    sqlite::Database& database, const std::string& dataset, std::span<const std::pair<std::string, std::string>> asked);

}  // namespace trajectory::platform::catalog
