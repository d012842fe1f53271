#include "platform/catalog/payload_files.h"

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

#include "base/output_folder.h"

namespace trajectory::platform::catalog {

namespace {

constexpr std::string_view k_ending = ".zst";
constexpr std::string_view k_unfinished = ".part";

/// A file descriptor that is closed at the end.
class Handle {
 public:
  Handle(const std::string& path, int flags) : handle_(::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0600)) {}
  ~Handle() {
    if (handle_ >= 0) ::close(handle_);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  [[nodiscard]] int get() const { return handle_; }
  [[nodiscard]] bool ok() const { return handle_ >= 0; }

 private:
  int handle_;
};

base::Status sync_folder(const std::string& path) {
  const Handle folder(path, O_RDONLY | O_DIRECTORY);
  if (!folder.ok() || ::fsync(folder.get()) != 0) return base::io_error("cannot make durable", path, errno);
  return {};
}

base::Status make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return base::io_error("cannot make the folder", path, errno);
}

base::Status write_all(int handle, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(handle, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return base::io_error("cannot write", path, errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(handle) != 0) return base::io_error("cannot make durable", path, errno);
  return {};
}

}  // namespace

bool is_sha256(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string PayloadFiles::folder_of(std::string_view sha256) const {
  return folder_ + "/" + std::string(sha256.substr(0, 2));
}

std::string PayloadFiles::path_of(std::string_view sha256) const {
  return folder_of(sha256) + "/" + std::string(sha256) + std::string(k_ending);
}

base::Result<PayloadFiles> PayloadFiles::open(const std::string& folder) {
  TJ_TRY(make_folder(folder));
  // All of them now: one that is made when it is needed may be used by another thread before it is durable.
  constexpr std::string_view k_digits = "0123456789abcdef";
  for (const char first : k_digits)
    for (const char second : k_digits) TJ_TRY(make_folder(folder + "/" + first + second));
  TJ_TRY(sync_folder(folder));
  return PayloadFiles(folder);
}

base::Status PayloadFiles::write(std::string_view sha256, std::string_view bytes) const {
  if (has(sha256)) return sync_folder(folder_of(sha256));  // whoever wrote it may not have come so far
  static std::atomic<std::uint64_t> number{0};
  const std::string part =
      path_of(sha256) + "." + std::to_string(::getpid()) + "-" + std::to_string(number++) + std::string(k_unfinished);
  {
    const Handle file(part, O_WRONLY | O_CREAT | O_EXCL);
    if (!file.ok()) return base::io_error("cannot make the file", part, errno);
    if (base::Status done = write_all(file.get(), bytes, part); !done.ok()) {
      ::unlink(part.c_str());
      return done;
    }
  }
  if (std::rename(part.c_str(), path_of(sha256).c_str()) != 0) {
    const int code = errno;
    ::unlink(part.c_str());
    return base::io_error("cannot name the file", path_of(sha256), code);
  }
  return sync_folder(folder_of(sha256));
}

base::Result<std::string> PayloadFiles::read(std::string_view sha256) const {
  const std::string path = path_of(sha256);
  const Handle file(path, O_RDONLY);
  if (!file.ok() && errno == ENOENT)
    return base::Error(base::ErrorCode::k_not_found, "a payload's file is missing: restore it from a backup")
        .with(path);
  struct stat state{};
  if (!file.ok() || ::fstat(file.get(), &state) != 0) return base::io_error("cannot read", path, errno);
  std::string out(static_cast<std::size_t>(state.st_size), '\0');
  for (std::size_t at = 0; at < out.size();) {
    const ssize_t got = ::read(file.get(), out.data() + at, out.size() - at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return base::io_error("cannot read", path, errno);
    if (got == 0) out.resize(at);
    at += static_cast<std::size_t>(got);
  }
  return out;
}

bool PayloadFiles::has(std::string_view sha256) const { return ::access(path_of(sha256).c_str(), F_OK) == 0; }

base::Status PayloadFiles::remove(std::string_view sha256) const {
  const std::string path = path_of(sha256);
  if (::unlink(path.c_str()) == 0) return sync_folder(folder_of(sha256));
  if (errno == ENOENT) return {};
  return base::io_error("cannot remove", path, errno);
}

base::Status PayloadFiles::each(
    const std::function<base::Status(const std::string& name, bool is_payload)>& consumer) const {
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator at(folder_, error), end; !error && at != end;
       at.increment(error)) {
    if (at->is_directory(error)) continue;
    const std::string name = at->path().stem().string();
    const bool is_payload =
        is_sha256(name) && at->path().extension() == k_ending && at->path().string() == path_of(name);
    TJ_TRY(consumer(is_payload ? name : at->path().string(), is_payload));
  }
  if (error) return base::io_error("cannot list", folder_, error.value());
  return {};
}

base::Status PayloadFiles::remove_unfinished() const {
  return each([](const std::string& name, bool is_payload) -> base::Status {
    if (!is_payload && name.ends_with(k_unfinished)) ::unlink(name.c_str());
    return {};
  });
}

}  // namespace trajectory::platform::catalog
