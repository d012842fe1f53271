#include "base/mapped_file.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace trajectory::base {

Result<MappedFile> MappedFile::open(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const auto failed = [&](const char* what) {
    const int code = errno;
    if (file >= 0) ::close(file);
    return Error(code == ENOENT ? ErrorCode::k_not_found : ErrorCode::k_io,
                 std::string(what) + ": " + std::strerror(code))
        .with(path);
  };
  if (file < 0) return failed("cannot open the file");
  struct stat status{};
  if (::fstat(file, &status) != 0) return failed("cannot look at the file");
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0) {
    ::close(file);
    return MappedFile(std::string_view());
  }
  void* memory = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
  if (memory == MAP_FAILED) return failed("cannot read the file");
  ::close(file);
  ::madvise(memory, size, MADV_SEQUENTIAL);
  return MappedFile({static_cast<const char*>(memory), size});
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<char*>(bytes_.data()), bytes_.size());
}

MappedFile::MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

}  // namespace trajectory::base
