#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "messages/extract.h"
#include "messages/tables.h"

namespace trajectory::pipeline {

/// An extractor for runs that are looked at one by one: it forgets the texts and messages it has met when they have
/// grown, since those of a whole source would be too many to keep. Not thread-safe.
class ForgetfulExtractor {
 public:
  explicit ForgetfulExtractor(messages::ExtractOptions options) : options_(std::move(options)) {}

  /// The extractor for the next run: what earlier runs were told as ids may be gone.
  messages::Extractor& next() {
    if (tables_ == nullptr || tables_->bytes() > k_most) {
      forget();
      tables_ = std::make_unique<messages::Tables>();
      extractor_ = std::make_unique<messages::Extractor>(*tables_, options_);
    }
    return *extractor_;
  }

  /// Of the ids of the latest run.
  [[nodiscard]] const messages::TextTable& texts() const { return tables_->texts; }

  /// What was counted over all runs; it is not to be used any more.
  [[nodiscard]] messages::Census finish() {
    forget();
    return std::move(census_);
  }

 private:
  static constexpr std::size_t k_most = 8 << 20;

  void forget() {
    if (extractor_ != nullptr) census_.add(extractor_->census());
    extractor_.reset();
    tables_.reset();
  }

  messages::ExtractOptions options_;
  std::unique_ptr<messages::Tables> tables_;
  std::unique_ptr<messages::Extractor> extractor_;
  messages::Census census_;
};

}  // namespace trajectory::pipeline
