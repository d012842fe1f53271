#include "base/scratch_file.h"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>
#include <utility>

#include "base/output_folder.h"

namespace trajectory::base {

namespace {

Error failed(const char* verb, const std::string& folder) {
  return io_error(std::string("cannot ") + verb + " a temporary file (TMPDIR names the folder)", folder, errno);
}

}  // namespace

Result<ScratchFile> ScratchFile::create(const std::string& folder) {
  int file = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file < 0) {  // not every file system has files without names from the start
    std::string path = folder + "/.trajectory-XXXXXX";
    file = ::mkostemp(path.data(), O_CLOEXEC);
    if (file < 0) return failed("make", folder);
    ::unlink(path.c_str());
  }
  return ScratchFile(file, folder);
}

ScratchFile::~ScratchFile() {
  if (file_ >= 0) ::close(file_);
}

ScratchFile::ScratchFile(ScratchFile&& other) noexcept
    : file_(std::exchange(other.file_, -1)), folder_(std::move(other.folder_)), size_(other.size_.load()) {}

ScratchFile& ScratchFile::operator=(ScratchFile&& other) noexcept {
  std::swap(file_, other.file_);
  std::swap(folder_, other.folder_);
  size_ = other.size_.exchange(size_);
  return *this;
}

Result<std::uint64_t> ScratchFile::append(std::string_view bytes) {
  const std::uint64_t offset = size_.fetch_add(bytes.size());
  TJ_TRY(write(offset, bytes));
  return offset;
}

Status ScratchFile::write(std::uint64_t offset, std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return failed("write", folder_);
    offset += static_cast<std::uint64_t>(count);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

Result<std::size_t> ScratchFile::read(std::uint64_t offset, std::span<char> buffer) const {
  std::size_t done = 0;
  while (done < buffer.size()) {
    const ssize_t count = ::pread(file_, buffer.data() + done, buffer.size() - done, static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed("read", folder_);
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  return done;
}

int ScratchFile::release() { return std::exchange(file_, -1); }

std::string scratch_folder(const std::string& tmpdir, const std::string& output) {
  if (!tmpdir.empty()) return tmpdir;
  if (output.empty()) return "/var/tmp";
  std::filesystem::path path = std::filesystem::absolute(output).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();  // it ended with a slash
  return path.parent_path();
}

}  // namespace trajectory::base
