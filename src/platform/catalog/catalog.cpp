#include "platform/catalog/catalog.h"

#include <cerrno>
#include <fcntl.h>
#include <mutex>
#include <shared_mutex>
#include <sys/file.h>
#include <unistd.h>

#include "base/output_folder.h"
#include "base/sha256.h"
#include "compress/frame.h"
#include "platform/catalog/folder.h"
#include "platform/catalog/put.h"
#include "platform/catalog/schema.h"

namespace trajectory::platform::catalog {

namespace {

constexpr std::size_t k_readers_kept = 16;
constexpr std::int64_t k_longest_question = 10'000;  // milliseconds
constexpr std::uint64_t k_largest_payload = std::uint64_t{1} << 32;

/// Held by the process that serves a folder, freed by the system when it ends however it ends.
class FolderLock {
 public:
  static base::Result<FolderLock> take(const std::string& folder) {
    const std::string path = folder + "/lock";
    FolderLock lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (lock.handle_ < 0) return base::io_error("cannot make the file", path, errno);
    if (::flock(lock.handle_, LOCK_EX | LOCK_NB) != 0)
      return base::Error(base::ErrorCode::k_io, "another server uses the folder: stop it, or name another folder")
          .with(folder);
    return lock;
  }
  FolderLock(FolderLock&& other) noexcept : handle_(std::exchange(other.handle_, -1)) {}
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock() {
    if (handle_ >= 0) ::close(handle_);
  }

 private:
  explicit FolderLock(int handle) : handle_(handle) {}
  int handle_;
};

/// Shared by those who store payloads, taken alone by who takes some away. Whoever waits to be alone goes before those
/// that come later: uploads that follow each other closely would keep a plain shared mutex for ever.
class FilesLock {
 public:
  [[nodiscard]] std::shared_lock<std::shared_mutex> share() {
    const std::scoped_lock in_turn(door_);
    return std::shared_lock(inside_);
  }
  [[nodiscard]] std::unique_lock<std::shared_mutex> alone() {
    const std::scoped_lock in_turn(door_);
    return std::unique_lock(inside_);
  }

 private:
  std::mutex door_;
  std::shared_mutex inside_;
};

/// Removes files of requests that were cut off before their rows were there.
base::Status remove_leftovers(const PayloadFiles& files, sqlite::Database& database) {
  TJ_TRY(files.remove_unfinished());
  auto find = database.prepare("SELECT 1 FROM payloads WHERE sha256 = ?1 AND frame IS NULL");
  if (!find) return std::move(find).error();
  return files.each([&](const std::string& name, bool is_payload) -> base::Status {
    if (!is_payload) return {};
    const auto row = find->bind(name).step();
    if (!row) return row.error();
    return *row ? base::Status() : files.remove(name);
  });
}

}  // namespace

struct Catalog::Impl {
  Impl(std::string f, FolderLock l, PayloadFiles p, sqlite::Database c, sqlite::Database s)
      : folder(std::move(f)), lock(std::move(l)), files(std::move(p)), writer(std::move(c)), search(std::move(s)) {}

  std::string folder;
  FolderLock lock;
  PayloadFiles files;
  FilesLock files_lock;
  std::mutex writer_mutex;
  sqlite::Database writer;
  std::mutex search_mutex;
  sqlite::Database search;
  std::mutex readers_mutex;
  std::vector<std::unique_ptr<sqlite::Database>> readers;  ///< at rest

  base::Result<std::unique_ptr<sqlite::Database>> take_reader() {
    {
      const std::scoped_lock hold(readers_mutex);
      if (!readers.empty()) {
        auto reader = std::move(readers.back());
        readers.pop_back();
        return reader;
      }
    }
    auto opened = sqlite::Database::open(folder + "/catalog.db", k_migrations);
    if (!opened) return std::move(opened).error();
    auto reader = std::make_unique<sqlite::Database>(std::move(*opened));
    auto attach = reader->prepare("ATTACH ?1 AS search");
    if (!attach) return std::move(attach).error();
    TJ_TRY(attach->bind(folder + "/search.db").run());
    TJ_TRY(reader->execute("PRAGMA query_only = ON; PRAGMA cache_size = -16384; PRAGMA mmap_size = 1073741824"));
    return reader;
  }
  void give_back(std::unique_ptr<sqlite::Database> reader) {
    const std::scoped_lock hold(readers_mutex);
    if (readers.size() < k_readers_kept) readers.push_back(std::move(reader));
  }
};

Catalog::Catalog(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Catalog::~Catalog() = default;

base::Result<std::unique_ptr<Catalog>> Catalog::open(const std::string& folder) {
  TJ_TRY(make_data_folder(folder));
  auto lock = FolderLock::take(folder);
  if (!lock) return std::move(lock).error();
  auto files = PayloadFiles::open(folder + "/payloads");
  if (!files) return std::move(files).error();
  auto database = sqlite::Database::open(folder + "/catalog.db", k_migrations);
  if (!database) return std::move(database).error();
  auto search = sqlite::Database::open(folder + "/search.db", k_search_migrations);
  if (!search && search.error().code() == base::ErrorCode::k_bad_format)
    return std::move(search).error().with("it can be removed: it is made anew from the payloads");
  if (!search) return std::move(search).error();
  TJ_TRY(remove_leftovers(*files, *database));
  TJ_TRY(database->execute("PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 8192"));
  // The index can be made anew: it need not reach the disk before anybody is answered.
  TJ_TRY(search->execute("PRAGMA cache_size = -65536; PRAGMA synchronous = NORMAL"));
  return std::unique_ptr<Catalog>(new Catalog(
      std::make_unique<Impl>(folder, std::move(*lock), std::move(*files), std::move(*database), std::move(*search))));
}

base::Result<std::vector<Stored>> Catalog::put(const std::string& dataset, std::span<const Item> items,
                                               std::int64_t now) {
  const auto nobody_takes_away = impl_->files_lock.share();
  for (const Item& item : items)
    if (item.payload.frame.size() > k_most_inline) TJ_TRY(impl_->files.write(item.payload.sha256, item.payload.frame));
  std::vector<Stored> out;
  TJ_TRY(write([&](sqlite::Database& database) -> base::Status {
    auto stored = put_items(database, dataset, items, now);
    if (!stored) return std::move(stored).error();
    out = std::move(*stored);
    return {};
  }));
  return out;
}

base::Result<std::vector<std::optional<Stored>>> Catalog::known(
    const std::string& dataset, std::span<const std::pair<std::string, std::string>> asked) {
  return read([&](sqlite::Database& database) { return known_items(database, dataset, asked); });
}

base::Result<std::string> Catalog::payload(std::string_view sha256) {
  // None: the frame is a file.
  const auto frame_in_row = [&](sqlite::Database& database) -> base::Result<std::optional<std::string>> {
    auto found = database.prepare("SELECT frame FROM payloads WHERE sha256 = ?1");
    if (!found) return std::move(found).error();
    const auto row = found->bind(sha256).step();
    if (!row) return row.error();
    if (!*row) return base::Error(base::ErrorCode::k_not_found, "no such payload").with(std::string(sha256));
    if (found->is_null(0)) return std::optional<std::string>();
    return std::optional(std::string(found->blob(0)));
  };
  auto frame = read(frame_in_row);
  if (!frame) return std::move(frame).error();
  if (!*frame) {
    auto file = impl_->files.read(sha256);
    if (!file && file.error().code() == base::ErrorCode::k_not_found) {
      if (auto row = read(frame_in_row); !row) return std::move(row).error();  // it was removed meanwhile
      return base::Error(base::ErrorCode::k_bad_format, file.error().text());
    }
    if (!file) return file;
    *frame = std::move(*file);
  }
  auto text = compress::Frames().unpack(**frame, k_largest_payload);
  if (!text) return std::move(text).error().with("payload " + std::string(sha256));
  if (base::sha256_hex(*text) != sha256)
    return base::Error(base::ErrorCode::k_bad_format, "a payload is not what its name says")
        .with("payload " + std::string(sha256));
  return text;
}

base::Status Catalog::write(const std::function<base::Status(sqlite::Database&)>& work) {
  const std::scoped_lock hold(impl_->writer_mutex);
  return impl_->writer.transaction([&] { return work(impl_->writer); });
}

base::Status Catalog::read_view(const std::function<base::Status(sqlite::Database&)>& work) {
  auto reader = impl_->take_reader();
  if (!reader) return std::move(reader).error();
  sqlite::Database& database = **reader;
  TJ_TRY(database.execute("BEGIN"));
  database.limit_time(k_longest_question);
  base::Status done = work(database);
  database.limit_time(0);
  if (base::Status ended = database.execute("COMMIT"); !ended.ok())
    return done.ok() ? std::move(ended) : std::move(done);
  impl_->give_back(std::move(*reader));
  return done;
}

base::Status Catalog::beside_removals(const std::function<base::Status()>& work) {
  const auto nobody_takes_away = impl_->files_lock.share();
  return work();
}

base::Status Catalog::alone_with_files(const std::function<base::Status(const PayloadFiles&)>& work) {
  const auto alone = impl_->files_lock.alone();
  return work(impl_->files);
}

base::Status Catalog::write_search(const std::function<base::Status(sqlite::Database&)>& work) {
  const std::scoped_lock hold(impl_->search_mutex);
  return impl_->search.transaction([&] { return work(impl_->search); });
}

base::Result<bool> Catalog::forget_deleted() {
  const auto empty = [](std::mutex& mutex, sqlite::Database& database) {
    const std::scoped_lock hold(mutex);
    return database.empty_journal();
  };
  auto catalog = empty(impl_->writer_mutex, impl_->writer);
  if (!catalog || !*catalog) return catalog;
  return empty(impl_->search_mutex, impl_->search);
}

std::string trajectory_id(std::string_view dataset, std::string_view conversation) {
  std::string named(dataset);
  named.push_back('\0');
  named.append(conversation);
  return base::sha256_hex(named).substr(0, 32);
}

}  // namespace trajectory::platform::catalog
