#include "platform/catalog/keys.h"

#include <array>
#include <sys/random.h>

#include "base/sha256.h"
#include "platform/catalog/schema.h"

namespace trajectory::platform::catalog {

namespace {

constexpr std::string_view k_beginning = "tj_";
constexpr std::size_t k_id_digits = 12;
constexpr std::size_t k_secret_bytes = 32;

base::Result<std::string> random_digits(std::size_t bytes) {
  std::array<unsigned char, k_secret_bytes> random{};
  if (::getrandom(random.data(), bytes, 0) != static_cast<ssize_t>(bytes))
    return base::Error(base::ErrorCode::k_io, "the system gives no random bytes");
  constexpr char k_digits[] = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < bytes; ++i) {
    out.push_back(k_digits[random[i] >> 4]);
    out.push_back(k_digits[random[i] & 15]);
  }
  return out;
}

/// Compares texts of equal size in a time that does not depend on where they differ.
bool same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  return difference == 0;
}

KeyInfo info_of(const sqlite::Statement& row) {
  KeyInfo out{std::string(row.text(0)),
              std::string(row.text(1)),
              {row.integer(2) != 0, row.integer(3) != 0},
              row.integer(4),
              {}};
  if (!row.is_null(5)) out.revoked = row.integer(5);
  return out;
}

}  // namespace

base::Result<Keys> Keys::open(const std::string& folder) {
  auto database = sqlite::Database::open(folder + "/catalog.db", k_migrations);
  if (!database) return std::move(database).error();
  return Keys(std::move(*database));
}

base::Result<base::Secret> Keys::create(const std::string& name, Scopes scopes, std::int64_t now) {
  const auto id = random_digits(k_id_digits / 2);
  if (!id) return id.error();
  const auto secret = random_digits(k_secret_bytes);
  if (!secret) return secret.error();
  std::string key = std::string(k_beginning) + *id + "_" + *secret;
  auto add = database_.prepare(
      "INSERT INTO keys(id, sha256, name, can_read, can_write, created) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
  if (!add) return std::move(add).error();
  TJ_TRY(add->bind(*id, base::sha256_hex(key), name, scopes.read, scopes.write, now).run());
  return base::Secret(std::move(key));
}

base::Result<std::vector<KeyInfo>> Keys::list() {
  auto all = database_.prepare("SELECT id, name, can_read, can_write, created, revoked FROM keys ORDER BY created, id");
  if (!all) return std::move(all).error();
  std::vector<KeyInfo> out;
  TJ_TRY(all->each([&](const sqlite::Statement& row) { out.push_back(info_of(row)); }));
  return out;
}

base::Status Keys::revoke(const std::string& id, std::int64_t now) {
  auto revoke = database_.prepare("UPDATE keys SET revoked = coalesce(revoked, ?2) WHERE id = ?1");
  if (!revoke) return std::move(revoke).error();
  TJ_TRY(revoke->bind(id, now).run());
  if (database_.changes() == 0)
    return base::Error(base::ErrorCode::k_not_found, "there is no key of that id: see trajectory keys list").with(id);
  return {};
}

base::Result<bool> has_keys(sqlite::Database& database) {
  auto any = database.prepare("SELECT 1 FROM keys LIMIT 1");
  if (!any) return std::move(any).error();
  return any->step();
}

base::Result<std::optional<KeyInfo>> find_key(sqlite::Database& database, std::string_view key) {
  const std::string digest = base::sha256_hex(key);
  const std::string_view id =
      key.starts_with(k_beginning) ? key.substr(k_beginning.size(), k_id_digits) : std::string_view();
  auto find =
      database.prepare("SELECT id, name, can_read, can_write, created, revoked, sha256 FROM keys WHERE id = ?1");
  if (!find) return std::move(find).error();
  const auto row = find->bind(id).step();
  if (!row) return row.error();
  const std::string none(digest.size(), '0');
  const bool right = same(digest, *row ? find->text(6) : std::string_view(none));
  if (!*row || !right || !find->is_null(5)) return std::optional<KeyInfo>();
  return std::optional(info_of(*find));
}

}  // namespace trajectory::platform::catalog
