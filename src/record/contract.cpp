#include "record/contract.h"

#include <algorithm>
#include <map>
#include <optional>

#include "base/sha256.h"
#include "record/contract_message.h"
#include "record/figures.h"
#include "record/kept_contract.h"
#include "record/step_text.h"
#include "record/tables.h"
#include "record/tree.h"
#include "record/upload_hash.h"

namespace trajectory::record {

namespace {

Tree task_tree(const model::Trajectory& t, const Figures& f) {
  Tree out = Tree::object();
  out.add("id", Tree::text("langsmith:" + t.conversation_id));
  out.add("data_source", Tree::text("langsmith"));
  out.add("conversation_id", Tree::text(t.conversation_id));
  out.add("num_turns", Tree::integer(f.num_turns));
  out.add("num_steps", Tree::integer(f.num_steps));
  out.add("total_tokens", Tree::integer(f.total_tokens));
  out.add("total_cost", Tree::real(f.total_cost));
  return out;
}

Tree metrics_tree(const model::Trajectory& t, const Figures& f) {
  Tree out = Tree::object();
  out.add("steps", Tree::integer(f.num_steps));
  out.add("tokens_generated", Tree::integer(f.tokens_generated));
  out.add("aggregated_reward", t.reward ? Tree::real(t.reward->aggregated_value) : Tree());
  out.add("num_tool_calls", Tree::integer(f.tool_calls));
  out.add("num_tool_failures", Tree::integer(f.tool_failures));
  out.add("num_tool_response_none", Tree::integer(f.tool_response_none));
  out.add("tool_error_rate", Tree::real(f.tool_error_rate));
  return out;
}

Tree execution_tree(const model::Trajectory& t, const Figures& f) {
  Tree out = Tree::object();
  out.add("env_time", Tree::real(f.env_time));
  out.add("llm_time", Tree::real(f.llm_time));
  out.add("total_time", Tree::real(f.total_time));
  out.add("termination_reason", Tree::text(t.error.empty() ? "ENV_DONE" : "ERROR"));
  return out;
}

Tree reward_tree(const std::optional<model::Reward>& reward) {
  if (!reward) return {};
  Tree components = Tree::array();
  for (const model::RewardComponent& component : reward->components) {
    Tree one = Tree::object();
    one.add("name", Tree::text(component.name));
    one.add("value", Tree::real(component.value));
    one.add("scaled_value", Tree());
    one.add("explanation", Tree());
    one.add("weight", Tree::real(1.0));
    one.add("range", Tree());
    Tree metadata = Tree::object();
    metadata.add("count", Tree::integer(component.count));
    one.add("metadata", std::move(metadata));
    components.add(std::move(one));
  }
  Tree out = Tree::object();
  out.add("aggregated_value", Tree::real(reward->aggregated_value));
  out.add("aggregation_method", Tree::text("mean"));
  out.add("components", std::move(components));
  return out;
}

Tree texts_tree(const std::vector<std::string>& texts) {
  Tree out = Tree::array();
  for (const std::string& text : texts) out.add(Tree::text(text));
  return out;
}

/// Every run used: the roots of the traces in order, then the others.
std::vector<std::string> roots_first(const model::Trajectory& t) {
  const auto sorted = [](const std::vector<std::string>& ids) {
    std::vector<std::string_view> out(ids.begin(), ids.end());
    std::sort(out.begin(), out.end());
    return out;
  };
  const auto holds = [](const std::vector<std::string_view>& ids, std::string_view id) {
    return std::binary_search(ids.begin(), ids.end(), id);
  };
  const std::vector<std::string_view> used = sorted(t.source_run_ids);
  const std::vector<std::string_view> roots = sorted(t.trace_ids);
  std::vector<std::string> out;
  for (const std::string& id : t.trace_ids)
    if (holds(used, id)) out.push_back(id);
  for (const std::string& id : t.source_run_ids)
    if (!holds(roots, id)) out.push_back(id);
  return out;
}

Tree ranges_tree(const std::vector<model::Range>& ranges) {
  Tree out = Tree::array();
  for (const auto& [from, to] : ranges) {
    Tree range = Tree::array();
    range.add(Tree::integer(from)).add(Tree::integer(to));
    out.add(std::move(range));
  }
  return out;
}

/// The same as text: steps have too many of them for a tree each. `open`, `between` and `close` stand around the two
/// numbers.
void append_ranges(std::string& text, const std::vector<model::Range>& ranges, std::string_view open,
                   std::string_view between, std::string_view close) {
  for (std::size_t i = 0; i < ranges.size(); ++i)
    text.append(i > 0 ? "," : "")
        .append(open)
        .append(std::to_string(ranges[i].first))
        .append(between)
        .append(std::to_string(ranges[i].second))
        .append(close);
}

/// The `info` of a step, canonical; of a plain one it is null.
void append_info(std::string& text, const Step& step) {
  text.append(R"({"context":[)");
  append_ranges(text, step.ranges, "[", ",", "]");
  text.append("]}");
}

void append_indented_info(std::string& text, const Step& step) {
  if (step.plain) {
    text.append("null");
    return;
  }
  text.append("{\n        \"context\": [");
  append_ranges(text, step.ranges, "\n          [\n            ", ",\n            ", "\n          ]");
  text.append("\n        ]\n      }");
}

/// A step is what the main line can be trained on when its last message is.
model::TrainableStatus status_of(const Step& step, const model::Trajectory& t) {
  return step.ranges.empty() ? model::TrainableStatus::k_not_trainable
                             : t.main.messages[step.ranges.back().second - 1].trainable;
}

}  // namespace

struct ContractForm::Impl {
  explicit Impl(const model::Trajectory& trajectory)
      : t(trajectory),
        renderer(lines_of(trajectory).front(), trajectory.tool_definitions),
        steps(derive_steps(trajectory.main)),
        figures(figures_of(trajectory, steps.size())) {}

  StepText& step_text() {
    if (!text_of_steps) text_of_steps.emplace(renderer, t.main.messages.size());
    return *text_of_steps;
  }

  /// The hash of task, steps, metrics and execution_metrics; with `all` of everything but telemetry.
  std::string hash_of(bool all) {
    base::Sha256 hash;
    std::string text = "{";
    if (all && !t.error.empty()) {
      text.append(R"("error":)");
      Tree::text(t.error).write_canonical(text);
      text.push_back(',');
    }
    text.append(R"("execution_metrics":)");
    execution_tree(t, figures).write_canonical(text);
    text.append(R"(,"metrics":)");
    metrics_tree(t, figures).write_canonical(text);
    if (all && t.reward) {
      text.append(R"(,"reward":)");
      reward_tree(t.reward).write_canonical(text);
    }
    text.append(R"(,"steps":[)");
    hash.add(text);
    for (std::size_t i = 0; i < steps.size(); ++i) {
      text = i > 0 ? ",{" : "{";
      if (!steps[i].plain) {
        text.append(R"("info":)");
        append_info(text, steps[i]);
        text.push_back(',');
      }
      hash.add(text.append(R"("messages":[)"));
      for (const std::string_view piece : step_text().canonical(steps[i])) hash.add(piece);
      hash.add(std::string(R"(],"trainable_status":")") + std::string(model::trainable_name(status_of(steps[i], t))) +
               "\"}");
    }
    text = R"(],"task":)";
    task_tree(t, figures).write_canonical(text);
    hash.add(text + "}");
    return hash.hex();
  }

  base::Status emit(const Sink& sink) {
    if (!t.contract.empty()) return emit_kept(t.contract, sink);
    std::string text = "{\n  \"task\": ";
    task_tree(t, figures).write_indented(text, 1);
    text.append(",\n  \"steps\": [");
    TJ_TRY(sink(text));
    for (std::size_t i = 0; i < steps.size(); ++i) {
      TJ_TRY(sink(i > 0 ? ",\n    {\n      \"messages\": [" : "\n    {\n      \"messages\": ["));
      for (const std::string_view piece : step_text().indented(steps[i])) TJ_TRY(sink(piece));
      text = "\n      ],\n";
      append_rest_of_step(text, steps[i]);
      TJ_TRY(sink(text));
    }
    text = steps.empty() ? "]" : "\n  ]";
    append_rest(text);
    return sink(text);
  }

  /// The transcript, then the other forms of its messages that steps show; steps as ranges over both.
  std::string delta() {
    std::string messages;
    const auto add_message = [&](std::uint32_t place, const model::Variant* variant) {
      messages.append(messages.empty() ? "" : ",").append(renderer.render(place, variant).indented);
    };
    auto count = static_cast<std::uint32_t>(t.main.messages.size());
    for (std::uint32_t place = 0; place < count; ++place) add_message(place, nullptr);
    std::map<const model::Variant*, std::uint32_t> numbers;
    std::string step_list;
    for (const Step& step : steps) {
      std::vector<std::uint32_t> shown = model::places_in(step.ranges);
      for (std::uint32_t& place : shown) {
        const auto variant = step.variants->find(place);
        if (variant == step.variants->end()) continue;
        const auto [number, added] = numbers.try_emplace(&variant->second, count);
        if (added) add_message(place, &variant->second);
        if (added) ++count;
        place = number->second;
      }
      step_list.append(step_list.empty() ? "{\"messages\":" : ",{\"messages\":");
      ranges_tree(to_ranges(shown)).write_indented(step_list, 0);
      step_list.append(",");
      append_rest_of_step(step_list, step);
    }
    std::string text = "{\"messages\":[" + messages + "],\"steps\":[" + step_list + "],\"task\":";
    task_tree(t, figures).write_indented(text, 0);
    append_rest(text);
    return text;
  }

  /// What follows the messages of a step, and its end.
  void append_rest_of_step(std::string& text, const Step& step) const {
    text.append("      \"reward\": null,\n      \"info\": ");
    append_indented_info(text, step);
    text.append(",\n      \"trainable_status\": \"")
        .append(model::trainable_name(status_of(step, t)))
        .append("\"\n    }");
  }

  /// What follows task and steps, and the end.
  void append_rest(std::string& text) const {
    const auto member = [&](std::string_view name, const Tree& tree) {
      text.append(",\n  \"").append(name).append("\": ");
      tree.write_indented(text, 1);
    };
    member("reward", reward_tree(t.reward));
    member("metrics", metrics_tree(t, figures));
    member("execution_metrics", execution_tree(t, figures));
    member("reference_trajectory", Tree());
    const std::string hash =
        content_hash.empty() ? std::string(64, '0') : content_hash;  // the size asks before the hash is known
    Tree data = Tree::object();
    data.add("source_run_ids", texts_tree(roots_first(t)));
    data.add("conversation_id", Tree::text(t.conversation_id));
    data.add("content_hash", Tree::text(hash));
    data.add("idempotency_key", Tree::text("langsmith:" + t.conversation_id + ":" + hash));
    data.add("trace_ids", texts_tree(t.trace_ids));
    if (!t.project_id.empty()) data.add("project_id", Tree::text(t.project_id));
    Tree telemetry = Tree::object();
    telemetry.add("source", Tree::text("langsmith"));
    telemetry.add("data", std::move(data));
    member("telemetry", telemetry);
    member("idx", Tree());
    member("error", Tree::text_or_null(t.error));
    member("trace_id", Tree());
    member("model_id", Tree());
    text.append("\n}");
  }

  const model::Trajectory& t;
  MessageRenderer renderer;
  std::optional<StepText> text_of_steps;  ///< made when first asked for: a kept form needs none
  std::vector<Step> steps;
  Figures figures;
  std::string content_hash;
};

ContractForm::ContractForm(const model::Trajectory& trajectory) : impl_(std::make_unique<Impl>(trajectory)) {}
ContractForm::~ContractForm() = default;

const std::string& ContractForm::content_hash() const {
  if (impl_->content_hash.empty() && !impl_->t.contract.empty()) impl_->content_hash = kept_hash(impl_->t.contract);
  else if (impl_->content_hash.empty()) impl_->content_hash = impl_->hash_of(false);
  return impl_->content_hash;
}

base::Result<std::string> ContractForm::upload_hash() const {
  return impl_->t.contract.empty() ? impl_->hash_of(true) : kept_upload_hash(impl_->t.contract);
}

std::uint64_t ContractForm::size() const {
  std::uint64_t size = 0;
  (void)impl_->emit([&](std::string_view piece) -> base::Status {
    size += piece.size();
    return {};
  });
  return size;
}

base::Status ContractForm::write(base::OutputFile& file) const {
  return write([&](std::string_view piece) { return file.write(piece); });
}

base::Status ContractForm::write(const std::function<base::Status(std::string_view)>& sink) const {
  (void)content_hash();
  return impl_->emit(sink);
}

std::string contract_lines(const model::Trajectory& trajectory) {
  std::string out = "{";
  for (const Line& line : lines_of(trajectory)) {
    MessageRenderer renderer(line, trajectory.tool_definitions);
    out.append(out.size() > 1 ? ",\"" : "\"").append(line.id).append("\":[");
    for (std::size_t place = line.before.size(); place < line.places(); ++place) {
      if (place > line.before.size()) out.push_back(',');
      out.append(renderer.render(static_cast<std::uint32_t>(place), nullptr).indented);
    }
    out.push_back(']');
  }
  return out + "}";
}

std::string ContractForm::delta() const {
  if (!impl_->t.contract.empty()) return impl_->t.contract;
  (void)content_hash();
  return impl_->delta();
}

}  // namespace trajectory::record
