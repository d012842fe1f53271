#pragma once

#include <string>
#include <vector>

#include "json/value.h"
#include "messages/ledger.h"
#include "messages/message_shape.h"
#include "messages/tables.h"
#include "model/problem.h"

namespace trajectory::messages {

/// How a list of messages is to be read.
struct ReadContext {
  model::Role bare_role = model::Role::k_user;  ///< of a text or message without a role
  bool one_answer = false;                      ///< the list is one model answer: all assistant pieces join
  std::string_view result_key = {};             ///< the client sends text results to the model as {key: text}
  bool is_response = false;  ///< the object is a whole response: its bookkeeping stands beside the text
  bool nested_json = false;  ///< a content may be JSON text of its parts (OpenTelemetry attributes)
};

/// Reads messages of any known form: role/content objects with text or parts (OpenAI, Anthropic, Gemini, Vercel,
/// Bedrock, LangSmith's own, hand-made), LangChain's envelopes and dumps, pairs, bare texts, Responses items.
/// Message by message, by shape; the payload as a whole is the business of `call_reader`.
class MessageReader {
 public:
  MessageReader(MessageTable& tables, json::Parser& parser, Ledger& ledger, std::vector<model::Problem>& problems)
      : tables_(tables), parser_(parser), ledger_(ledger), problems_(problems) {}

  /// The value opened to that depth; a null value, and a problem, where what is inside is no JSON.
  const json::Value& open(const json::Value& value, int depth);

  /// Appends the messages of a list. Elements may be unexpanded: those whose bytes were read before are not parsed.
  /// Returns the hash of the last assistant message's own id, 0 where it has none.
  std::uint64_t read_list(const json::Value& list, const ReadContext& context, std::vector<MessageId>& out);

  /// Reads one element. What it was read as lives as long as the table.
  [[nodiscard]] const Element& read(const json::Value& element, const ReadContext& context);

  /// Run that problems are booked to.
  void set_place(std::string_view run_id) { place_ = run_id; }

 private:
  /// `hash`: of the element's text.
  [[nodiscard]] const Element& read(const json::Value& element, base::Hash128 hash, const ReadContext& context);
  void refuse(const base::Error& error);
  void join(std::vector<MessageId>& out, base::Hash128& group, MessageId piece, base::Hash128 raw);
  bool read_turn(const json::Value& value, Ledger& ledger, Element& out);
  [[nodiscard]] Element parse(const json::Value& value, const ReadContext& context, Ledger& ledger,
                              std::vector<model::Problem>& problems);

  MessageTable& tables_;
  json::Parser& parser_;
  Ledger& ledger_;
  std::vector<model::Problem>& problems_;
  std::string_view place_;
};

/// Text of a tool's result as a model is shown it: text as it is, text parts joined by newlines, other values as
/// compact JSON.
[[nodiscard]] std::string result_text(const json::Value& value);

/// A tool call's arguments: verbatim text, or an object as compact JSON; "{}" for nothing, which is what clients leave
/// of a call without arguments.
[[nodiscard]] std::string arguments_text(const json::Value& value);

}  // namespace trajectory::messages
