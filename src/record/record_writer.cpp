#include <algorithm>

#include "base/decimal.h"
#include "base/time.h"
#include "json/write.h"
#include "record/fields.h"
#include "record/figures.h"
#include "record/record_json.h"
#include "record/steps.h"

namespace trajectory::record {

namespace {

/// Name of a tool in its definition: the function's, else the type (web_search, ...).
std::string tool_name(std::string_view definition, json::Parser& parser) {
  const auto parsed = parser.parse(definition, json::Parser::k_record_depth);
  if (!parsed) return {};
  const json::Value& tool = **parsed;
  for (const json::Value* name : {&tool["function"]["name"], &tool["name"], &tool["type"]})
    if (name->is_string()) return std::string(name->text());
  return {};
}

class Writer {
 public:
  Writer(std::string& out, const std::vector<std::string>& tool_names) : out_(out), tool_names_(tool_names) {}

  template <class T>
  void value(const T& v) {
    begin('{');
    fields(*this, const_cast<T&>(v));  // an archive may read; this one does not
    end('}');
  }

  void text(std::string_view name, const std::string& v) {
    if (!v.empty()) kept_text(name, v);
  }
  void kept_text(std::string_view name, std::string_view v) {
    key(name);
    json::append_string(out_, v);
  }
  void json(std::string_view name, const std::string& v) {
    if (v.empty()) return;
    key(name);
    out_.append(v);
  }
  void literal(std::string_view name, std::string_view v) {
    key(name);
    out_.append(v);
  }
  void flag(std::string_view name, bool v) {
    if (v) literal(name, "true");
  }
  template <class T>
  void count(std::string_view name, T v) {
    literal(name, std::to_string(v));
  }
  void real(std::string_view name, double v) {
    key(name);
    json::append_double(out_, v);
  }
  template <class T>
  void number(std::string_view name, const std::optional<T>& v) {
    if (v) count(name, *v);
  }
  void cost(std::string_view name, const std::optional<model::Picos>& v) {
    if (v) literal(name, base::format_picos(*v));
  }
  void time(std::string_view name, const std::optional<model::Micros>& v) {
    if (v) kept_text(name, base::format_time(*v));
  }
  template <class T, std::size_t N>
  void choice(std::string_view name, T v, const std::array<std::string_view, N>& names) {
    kept_text(name, names[static_cast<std::size_t>(v)]);
  }
  template <class T>
  void object(std::string_view name, const T& v) {
    key(name);
    value(v);
  }
  template <class T>
  void optional_object(std::string_view name, const std::optional<T>& v) {
    if (v) object(name, *v);
  }
  template <class T>
  void list(std::string_view name, const std::vector<T>& v) {
    if (!v.empty()) kept_list(name, v);
  }
  template <class T>
  void kept_list(std::string_view name, const std::vector<T>& v) {
    key(name);
    begin('[');
    for (const T& item : v) {
      next();
      value(item);
    }
    end(']');
  }
  void optional_text(std::string_view name, const std::optional<std::string>& v) {
    if (v) kept_text(name, *v);
  }
  void calls(std::string_view name, const std::vector<model::ToolCall>& v) {
    if (!v.empty()) kept_calls(name, v);
  }
  void optional_calls(std::string_view name, const std::optional<std::vector<model::ToolCall>>& v) {
    if (v) kept_calls(name, *v);
  }
  void kept_calls(std::string_view name, const std::vector<model::ToolCall>& v) {
    key(name);
    begin('[');
    for (const model::ToolCall& call : v) {
      next();
      begin('{');
      kept_text("id", call.id);
      kept_text("type", "function");
      key("function");
      begin('{');
      kept_text("name", call.name);
      kept_text("arguments", call.arguments);
      end('}');
      end('}');
    }
    end(']');
  }
  void ranges(std::string_view name, const std::vector<model::Range>& v) {
    key(name);
    write_ranges(v);
  }
  void place(std::string_view name, const std::optional<std::uint32_t>& v) {
    literal(name, v ? std::to_string(*v) : "null");
  }
  void variants(std::string_view name, const std::map<std::uint32_t, model::Variant>& v) {
    if (v.empty()) return;
    key(name);
    begin('{');
    for (const auto& [at, variant] : v) {
      if (variant.parts.empty()) kept_text(std::to_string(at), variant.content);
      else literal(std::to_string(at), variant.parts);
    }
    end('}');
    // Texts of variants that are given as parts, and what else differs.
    some_variants(
        "variant_texts", v, [](const model::Variant& variant) { return !variant.parts.empty(); },
        [&](const std::string& at, const model::Variant& variant) { kept_text(at, variant.content); });
    some_variants("variant_fields", v, has_fields,
                  [&](const std::string& at, const model::Variant& variant) { object(at, variant); });
  }
  template <class Fits, class Write>
  void some_variants(std::string_view name, const std::map<std::uint32_t, model::Variant>& v, Fits&& fits,
                     Write&& write) {
    if (std::none_of(v.begin(), v.end(), [&](const auto& item) { return fits(item.second); })) return;
    key(name);
    begin('{');
    for (const auto& [at, variant] : v)
      if (fits(variant)) write(std::to_string(at), variant);
    end('}');
  }
  static bool has_fields(const model::Variant& v) {
    return v.tool_calls || v.tool_call_id || v.name || v.reasoning || v.error;
  }
  void tools(std::string_view name, const std::vector<std::uint32_t>& v) {
    if (v.empty()) return;
    key(name);
    begin('[');
    for (const std::uint32_t tool : v) {
      next();
      json::append_string(out_, tool_names_[tool]);
    }
    end(']');
    ranges("tool_definitions", to_ranges(v));
  }
  void write_ranges(const std::vector<model::Range>& v) {
    begin('[');
    for (const auto& [from, to] : v) {
      next();
      out_.append("[").append(std::to_string(from)).append(",").append(std::to_string(to)).append("]");
    }
    end(']');
  }

  void key(std::string_view name) {
    next();
    json::append_string(out_, name);
    out_.push_back(':');
  }
  void next() {
    if (!first_) out_.push_back(',');
    first_ = false;
  }
  void begin(char bracket) {
    out_.push_back(bracket);
    first_ = true;
  }
  void end(char bracket) {
    out_.push_back(bracket);
    first_ = false;
  }

 private:
  std::string& out_;
  const std::vector<std::string>& tool_names_;
  bool first_ = true;
};

bool has_plain_text(const model::TranscriptMessage& v) {
  const model::Message& m = v.message;
  bool plain = json::is_utf8(m.content) && json::is_utf8(m.reasoning) && json::is_utf8(m.error) &&
               json::is_utf8(m.name) && json::is_utf8(m.tool_call_id) && json::is_utf8(m.parts);
  for (const model::ToolCall& call : m.tool_calls)
    plain = plain && json::is_utf8(call.id) && json::is_utf8(call.name) && json::is_utf8(call.arguments);
  return plain;
}

/// The main line's messages with only what no typed column holds; whole where a column could not hold the text.
void write_message_details(Writer& w, const std::vector<model::TranscriptMessage>& messages) {
  w.key("messages");
  w.begin('[');
  for (const model::TranscriptMessage& message : messages) {
    w.next();
    w.begin('{');
    auto& v = const_cast<model::TranscriptMessage&>(message);
    if (!has_plain_text(message)) {
      w.flag("exact", true);
      message_fields(w, v);
    }
    provenance_fields(w, v);
    w.end('}');
  }
  w.end(']');
}

template <class T>
void write_or_null(Writer& w, std::string_view name, const std::optional<T>& v) {
  if (!v) return w.literal(name, "null");
  if constexpr (std::is_same_v<T, double>) w.real(name, *v);
  else w.count(name, *v);
}

void write_derived(Writer& w, const model::Trajectory& t) {
  const std::vector<Step> steps = derive_steps(t.main);
  w.key("steps");
  w.begin('[');
  for (const Step& step : steps) {
    w.next();
    w.write_ranges(step.ranges);
  }
  w.end(']');
  const Figures f = figures_of(t, steps.size());
  w.key("task");
  w.begin('{');
  w.kept_text("id", "langsmith:" + t.conversation_id);
  w.kept_text("data_source", "langsmith");
  w.kept_text("conversation_id", t.conversation_id);
  w.count("num_turns", f.num_turns);
  w.count("num_steps", f.num_steps);
  write_or_null(w, "total_tokens", f.total_tokens);
  w.literal("total_cost", t.usage.cost.value_or(0) > 0 ? base::format_picos(*t.usage.cost) : "null");
  w.end('}');
  w.key("metrics");
  w.begin('{');
  w.count("steps", f.num_steps);
  write_or_null(w, "tokens_generated", f.tokens_generated);
  w.count("num_tool_calls", f.tool_calls);
  w.count("num_tool_failures", f.tool_failures);
  w.real("tool_error_rate", f.tool_error_rate);
  w.count("num_failed_model_calls", t.failed_calls);
  w.end('}');
  w.key("execution_metrics");
  w.begin('{');
  write_or_null(w, "llm_time", f.llm_time);
  write_or_null(w, "env_time", f.env_time);
  write_or_null(w, "total_time", f.total_time);
  w.kept_text("termination_reason", t.error.empty() ? "ENV_DONE" : "ERROR");
  w.end('}');
}

std::vector<std::string> names_of(const std::vector<std::string>& definitions) {
  std::vector<std::string> out;
  json::Parser parser;
  for (const std::string& definition : definitions) out.push_back(tool_name(definition, parser));
  return out;
}

}  // namespace

void append_message(std::string& out, const model::TranscriptMessage& message) { Writer(out, {}).value(message); }

void append_call(std::string& out, const model::ModelCall& call, const model::Trajectory& trajectory) {
  const std::vector<std::string> tool_names = names_of(trajectory.tool_definitions);
  Writer(out, tool_names).value(call);
}

void append_record(std::string& out, const model::Trajectory& t, MessageForm form) {
  const std::vector<std::string> tool_names = names_of(t.tool_definitions);
  Writer w(out, tool_names);
  w.begin('{');
  w.kept_text("conversation_id", t.conversation_id);
  w.text("project_id", t.project_id);
  w.text("thread_key", t.thread_key);
  if (form == MessageForm::k_whole) w.kept_list("messages", t.main.messages);
  else write_message_details(w, t.main.messages);
  w.kept_list("calls", t.main.calls);
  if (form == MessageForm::k_whole) write_derived(w, t);
  w.list("subagents", t.main.subagents);
  w.list("auxiliary", t.auxiliary);
  w.list("alternatives", t.main.alternatives);
  w.list("events", t.events);
  if (!t.tool_definitions.empty()) {
    w.key("tool_definitions");
    w.begin('[');
    for (const std::string& definition : t.tool_definitions) {
      w.next();
      out.append(definition);
    }
    w.end(']');
  }
  w.optional_object("reward", t.reward);
  w.text("error", t.error);
  w.object("usage", t.usage);
  w.count("failed_calls", t.failed_calls);
  w.time("start_time", t.start_time);
  w.time("end_time", t.end_time);
  const auto texts = [&](std::string_view name, const std::vector<std::string>& list) {
    w.key(name);
    w.begin('[');
    for (const std::string& text : list) {
      w.next();
      json::append_string(out, text);
    }
    w.end(']');
  };
  w.key("telemetry");
  w.begin('{');
  w.kept_text("source", "langsmith");
  texts("trace_ids", t.trace_ids);
  texts("source_run_ids", t.source_run_ids);
  w.end('}');
  w.json("contract", t.contract);
  w.end('}');
}

}  // namespace trajectory::record
