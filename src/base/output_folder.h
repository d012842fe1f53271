#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace trajectory::base {

/// What the system says to a file operation that failed (`code` as in errno), and what to do.
[[nodiscard]] Error io_error(const std::string& what, const std::string& path, int code);

/// A file that is being written through a buffer; it belongs to an unfinished folder or stands for itself.
class OutputFile {
 public:
  /// Errors: k_io.
  [[nodiscard]] static Result<OutputFile> create(const std::string& path);
  ~OutputFile();
  OutputFile(OutputFile&&) noexcept;
  OutputFile& operator=(OutputFile&&) noexcept;

  [[nodiscard]] Status write(std::string_view bytes);
  /// Writes what is buffered and makes it durable: it waits for the disk.
  [[nodiscard]] Status sync();
  /// Writes what is buffered and closes.
  [[nodiscard]] Status close();

 private:
  struct Impl;
  explicit OutputFile(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// A folder that appears whole or not at all: written beside the target under a name that begins with
/// ".NAME.trajectory-", renamed by `commit()`, removed by the destructor otherwise. What killed runs left beside the
/// target is removed by the next. That holds for a process that ends at any moment; whether a machine that loses its
/// power has it on the disk is up to the system, as for any copy of files: to wait for that can take longer than the
/// writing. Only an old folder is not let go before.
class OutputFolder {
 public:
  /// Errors: k_exists (the target is a file, or a folder with something in it and `force` is not set), k_usage (it is
  /// the present folder or holds it), k_io.
  [[nodiscard]] static Result<OutputFolder> create(const std::string& target, bool force);
  ~OutputFolder();
  OutputFolder(OutputFolder&&) noexcept;

  /// Where to write until the commit.
  [[nodiscard]] const std::string& path() const;
  /// Puts the folder in place; with `force` in exchange for an old one in the same step: a crash leaves one of the two
  /// whole. Errors: k_exists (without `force`, something was put there meanwhile), k_io.
  [[nodiscard]] Status commit();

 private:
  struct Impl;
  explicit OutputFolder(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Whether `path` is the folder, or lies in it, wherever links lead. Neither needs to be there.
[[nodiscard]] bool holds(const std::string& folder, const std::string& path);

/// Writes a whole file at once and onto the disk, or leaves the old one and nothing beside it. A device or a pipe is
/// written to: it is nothing to put a file in the place of. Errors: k_io, and the writer's.
[[nodiscard]] Status write_file(const std::string& path, const std::function<Status(OutputFile&)>& writer);
[[nodiscard]] Status write_file(const std::string& path, std::string_view bytes);

}  // namespace trajectory::base
