#include "store/bucket.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <thread>

#include <arrow/io/interfaces.h>

#include "base/scratch_file.h"
#include "base/threads.h"
#include "store/connect.h"
#include "store/trouble.h"

namespace trajectory::store {

namespace {

constexpr int k_attempts = 4;
constexpr auto k_first_wait = std::chrono::milliseconds(200);
/// After this time no further attempt is begun. The libraries try again within one, too.
constexpr auto k_patience = std::chrono::seconds(15);

/// Tries again what may pass, waiting four times as long each time.
template <class Try>
arrow::Status persist(const Try& attempt) {
  const auto begin = std::chrono::steady_clock::now();
  auto wait = k_first_wait;
  for (int left = k_attempts;; --left) {
    arrow::Status status = attempt();
    const bool enough = left == 1 || std::chrono::steady_clock::now() - begin > k_patience;
    if (status.ok() || enough || !may_pass(trouble_of(status))) return status;
    std::this_thread::sleep_for(wait);
    wait *= 4;
  }
}

}  // namespace

struct Bucket::Impl {
  Uri uri;
  Access access;
  std::shared_ptr<arrow::fs::FileSystem> files;

  [[nodiscard]] std::string path_of(const std::string& key) const {
    return key.empty() ? uri.bucket : uri.bucket + "/" + key;
  }
  [[nodiscard]] base::Error error(const arrow::Status& status, const std::string& key) const {
    return error_of(status, uri.service, uri.text(key), access.secrets());
  }
};

namespace {

class ObjectFile final : public base::RangeFile {
 public:
  ObjectFile(std::string name, std::uint64_t bytes,
             std::function<arrow::Result<std::shared_ptr<arrow::io::RandomAccessFile>>()> open,
             std::function<base::Error(const arrow::Status&)> translate)
      : name_(std::move(name)), bytes_(bytes), open_(std::move(open)), translate_(std::move(translate)) {}

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] std::uint64_t size() const override { return bytes_; }

  [[nodiscard]] base::Status read(std::uint64_t offset, std::span<char> into) const override {
    std::size_t done = 0;
    const arrow::Status status = persist([&]() -> arrow::Status {
      ARROW_ASSIGN_OR_RAISE(const auto file, opened());
      while (done < into.size()) {
        ARROW_ASSIGN_OR_RAISE(const std::int64_t read,
                              file->ReadAt(static_cast<std::int64_t>(offset + done),
                                           static_cast<std::int64_t>(into.size() - done), into.data() + done));
        if (read <= 0) return arrow::Status::IOError("the answer was cut short, or the object has become shorter");
        done += static_cast<std::size_t>(read);
      }
      return {};
    });
    if (!status.ok()) return translate_(status);
    return {};
  }

 private:
  arrow::Result<std::shared_ptr<arrow::io::RandomAccessFile>> opened() const {
    const std::lock_guard lock(mutex_);
    if (file_ == nullptr) {
      ARROW_ASSIGN_OR_RAISE(file_, open_());
    }
    return file_;
  }

  std::string name_;
  std::uint64_t bytes_;
  std::function<arrow::Result<std::shared_ptr<arrow::io::RandomAccessFile>>()> open_;
  std::function<base::Error(const arrow::Status&)> translate_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<arrow::io::RandomAccessFile> file_;
};

}  // namespace

Bucket::Bucket(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
Bucket::~Bucket() = default;
Bucket::Bucket(Bucket&&) noexcept = default;

base::Result<Bucket> Bucket::open(const Uri& uri, const Settings& settings) {
  auto access = access_of(uri, settings);
  if (!access) return std::move(access).error();
  auto impl = std::make_shared<Impl>();
  impl->uri = uri;
  impl->access = std::move(*access);
  const arrow::Status status = persist([&]() -> arrow::Status {
    ARROW_ASSIGN_OR_RAISE(impl->files, connect(impl->access, uri.bucket));
    return {};
  });
  if (!status.ok()) return impl->error(status, uri.path);
  return Bucket(std::move(impl));
}

base::Result<std::vector<Object>> Bucket::list(const std::string& folder) const {
  arrow::fs::FileSelector selector;
  selector.base_dir = impl_->path_of(folder);
  selector.recursive = true;
  selector.allow_not_found = true;
  std::vector<arrow::fs::FileInfo> infos;
  const arrow::Status status = persist([&]() -> arrow::Status {
    ARROW_ASSIGN_OR_RAISE(infos, impl_->files->GetFileInfo(selector));
    return {};
  });
  if (!status.ok()) return impl_->error(status, folder);
  std::vector<Object> out;
  for (const arrow::fs::FileInfo& info : infos)
    if (info.IsFile() && info.path().size() > impl_->uri.bucket.size())
      out.push_back({info.path().substr(impl_->uri.bucket.size() + 1),
                     static_cast<std::uint64_t>(std::max<std::int64_t>(info.size(), 0))});
  std::sort(out.begin(), out.end(), [](const Object& a, const Object& b) { return a.key < b.key; });
  return out;
}

base::Result<std::optional<Object>> Bucket::find(const std::string& key) const {
  arrow::fs::FileInfo info;
  const arrow::Status status = persist([&]() -> arrow::Status {
    ARROW_ASSIGN_OR_RAISE(info, impl_->files->GetFileInfo(impl_->path_of(key)));
    return {};
  });
  if (!status.ok()) return impl_->error(status, key);
  if (!info.IsFile()) return std::optional<Object>();
  return std::optional<Object>({key, static_cast<std::uint64_t>(std::max<std::int64_t>(info.size(), 0))});
}

bool Bucket::may_exist() const {
  const auto info = impl_->files->GetFileInfo(impl_->uri.bucket);
  return !info.ok() || info->type() != arrow::fs::FileType::NotFound;
}

std::shared_ptr<const base::RangeFile> Bucket::file(const Object& object) const {
  const auto open = [impl = impl_, object]() {
    arrow::fs::FileInfo info(impl->path_of(object.key), arrow::fs::FileType::File);
    info.set_size(static_cast<std::int64_t>(object.bytes));
    return impl->files->OpenInputFile(info);
  };
  return std::make_shared<ObjectFile>(
      impl_->uri.text(object.key), object.bytes, open,
      [impl = impl_, key = object.key](const arrow::Status& status) { return impl->error(status, key); });
}

base::Result<base::MappedFile> download(const base::RangeFile& file, const Settings& settings) {
  constexpr std::uint64_t k_part = 8 << 20;
  constexpr unsigned k_connections = 4;
  auto scratch = base::ScratchFile::create(base::scratch_folder(settings.variable("TMPDIR")));
  if (!scratch) return std::move(scratch).error();
  const auto copy_part = [&](std::size_t index, unsigned) -> base::Status {
    const std::uint64_t offset = index * k_part;
    std::vector<char> part(static_cast<std::size_t>(std::min(k_part, file.size() - offset)));
    TJ_TRY(file.read(offset, part));
    return scratch->write(offset, std::string_view(part.data(), part.size()));
  };
  TJ_TRY(base::parallel_for(k_connections, (file.size() + k_part - 1) / k_part, copy_part));
  return base::MappedFile::take(scratch->release(), file.name());
}

}  // namespace trajectory::store
