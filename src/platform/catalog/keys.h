#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "sqlite/database.h"

namespace trajectory::platform::catalog {

struct Scopes {
  bool read = false;
  bool write = false;
};

/// A key as it may be shown: without its secret.
struct KeyInfo {
  std::string id;  ///< the key's second part; names it when it is revoked
  std::string name;
  Scopes scopes;
  std::int64_t created = 0;  ///< microseconds since 1970 UTC
  std::optional<std::int64_t> revoked;
};

/// Keys of a served folder. Only digests are stored, so a copy of the database opens nothing. They may be changed while
/// a server runs: it asks for every request.
class Keys {
 public:
  /// Opens the catalog's database in the folder. Errors: as `sqlite::Database::open`.
  [[nodiscard]] static base::Result<Keys> open(const std::string& folder);

  /// Makes a key, `tj_ID_SECRET`, and returns it: this once. Errors: k_io.
  [[nodiscard]] base::Result<base::Secret> create(const std::string& name, Scopes scopes, std::int64_t now);
  /// In order of creation. Errors: k_io.
  [[nodiscard]] base::Result<std::vector<KeyInfo>> list();
  /// Errors: k_not_found, k_io.
  [[nodiscard]] base::Status revoke(const std::string& id, std::int64_t now);

 private:
  explicit Keys(sqlite::Database database) : database_(std::move(database)) {}
  sqlite::Database database_;
};

/// Whether a key was ever made: revoking the last one opens nothing. Errors: k_io.
[[nodiscard]] base::Result<bool> has_keys(sqlite::Database& database);

/// What a key may do; nothing when it is unknown or revoked. Takes the same time whether or not the secret is right.
/// Errors: k_io.
[[nodiscard]] base::Result<std::optional<KeyInfo>> find_key(sqlite::Database& database, std::string_view key);

}  // namespace trajectory::platform::catalog
