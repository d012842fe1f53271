#include "base/output_folder.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <signal.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace trajectory::base {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t k_buffer = 64 << 10;

std::string_view advice(int code) {
  switch (code) {
    case EACCES:
    case EPERM:
    case EROFS:
      return ": choose a place that you may write to";
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return ": make room, or choose another place";
    default:
      return {};
  }
}

Error not_empty(const std::string& path) {
  return Error(ErrorCode::k_exists, "the output folder is not empty: name another, or replace it by force").with(path);
}

/// Waits until all that was written is on the disk that the folder lies on; errors name it as the caller does.
Status sync_disk_of(const std::string& folder, const std::string& named) {
  const int handle = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool done = handle >= 0 && ::syncfs(handle) == 0;
  const int code = errno;
  if (handle >= 0) ::close(handle);
  return done ? Status() : Status(io_error("cannot write", named, code));
}

}  // namespace

Error io_error(const std::string& what, const std::string& path, int code) {
  return Error(ErrorCode::k_io, what + ": " + std::strerror(code) + std::string(advice(code))).with(path);
}

struct OutputFile::Impl {
  std::string path;
  std::string buffer;
  int handle = -1;

  ~Impl() {
    if (handle >= 0) ::close(handle);
  }

  Status put(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(handle, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return io_error("cannot write", path, errno);
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
  }

  Status flush() {
    TJ_TRY(put(buffer));
    buffer.clear();
    return {};
  }
};

OutputFile::OutputFile(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
OutputFile::~OutputFile() = default;
OutputFile::OutputFile(OutputFile&&) noexcept = default;
OutputFile& OutputFile::operator=(OutputFile&&) noexcept = default;

Result<OutputFile> OutputFile::create(const std::string& path) {
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  impl->handle = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (impl->handle < 0) return io_error("cannot create the file", path, errno);
  impl->buffer.reserve(k_buffer);
  return OutputFile(std::move(impl));
}

Status OutputFile::write(std::string_view bytes) {
  if (impl_->buffer.size() + bytes.size() > k_buffer) TJ_TRY(impl_->flush());
  if (bytes.size() > k_buffer) return impl_->put(bytes);  // from where it lies
  impl_->buffer.append(bytes);
  return {};
}

Status OutputFile::sync() {
  TJ_TRY(impl_->flush());
  if (::fsync(impl_->handle) != 0 && errno != EINVAL) return io_error("cannot write", impl_->path, errno);
  return {};
}

Status OutputFile::close() {
  TJ_TRY(impl_->flush());
  if (::close(std::exchange(impl_->handle, -1)) != 0) return io_error("cannot write", impl_->path, errno);
  return {};
}

struct OutputFolder::Impl {
  std::string named;  ///< the target as the caller named it, for messages
  fs::path target;
  std::string working;
  bool force = false;
  bool committed = false;

  ~Impl() {
    std::error_code ignored;
    if (!committed) fs::remove_all(working, ignored);
  }

  [[nodiscard]] std::string prefix() const { return "." + target.filename().string() + ".trajectory-"; }
  [[nodiscard]] fs::path parent() const { return target.parent_path(); }

  /// Removes what dead processes left; a name ends in the process that writes there.
  void clean_up() const {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(parent(), error)) {
      const std::string name = entry.path().filename().string();
      if (!name.starts_with(prefix())) continue;
      const std::string_view owner = std::string_view(name).substr(name.rfind('-') + 1);
      pid_t process = 0;
      std::from_chars(owner.data(), owner.data() + owner.size(), process);
      if (process > 0 && process != ::getpid() && ::kill(process, 0) != 0 && errno == ESRCH)
        fs::remove_all(entry.path(), error);
    }
  }
};

OutputFolder::OutputFolder(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
OutputFolder::~OutputFolder() = default;
OutputFolder::OutputFolder(OutputFolder&&) noexcept = default;

Result<OutputFolder> OutputFolder::create(const std::string& target, bool force) {
  auto impl = std::make_unique<Impl>();
  impl->named = target;
  impl->force = force;
  std::error_code error;
  impl->target = fs::weakly_canonical(fs::absolute(target), error);
  if (!impl->target.has_filename()) impl->target = impl->target.parent_path();
  if (holds(impl->target.string(), "."))
    return Error(ErrorCode::k_usage, "the output cannot be the present folder, or one around it: name another")
        .with(target);
  if (fs::exists(impl->target, error)) {
    if (!fs::is_directory(impl->target, error))
      return Error(ErrorCode::k_exists, "the output is there already and is no folder: name another").with(target);
    if (!force && !fs::is_empty(impl->target, error)) return not_empty(target);
  }
  fs::create_directories(impl->parent(), error);
  if (error) return io_error("cannot make the output folder", target, error.value());
  impl->clean_up();
  impl->working = (impl->parent() / (impl->prefix() + std::to_string(::getpid()))).string();
  fs::remove_all(impl->working, error);
  fs::create_directory(impl->working, error);
  if (error) return io_error("cannot make the output folder", target, error.value());
  return OutputFolder(std::move(impl));
}

const std::string& OutputFolder::path() const { return impl_->working; }

Status OutputFolder::commit() {
  std::error_code error;
  if (impl_->force && fs::exists(impl_->target, error)) {
    // The old folder goes when the new one is on the disk. One step for the reader: the new one is there, the old one
    // under the working name, then removed.
    TJ_TRY(sync_disk_of(impl_->working, impl_->named));
    if (::renameat2(AT_FDCWD, impl_->working.c_str(), AT_FDCWD, impl_->target.c_str(), RENAME_EXCHANGE) != 0)
      return io_error("cannot put the output in place", impl_->named, errno);
    fs::remove_all(impl_->working, error);
  } else if (::rename(impl_->working.c_str(), impl_->target.c_str()) != 0) {
    // A folder takes the place of an empty one alone: what another process has put there meanwhile stays.
    if (errno == ENOTEMPTY || errno == EEXIST) return not_empty(impl_->named);
    return io_error("cannot put the output in place", impl_->named, errno);
  }
  impl_->committed = true;
  return {};
}

bool holds(const std::string& folder, const std::string& path) {
  std::error_code error;
  const fs::path outer = fs::weakly_canonical(fs::absolute(folder), error);
  const fs::path inner = fs::weakly_canonical(fs::absolute(path), error);
  return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
}

Status write_file(const std::string& path, const std::function<Status(OutputFile&)>& writer) {
  const auto fill = [&](const std::string& place) -> Status {
    auto file = OutputFile::create(place);
    if (!file) return std::move(file).error();
    TJ_TRY(writer(*file));
    TJ_TRY(file->sync());
    return file->close();
  };
  std::error_code error;
  const bool there = fs::exists(path, error);
  if (there && !fs::is_regular_file(path, error) && !fs::is_directory(path, error)) return fill(path);
  // Behind a link it is the file that is replaced, not the link.
  const std::string target = there ? fs::canonical(path, error).string() : path;
  const std::string partial = target + ".part";
  const auto write = [&]() -> Status {
    TJ_TRY(fill(partial));
    fs::rename(partial, target, error);
    if (error) return io_error("cannot put the file in place", path, error.value());
    return {};
  };
  Status status = write();
  std::error_code gone;
  if (!status.ok()) fs::remove(partial, gone);
  return status;
}

Status write_file(const std::string& path, std::string_view bytes) {
  return write_file(path, [&](OutputFile& file) { return file.write(bytes); });
}

}  // namespace trajectory::base
