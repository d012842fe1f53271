#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "json/value.h"
#include "messages/facts.h"
#include "messages/message_reader.h"

namespace trajectory::messages {

/// What a model run's `extra` says about its calls. The values may be null values or unopened, never null pointers.
struct CallSettings {
  const json::Value* invocation = nullptr;  ///< extra.invocation_params
  const json::Value* metadata = nullptr;    ///< extra.metadata
  bool javascript = false;                  ///< recorded by the JavaScript client
  bool failed = false;
  bool client_library = false;  ///< recorded by LangSmith's own client, which writes no JSON text for JSON
};

/// What `extra.invocation_params` says of a call.
struct InvocationSettings {
  std::vector<TextId> tools;
  std::string parameters;  ///< as of `CallInputs`
  std::string model;
};

/// Settings that were read, by the hash of their JSON text: the calls of an agent repeat them. Not thread-safe.
class SettingsMemo {
 public:
  [[nodiscard]] const InvocationSettings* find(base::Hash128 text) const {
    const auto found = known_.find(text);
    return found == known_.end() ? nullptr : &found->second;
  }
  const InvocationSettings& keep(base::Hash128 text, InvocationSettings settings) {
    if (known_.size() >= k_most || bytes_ >= k_most_bytes) {
      known_.clear();
      bytes_ = 0;
    }
    bytes_ += settings.parameters.size();
    return known_[text] = std::move(settings);
  }

 private:
  static constexpr std::size_t k_most = 1024;
  static constexpr std::size_t k_most_bytes = 8 << 20;
  std::unordered_map<base::Hash128, InvocationSettings, base::Hash128Hasher> known_;
  std::size_t bytes_ = 0;  ///< of their parameters
};

/// The tools that call readers share, for one worker.
struct ReadTools {
  Tables& tables;
  json::Parser& parser;
  Ledger& ledger;
  MessageReader& messages;
  SettingsMemo& memo;
  std::vector<std::string>& unknown;  ///< names of unknown keys met, for the run's problems

  void report(const std::vector<std::string>& names) { unknown.insert(unknown.end(), names.begin(), names.end()); }
  void report(const std::vector<Unknown>& members) {
    for (const Unknown& member : members) unknown.push_back(member.name);
  }
};

/// What a model run's inputs hold.
struct CallInputs {
  std::vector<std::vector<MessageId>> prompts;  ///< one context a prompt, system texts first
  std::vector<std::uint64_t> last_answers;      ///< of the first prompts: `CallFacts::last_answer`
  std::vector<TextId> tools;
  std::string parameters;  ///< JSON members, comma-separated
  std::string model;
  std::string previous_response_id;
  std::string conversation;
  std::string_view shape;  ///< a literal
};

/// Depth of parsing that keeps the messages of such inputs unparsed, judged by their first bytes.
[[nodiscard]] int inputs_depth(std::string_view inputs);

/// Reads inputs (and the settings that belong to them).
[[nodiscard]] CallInputs read_inputs(const json::Value& inputs, const CallSettings& settings, ReadTools& tools);

/// Reads outputs into the calls, one a prompt: answers, usage, finish reason, response id. `calls` holds at least one.
void read_outputs(const json::Value& outputs, const CallSettings& settings, ReadTools& tools,
                  std::vector<CallFacts>& calls);

/// Adds what a usage object says, in any provider's names, where `out` says nothing yet.
void read_usage(const json::Value& usage, model::Usage& out);

}  // namespace trajectory::messages
