#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace trajectory::base {

/// Every way an operation can fail. The table in `base/error_table.h` maps each code to an exit status and a
/// Python class; a test walks it.
enum class ErrorCode {
  k_usage,           ///< the caller asked for something that cannot be asked for (flag, argument, missing init)
  k_not_found,       ///< a file, folder, dataset or conversation that is not there
  k_exists,          ///< an output that would be overwritten
  k_io,              ///< the system refused to read or write
  k_remote,          ///< an outside service cannot be reached, refuses, or fails
  k_bad_format,      ///< a file that is not what it claims to be (truncated, not Parquet, not JSON)
  k_missing_column,  ///< an export without a column that cannot be done without
  k_too_large,       ///< a value or output above a stated limit
  k_refused_data,    ///< `--strict`: some data was refused
  k_denied,          ///< a service that does not take the key, or gives it no right (401, 403)
  k_unreachable,     ///< a service that cannot be reached, or whose answer broke off
  k_interrupted,     ///< Ctrl-C
  k_internal,        ///< a bug of ours
};

/// A failure: what happened, and while doing what to which file, row or run (innermost first).
class Error {
 public:
  Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

  [[nodiscard]] ErrorCode code() const { return code_; }
  [[nodiscard]] const std::string& message() const { return message_; }

  /// Adds one piece of context, e.g. "file x.parquet". Returns itself for chaining.
  Error&& with(std::string context) && {
    context_.push_back(std::move(context));
    return std::move(*this);
  }

  /// One line for people: `message (context; context)`.
  [[nodiscard]] std::string text() const {
    std::string out = message_;
    for (std::size_t i = 0; i < context_.size(); ++i) out += (i == 0 ? " (" : "; ") + context_[i];
    if (!context_.empty()) out += ")";
    return out;
  }

 private:
  ErrorCode code_;
  std::string message_;
  std::vector<std::string> context_;
};

/// A value or an `Error`. Check with `if (!r)`, then read with `*r`, `r->` or `std::move(r).value()`.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  [[nodiscard]] T& operator*() & { return std::get<0>(state_); }
  [[nodiscard]] const T& operator*() const& { return std::get<0>(state_); }
  [[nodiscard]] T* operator->() { return &std::get<0>(state_); }
  [[nodiscard]] const T* operator->() const { return &std::get<0>(state_); }
  [[nodiscard]] T value() && { return std::get<0>(std::move(state_)); }

  [[nodiscard]] const Error& error() const& { return std::get<1>(state_); }
  [[nodiscard]] Error error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

/// Success or an `Error`, for operations without a value. `return {};` means success.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_{std::move(error)} {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool ok() const { return error_.empty(); }
  explicit operator bool() const { return ok(); }
  [[nodiscard]] const Error& error() const& { return error_.front(); }
  [[nodiscard]] Error error() && { return std::move(error_.front()); }

 private:
  std::vector<Error> error_;
};

using Status = Result<void>;

}  // namespace trajectory::base

/// Returns the error of `expression` from the calling function, if it has one.
#define TJ_TRY(expression)                                                                   \
  do {                                                                                       \
    if (auto tj_status = (expression); !tj_status.ok()) return std::move(tj_status).error(); \
  } while (false)
