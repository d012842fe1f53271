#include "base/mapped_file.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace trajectory::base {

namespace {

/// Begins and ends of all mapped files. The lock is never held while a mapped page is read, so that the signal handler
/// may wait for it.
std::atomic_flag g_busy;
std::map<std::uintptr_t, std::uintptr_t> g_mapped;
struct sigaction g_before;

template <class Work>
auto with_mapped(Work work) {
  while (g_busy.test_and_set(std::memory_order_acquire)) {
  }
  const auto out = work();
  g_busy.clear(std::memory_order_release);
  return out;
}

std::uintptr_t end_of_mapping(std::uintptr_t at) {
  return with_mapped([&]() -> std::uintptr_t {
    const auto next = g_mapped.upper_bound(at);
    if (next == g_mapped.begin()) return 0;
    const std::uintptr_t end = std::prev(next)->second;
    return at < end ? end : 0;
  });
}

/// A page behind the end of a file that somebody has cut off while it was read. From there on it reads as zeros: the
/// reader goes on to a file that is damaged, and no process is lost.
extern "C" void replace_lost_pages(int signal, siginfo_t* info, void* context) {
  const int code = errno;
  const auto at = reinterpret_cast<std::uintptr_t>(info->si_addr);
  if (const std::uintptr_t end = end_of_mapping(at); end != 0) {
    const std::uintptr_t begin = at & ~(static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE)) - 1);
    const void* zeros =
        ::mmap(reinterpret_cast<void*>(begin), end - begin, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    errno = code;
    if (zeros != MAP_FAILED) return;
  }
  if ((g_before.sa_flags & SA_SIGINFO) != 0) return g_before.sa_sigaction(signal, info, context);
  if (g_before.sa_handler != SIG_DFL && g_before.sa_handler != SIG_IGN) return g_before.sa_handler(signal);
  ::signal(signal, SIG_DFL);
  ::raise(signal);  // delivered when this handler returns, and ends the process
}

bool watch_for_lost_pages() {
  struct sigaction action{};
  action.sa_sigaction = replace_lost_pages;
  action.sa_flags = SA_SIGINFO;
  ::sigemptyset(&action.sa_mask);
  return ::sigaction(SIGBUS, &action, &g_before) == 0;
}

Error failed(const char* what, const std::string& path) {
  const int code = errno;
  return Error(code == ENOENT ? ErrorCode::k_not_found : ErrorCode::k_io,
               std::string(what) + ": " + std::strerror(code))
      .with(path);
}

}  // namespace

Result<MappedFile> MappedFile::open(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return failed("cannot open the file", path);
  return take(file, path);
}

Result<MappedFile> MappedFile::take(int file, const std::string& path) {
  struct stat status{};
  void* memory = nullptr;
  const bool looked = ::fstat(file, &status) == 0;
  const auto size = static_cast<std::size_t>(status.st_size);
  if (looked && size > 0) memory = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
  auto out = !looked                ? Result<MappedFile>(failed("cannot look at the file", path))
             : memory == MAP_FAILED ? Result<MappedFile>(failed("cannot read the file", path))
                                    : Result<MappedFile>(MappedFile({static_cast<const char*>(memory), size}));
  ::close(file);
  if (!out || size == 0) return out;
  ::madvise(memory, size, MADV_SEQUENTIAL);
  [[maybe_unused]] static const bool watched = watch_for_lost_pages();
  const auto begin = reinterpret_cast<std::uintptr_t>(memory);
  with_mapped([&] { return g_mapped.emplace(begin, begin + size).second; });
  return out;
}

MappedFile::~MappedFile() {
  if (bytes_.empty()) return;
  with_mapped([&] { return g_mapped.erase(reinterpret_cast<std::uintptr_t>(bytes_.data())); });
  ::munmap(const_cast<char*>(bytes_.data()), bytes_.size());
}

MappedFile::MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

}  // namespace trajectory::base
