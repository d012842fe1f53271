"""How clients write a model call and a tool's run: one class a payload shape, in the form that real rows have."""

import json

CLASSES = {"system": "SystemMessage", "user": "HumanMessage", "assistant": "AIMessage", "tool": "ToolMessage"}


def dumps(value):
    return json.dumps(value, separators=(", ", ": "))


def openai_call(call):
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": dumps(call.arguments)}}


class Shape:
    """What all clients share: a `traceable` around tools, usage in LangSmith's names."""

    run_name = "ChatOpenAI"
    candidates = False
    streams = False
    late = False
    stateful = False
    wraps_results = False
    one_system_text = False

    def usage(self, usage):
        return {"input_tokens": usage[0], "output_tokens": usage[1], "total_tokens": sum(usage)} if usage else None

    def extra(self, call):
        return {"runtime": {"sdk": "langsmith-py", "library": "langsmith"}}

    def metadata(self, agent):
        return {"ls_provider": "openai", "ls_model_type": "chat", "ls_model_name": "gpt-5.2"} | (
            {"agent_name": agent} if agent else {}
        )

    def tool(self, call, output, error):
        return call.arguments, {"output": None if error else output}, {}

    def failed(self):
        return {"output": None}


class OpenAI(Shape):
    """wrap_openai, Python."""

    candidates = True
    streams = True

    def message(self, m, text):
        if m.role == "assistant":
            out = {"role": "assistant", "annotations": [], "content": text}
            if m.tool_calls:
                out["tool_calls"] = [openai_call(c) for c in m.tool_calls]
                if not text:
                    del out["content"]
            return out
        out = {"role": m.role, "content": text}
        return out | ({"tool_call_id": m.answers.id} if m.answers else {})

    def inputs(self, context, chain=None):
        return {"messages": [self.message(m, text) for m, text in context], "model": "gpt-5.2"}

    def outputs(self, answers, usage, response_id):
        choices = [
            {
                "finish_reason": None if m.cut else "tool_calls" if m.tool_calls else "stop",
                "index": i,
                "message": {
                    "content": m.content or None,
                    "role": "assistant",
                    "refusal": None,
                    "tool_calls": [openai_call(c) for c in m.tool_calls] or None,
                },
            }
            for i, m in enumerate(answers)
        ]
        return {
            "id": response_id,
            "object": "chat.completion",
            "model": "gpt-5.2-2026",
            "choices": choices,
            "usage_metadata": self.usage(usage),
        }


class OpenAIJs(OpenAI):
    """wrapOpenAI, JavaScript: the run is written up to 250 ms after it began."""

    late = True

    def extra(self, call):
        return {"runtime": {"sdk": "langsmith-js", "library": "langsmith"}}

    def tool(self, call, output, error):
        return {"input": dumps(call.arguments)}, {} if error else {"outputs": output}, {}


class LangChain(Shape):
    """A chat model of langchain-openai: envelopes, batches, message ids."""

    candidates = True

    def envelope(self, m, text):
        kwargs = {"content": text, "type": {"user": "human", "assistant": "ai"}.get(m.role, m.role), "id": m.id}
        if m.role == "assistant":
            kwargs |= {
                "additional_kwargs": {"refusal": None},
                "response_metadata": {"model_name": "gpt-5.2"},
                "invalid_tool_calls": [],
            }
            kwargs["tool_calls"] = [
                {"name": c.name, "args": c.arguments, "id": c.id, "type": "tool_call"} for c in m.tool_calls
            ]
        if m.answers:
            kwargs |= {"tool_call_id": m.answers.id, "name": m.answers.name, "status": "success"}
        return {
            "lc": 1,
            "type": "constructor",
            "id": ["langchain", "schema", "messages", CLASSES[m.role]],
            "kwargs": kwargs,
        }

    def inputs(self, context, chain=None):
        return {"messages": [[self.envelope(m, text) for m, text in context]]}

    def outputs(self, answers, usage, response_id):
        generations = []
        for m in answers:
            envelope = self.envelope(m, m.content)
            envelope["kwargs"]["usage_metadata"] = self.usage(usage)
            info = {"finish_reason": "tool_calls" if m.tool_calls else "stop"}
            generations.append(
                {"text": m.content, "generation_info": info, "type": "ChatGeneration", "message": envelope}
            )
        return {"generations": [generations], "llm_output": {"id": response_id}, "run": None, "type": "LLMResult"}

    def tool(self, call, output, error):
        message = {"content": output, "type": "tool", "name": call.name, "tool_call_id": call.id, "status": "success"}
        return call.arguments, {} if error else {"output": message}, {"tool_call_id": call.id}

    def failed(self):
        return {}


class Anthropic(Shape):
    """wrap_anthropic: Python flattens answers with tool calls into OpenAI's form, JavaScript keeps the blocks."""

    run_name = "ChatAnthropic"
    javascript = False

    def metadata(self, agent):
        return super().metadata(agent) | {"ls_provider": "anthropic", "ls_model_name": "claude"}

    def extra(self, call):
        return {"runtime": {"sdk": "langsmith-js" if self.javascript else "langsmith-py", "library": "langsmith"}}

    def blocks(self, m, text):
        uses = [{"type": "tool_use", "id": c.id, "name": c.name, "input": c.arguments} for c in m.tool_calls]
        return ([{"type": "text", "text": text}] if text else []) + uses

    def inputs(self, context, chain=None):
        out = []
        for m, text in context:
            if m.role == "tool":
                block = {"type": "tool_result", "tool_use_id": m.answers.id, "content": text}
                if out and out[-1]["role"] == "user" and isinstance(out[-1]["content"], list):
                    out[-1]["content"].append(block)
                else:
                    out.append({"role": "user", "content": [block]})
            elif m.role == "assistant":
                out.append({"role": "assistant", "content": self.blocks(m, text)})
            else:
                out.append({"role": m.role, "content": text})
        return {"max_tokens": 4000, "messages": out, "model": "claude"}

    def outputs(self, answers, usage, response_id):
        m = answers[0]
        out = {
            "id": response_id,
            "role": "assistant",
            "stop_reason": "tool_use" if m.tool_calls else "end_turn",
            "usage_metadata": self.usage(usage),
        }
        if m.tool_calls and not self.javascript:
            return out | {
                "content": m.content or None,
                "tool_calls": [openai_call(c) | {"index": i} for i, c in enumerate(m.tool_calls)],
            }
        return out | {"content": self.blocks(m, m.content)}


class AnthropicJs(Anthropic):
    javascript = True


class Responses(Shape):
    """OpenAI's Responses API, the whole history in every request."""

    def items(self, context):
        out = []
        for m, text in context:
            if m.role == "tool":
                out.append({"type": "function_call_output", "call_id": m.answers.id, "output": text})
            elif m.role == "assistant":
                out += self.answer(m, text)
            else:
                out.append({"role": m.role, "content": text})
        return out

    @staticmethod
    def answer(m, text):
        part = {"type": "output_text", "text": text, "annotations": []}
        message = {"id": m.id, "type": "message", "role": "assistant", "status": "completed", "content": [part]}
        calls = [
            {"type": "function_call", "call_id": c.id, "name": c.name, "arguments": dumps(c.arguments)}
            for c in m.tool_calls
        ]
        return ([message] if text else []) + calls

    def inputs(self, context, chain=None):
        instructed = bool(context) and context[0][0].role == "system"
        out = {"input": self.items(context[instructed:]), "model": "gpt-5.2"}
        return out | ({"instructions": context[0][1]} if instructed else {})

    def outputs(self, answers, usage, response_id):
        return {
            "id": response_id,
            "object": "response",
            "output": self.answer(answers[0], answers[0].content),
            "usage_metadata": self.usage(usage),
        }


class StatefulResponses(Responses):
    """The same API with previous_response_id: only what is new is sent."""

    stateful = True

    def inputs(self, context, chain=None):
        known, response_id = chain or ((), None)
        out = super().inputs([(m, text) for m, text in context if m not in known])
        return out | ({"previous_response_id": response_id} if response_id else {})


class Gemini(Shape):
    """wrap_gemini with dicts: no call ids."""

    run_name = "ChatGoogleGenerativeAI"
    wraps_results = True
    one_system_text = True

    def metadata(self, agent):
        return super().metadata(agent) | {"ls_provider": "google", "ls_model_name": "gemini"}

    def inputs(self, context, chain=None):
        out = []
        for m, text in context:
            if m.role == "tool":
                part = {
                    "type": "function_response",
                    "function_response": {"name": m.answers.name, "response": {"output": text}},
                }
                if out and out[-1]["role"] == "user" and isinstance(out[-1]["content"], list):
                    out[-1]["content"].append(part)
                else:
                    out.append({"role": "user", "content": [part]})
            elif m.role == "assistant" and m.tool_calls:
                calls = [
                    {"type": "function_call", "function_call": {"id": None, "name": c.name, "arguments": c.arguments}}
                    for c in m.tool_calls
                ]
                out.append({"role": "model", "content": ([{"type": "text", "text": text}] if text else []) + calls})
            elif m.role != "system":
                out.append({"role": "model" if m.role == "assistant" else "user", "content": text})
        system = context[0][1] if context and context[0][0].role == "system" else None
        return {"messages": out, "model": "gemini", "config": {"system_instruction": system}}

    def outputs(self, answers, usage, response_id):
        m = answers[0]
        out = {
            "content": m.content or None,
            "role": "assistant",
            "finish_reason": "STOP",
            "usage_metadata": self.usage(usage),
        }
        calls = [openai_call(c) | {"index": i, "id": None} for i, c in enumerate(m.tool_calls)]
        return out | ({"tool_calls": calls} if calls else {})


class Vercel(Shape):
    """wrapAISDK, JavaScript."""

    run_name = "openai.chat"

    def metadata(self, agent):
        return {"ls_integration": "vercel-ai-sdk", "ai_sdk_method": "ai.doGenerate", "ls_model_name": "gpt-5.2"} | (
            {"agent_name": agent} if agent else {}
        )

    def extra(self, call):
        return {"runtime": {"sdk": "langsmith-js", "library": "langsmith"}}

    def inputs(self, context, chain=None):
        out = []
        for m, text in context:
            if m.role == "tool":
                part = {
                    "type": "tool-result",
                    "toolCallId": m.answers.id,
                    "toolName": m.answers.name,
                    "output": {"type": "text", "value": text},
                }
                if out and out[-1]["role"] == "tool":
                    out[-1]["content"].append(part)
                else:
                    out.append({"role": "tool", "content": [part]})
            elif m.role == "system":
                out.append({"role": "system", "content": text})
            else:
                calls = [
                    {"type": "tool-call", "toolCallId": c.id, "toolName": c.name, "input": c.arguments}
                    for c in m.tool_calls
                ]
                out.append({"role": m.role, "content": ([{"type": "text", "text": text}] if text else []) + calls})
                if calls:
                    out[-1]["tool_calls"] = [openai_call(c) for c in m.tool_calls]
        return {"messages": out, "toolChoice": {"type": "auto"}, "headers": {"user-agent": "ai/6"}}

    def outputs(self, answers, usage, response_id):
        m = answers[0]
        calls = [
            {"type": "tool-call", "toolCallId": c.id, "toolName": c.name, "input": dumps(c.arguments)}
            for c in m.tool_calls
        ]
        out = {
            "content": ([{"type": "text", "text": m.content}] if m.content else []) + calls,
            "role": "assistant",
            "usage_metadata": self.usage(usage),
        }
        return out | ({"tool_calls": [openai_call(c) for c in m.tool_calls]} if calls else {})

    def tool(self, call, output, error):
        return (
            {"args": [call.arguments, {"toolCallId": call.id, "messages": []}]},
            {} if error else {"outputs": output},
            {},
        )


class Plain(Shape):
    """Hand-made rows: role and content, the answer as a bare message."""

    run_name = "my_model"

    def message(self, m, text):
        out = {"role": m.role, "content": text}
        if m.tool_calls:
            out |= {"tool_calls": [openai_call(c) for c in m.tool_calls]}
        return out | ({"tool_call_id": m.answers.id} if m.answers else {})

    def inputs(self, context, chain=None):
        return {"messages": [self.message(m, text) for m, text in context]}

    def outputs(self, answers, usage, response_id):
        return self.message(answers[0], answers[0].content) | {"usage_metadata": self.usage(usage)}


SHAPES = {
    "openai": OpenAI,
    "openai_js": OpenAIJs,
    "langchain": LangChain,
    "anthropic": Anthropic,
    "anthropic_js": AnthropicJs,
    "responses": Responses,
    "responses_stateful": StatefulResponses,
    "gemini": Gemini,
    "vercel": Vercel,
    "plain": Plain,
}
