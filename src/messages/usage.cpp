#include <initializer_list>

#include "messages/call_reader.h"

namespace trajectory::messages {

namespace {

using json::Value;

std::optional<std::int64_t> number(const Value& v, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    const Value& found = v[name];
    if (found.is_number()) return found.integer();
    if (found["total"].is_number())
      return found["total"].integer();  // AI SDK 6: {inputTokens: {total, cacheRead, ...}}
  }
  return std::nullopt;
}

}  // namespace

void read_usage(const json::Value& usage, model::Usage& out) {
  if (!usage.is_object()) return;
  const auto set = [](std::optional<std::int64_t>& field, std::optional<std::int64_t> value) {
    if (!field) field = value;
  };
  set(out.prompt_tokens, number(usage, {"input_tokens", "prompt_tokens", "promptTokens", "inputTokens",
                                        "promptTokenCount", "prompt_token_count", "prompt_eval_count"}));
  set(out.completion_tokens,
      number(usage, {"output_tokens", "completion_tokens", "completionTokens", "outputTokens", "candidatesTokenCount",
                     "candidates_token_count", "responseTokenCount", "eval_count"}));
  set(out.total_tokens, number(usage, {"total_tokens", "totalTokens", "totalTokenCount", "total_token_count"}));
  set(out.cache_read_tokens, number(usage, {"cache_read_input_tokens", "cachedInputTokens", "cachedContentTokenCount",
                                            "cached_content_token_count"}));
  set(out.cache_creation_tokens, number(usage, {"cache_creation_input_tokens"}));
  set(out.reasoning_tokens,
      number(usage, {"reasoning_tokens", "reasoningTokens", "thoughtsTokenCount", "thoughts_token_count"}));
  for (const std::string_view key :
       {"input_token_details", "prompt_tokens_details", "input_tokens_details", "inputTokens"}) {
    set(out.cache_read_tokens, number(usage[key], {"cache_read", "cached_tokens", "cacheRead"}));
    set(out.cache_creation_tokens, number(usage[key], {"cache_creation", "cache_write_tokens", "cacheWrite"}));
  }
  for (const std::string_view key :
       {"output_token_details", "completion_tokens_details", "output_tokens_details", "outputTokens"})
    set(out.reasoning_tokens, number(usage[key], {"reasoning", "reasoning_tokens"}));
}

}  // namespace trajectory::messages
