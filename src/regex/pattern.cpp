#include "regex/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace trajectory::regex {

namespace {

base::Error error(int code) {
  PCRE2_UCHAR text[256] = "";
  pcre2_get_error_message(code, text, sizeof text);
  return {base::ErrorCode::k_internal, std::string("a pattern cannot be used: ") + reinterpret_cast<const char*>(text)};
}

}  // namespace

struct Pattern::Impl {
  pcre2_code* code = nullptr;
  pcre2_match_data* match = nullptr;

  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    pcre2_match_data_free(match);
    pcre2_code_free(code);
  }
};

Pattern::Pattern(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Pattern::~Pattern() = default;
Pattern::Pattern(Pattern&&) noexcept = default;

base::Result<Pattern> Pattern::compile(const std::string& pattern) {
  auto impl = std::make_unique<Impl>();
  int code = 0;
  PCRE2_SIZE at = 0;
  impl->code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(), 0, &code, &at, nullptr);
  if (impl->code == nullptr) return error(code).with(pattern + " at " + std::to_string(at));
  (void)pcre2_jit_compile(impl->code, PCRE2_JIT_COMPLETE);  // where there is none, matching is slower
  impl->match = pcre2_match_data_create_from_pattern(impl->code, nullptr);
  if (impl->match == nullptr) return error(PCRE2_ERROR_NOMEMORY);
  return Pattern(std::move(impl));
}

base::Result<std::optional<Match>> Pattern::find(std::string_view text, std::size_t from) const {
  const int found =
      pcre2_match(impl_->code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), from, 0, impl_->match, nullptr);
  if (found == PCRE2_ERROR_NOMATCH) return std::optional<Match>();
  if (found < 0) return error(found);
  const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(impl_->match);
  return std::optional<Match>(Match{ends[0], ends[1]});
}

}  // namespace trajectory::regex
