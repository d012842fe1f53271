#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <source_location>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>

namespace trajectory::fuzz {

/// A file that lives in memory, so that readers of files can be given any bytes without a disk.
class MemoryFile {
 public:
  MemoryFile() : handle_(::memfd_create("fuzz", MFD_CLOEXEC)), path_("/proc/self/fd/" + std::to_string(handle_)) {
    if (handle_ < 0) std::abort();
  }
  ~MemoryFile() { ::close(handle_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  void fill(std::string_view bytes) const {
    if (::ftruncate(handle_, 0) != 0) std::abort();
    if (::pwrite(handle_, bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) std::abort();
  }
  [[nodiscard]] std::uint64_t size() const { return static_cast<std::uint64_t>(::lseek(handle_, 0, SEEK_END)); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  int handle_;
  std::string path_;
};

/// Ends the program where a promise of the engine is broken; the fuzzer then keeps the input.
inline void demand(bool kept, std::source_location place = std::source_location::current()) {
  if (kept) return;
  std::fprintf(stderr, "broken promise at %s:%u\n", place.file_name(), place.line());
  std::abort();
}

}  // namespace trajectory::fuzz
