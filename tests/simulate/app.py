"""A made-up application: scripted models and tools, and the habits that real applications have."""

import random
from dataclasses import dataclass

from beside import Beside
from shapes import SHAPES
from world import Message, ModelCall, Talk, ToolCall, World

SHORT = ("ok", "yes", "go on")
TOPICS = ("lamps", "mugs", "orders", "weather", "refund")
DESK = "You are the help desk of a small shop. Be brief."


@dataclass
class Habits:
    """What an application does, each neutral by default."""

    shape: str = "openai"
    turns: int = 4
    tools: float = 0.5  # chance of another round of tools
    traced_tools: bool = True
    system: str = "fixed"  # none, fixed, clock, growing (something is added behind it)
    history: str = "full"  # full, text, text_parts, stateless, window, sized_window
    window: int = 6
    compaction: str = ""  # user, system: the role that holds the summary
    compaction_kept: int = 2
    compaction_limit: int = 6
    compaction_recorded: bool = True
    compaction_in_turn: bool = False
    offers_tools: bool = True
    results: str = "whole"  # whole, truncated (later turns), cut (at once), cleared (later)
    retrieval: bool = False
    repeats: float = 0.0  # chance of a short text said before
    same_answers: float = 0.0  # chance that an answer is one given before
    same_calls: bool = False  # tools asked with equal names and arguments
    shuffled_results: bool = False
    retry: str = ""  # error, silent
    failed_turn: str = ""  # kept, dropped
    branch: str = ""  # again, regenerate, edit, switch
    candidates: str = ""  # first, later
    partial: str = ""  # kept, dropped
    experts: str = ""  # single, nested, parallel, memory
    router: bool = False
    guardrail: str = ""  # question, history
    title: str = ""  # own_system, no_system, pasted
    late_title: bool = False  # made while the next turn runs
    critic: str = ""  # memory, stateless
    fan_out: str = ""  # single, draft
    handoff: bool = False
    named_agents: bool = False
    imported: int = 0
    turns_in_trace: int = 1
    key_on_root_only: bool = False
    coarse_clock: bool = False
    no_root_output: bool = False


class App(Beside):
    def __init__(self, world, habits):
        self.w, self.h, self.rng = world, habits, world.rng
        self.shape = SHAPES[habits.shape]()
        self.talk = Talk(
            world, self.rng.choice(["thread_id", "session_id", "conversation_id"]), habits.key_on_root_only
        )
        self.main = self.talk.main
        self.history = []  # what the application keeps between turns
        self.notes = {}  # message: the text in which it is shown now, where that is not its own
        self.last = None  # the call that the next one follows
        self.tips = []  # (history, last call) after each turn
        self.said = []  # answers given so far
        self.responses = {}  # call: its response id
        self.agent = "desk"
        self.experts = {}
        self.expert_systems = {}
        self.copies = {}  # by helper: its sight of the main line's messages, its instructions
        self.system = Message("system", DESK)
        self.agents = {"desk": self.system}
        self.instructions = {"desk": DESK, "expert desk": "You know everything about refunds. Answer in full."}
        self.again = None  # the user's message that is put once more

    # ---- texts

    def text(self, about):
        return f"{about} {self.w.number()}: {self.rng.choice(TOPICS)}"

    def user(self):
        if self.rng.random() < self.h.repeats:
            return self.message("user", self.rng.choice(SHORT))
        return self.message("user", self.text("Question"))

    def message(self, role, content, **more):
        return Message(role, content, id=self.w.uuid(), wrapped=role == "tool" and self.shape.wraps_results, **more)

    def answer(self, tools=()):
        if not tools and self.said and self.rng.random() < self.h.same_answers:
            return self.message("assistant", self.rng.choice(self.said))
        text = self.text("Answer") if not tools else self.rng.choice(["", "Let me see.", self.text("Looking")])
        if not tools:
            self.said.append(text)
        return self.message("assistant", text, tool_calls=list(tools))

    def tool_calls(self, names=("look_up", "get_weather", "convert")):
        count = self.rng.choice([1, 1, 2, 3])
        name = self.rng.choice(names)
        calls = []
        for _ in range(count):
            if not self.h.same_calls:
                name = self.rng.choice(names)
            arguments = (
                {"what": "stock"}
                if self.h.same_calls
                else {"what": self.text("thing"), "limit": self.rng.randint(1, 9)}
            )
            calls.append(ToolCall("call_" + self.w.uuid().replace("-", "")[:20], name, arguments))
        return calls

    # ---- one model call

    def system_seen(self):
        if self.h.system == "none":
            return []
        base = self.agents[self.agent]
        text = self.instructions[self.agent]
        if self.h.system == "clock":
            text += f"\nIt is {self.w.now:%H:%M:%S}."
        elif self.h.system == "growing" and self.tips:
            text += "\nKnown of the user: " + ", ".join(f"{self.rng.choice(TOPICS)} {i}" for i in range(20))
        return [(base, text)]

    def seen(self, messages):
        return [(m, self.notes.get(m, m.content)) for m in messages]

    def ask(
        self,
        lane,
        parent,
        context,
        answer,
        *,
        after,
        error=None,
        candidates=(),
        late=None,
        agent=None,
        model_shape=None,
    ):
        """Records one model call. `late`: a list that the caller goes on filling."""
        shape = model_shape or self.shape
        context = list(context)
        if lane in self.talk.helpers.values():
            after = lane.calls[-1] if lane.calls else None
        call = ModelCall(
            context,
            answer,
            after,
            list(candidates),
            None if error else (self.rng.randint(20, 900), self.rng.randint(1, 90)),
        )
        lane.add(call)
        chain = None
        if shape.stateful and after is not None:
            known = (
                [x for x in after.context if x[0].role != "system"] + [(after.answer, after.answer.content)]
                if after.answer
                else None
            )
            said = [x for x in context if x[0].role != "system"]
            if known and said[: len(known)] == known and after in self.responses:
                chain = ({m for m, _ in known}, self.responses[after])
        write = (
            (lambda: shape.inputs(self.system_and(context, late), chain))
            if late is not None
            else shape.inputs(context, chain)
        )
        metadata = self.talk.metadata(False) | shape.metadata(agent if self.h.named_agents else None)
        run = self.w.open("llm", shape.run_name, parent, write, metadata, shape.extra(call))
        self.w.pass_time()
        response = f"resp_{self.w.uuid().replace('-', '')}"
        said = [*candidates, answer] if self.h.candidates == "later" and candidates else [answer, *candidates]
        if error and answer is None and not candidates:
            self.w.close(run, shape.failed(), error)
        else:
            self.w.close(run, shape.outputs([m for m in said if m], call.usage, response), error)
            self.responses[call] = response
        return call

    def system_and(self, context, late):
        return [x for x in context if x[0].role == "system"] + [(m, self.notes.get(m, m.content)) for m in late]

    def run_tool(self, lane, parent, call, result, inside=None, error=None):
        if not self.h.traced_tools and inside is None:
            return
        inputs, outputs, extra = self.shape.tool(call, result, error)
        run = self.w.open("tool", call.name, parent, inputs, self.talk.metadata(False), extra)
        self.w.pass_time(1, 5)
        if inside:
            inside(run)
        self.w.close(run, outputs, error)

    def step(self, lane, parent, context, answer, **more):
        """A model call with the troubles that the habits bring: failed attempts, thrown-away answers."""
        after = more.pop("after")
        if self.h.retry == "error" and self.rng.random() < 0.4:
            after = self.ask(
                lane, parent, context, None, after=after, error="APIConnectionError('Connection error.')", **more
            )
        if self.h.retry == "silent" and self.rng.random() < 0.4:
            self.ask(
                lane, parent, context, self.answer(self.tool_calls() if answer.tool_calls else ()), after=after, **more
            )
        if self.h.candidates and self.shape.candidates and not answer.tool_calls:
            more["candidates"] = [self.message("assistant", self.text("Another answer"))]
        return self.ask(lane, parent, context, answer, after=after, **more)

    # ---- what a model is shown

    def view(self, turn):
        """The messages of the next request: history by habit, then this turn's."""
        h = self.h
        if h.history == "text":
            return [m for m in self.history if m.role == "user" or (m.role == "assistant" and not m.tool_calls)] + turn
        if h.history == "stateless":
            return list(turn)
        full = self.history + turn
        if h.history in ("window", "sized_window"):
            size = h.window if h.history == "window" else self.rng.randint(3, h.window + 3)
            size = max(size, len(turn)) if len(turn) > 1 else size
            start = max(0, len(full) - size)
            while start < len(full) and full[start].role == "tool":
                start += 1  # a result without its call is refused by providers
            return full[start:]
        return full

    def compact(self, parent, messages):
        """Replaces all but the last messages by a summary; returns what is left."""
        h = self.h
        start = len(messages) - h.compaction_kept
        while h.compaction_kept and 0 < start < len(messages) and messages[start].role == "tool":
            start -= 1  # a result without its call is refused by providers
        kept = messages[start:]
        dropped = messages[: len(messages) - len(kept)]
        words = [self.rng.choice(TOPICS) + str(self.w.number()) for _ in range(12)]
        text = "The user talked about " + ", ".join(words)
        if h.compaction_recorded:
            lane = self.talk.helper("summariser")
            prompt = "Summarise:\n" + "\n".join(f"{m.role}: {m.content}" for m in dropped)
            self.ask(
                lane,
                parent,
                [(self.message("user", prompt), prompt)],
                self.message("assistant", text),
                after=None,
                agent="summariser",
            )
        summary = self.message(
            "user" if self.shape.one_system_text else h.compaction, "Earlier: " + text, optional=True
        )
        return [summary, *kept]

    def grew_too_long(self):
        return self.h.compaction and not self.h.compaction_in_turn and len(self.history) > self.h.compaction_limit

    def age_results(self):
        """Between turns: results that the model has seen are shortened or cleared."""
        for m in self.history:
            if m.role == "tool" and m.shown:
                if self.h.results == "truncated":
                    self.notes[m] = m.content[:20] + "..."
                elif self.h.results == "cleared":
                    self.notes[m] = "[cleared]"

    # ---- one turn

    def turn(self, root):
        h = self.h
        user, self.again = self.again or self.user(), None
        turn = [user]
        if h.retrieval:
            self.notes[user] = f"Documents: {self.text('Page')}\n\n{user.content}"
        late = [*self.history, user] if self.shape.late and self.plain_history() else None
        if h.router:
            self.side_call("router", root, "Classify the message in one word.", [user], "sales")
        if h.guardrail:
            shown = [user] if h.guardrail == "question" else self.view(turn)
            self.side_call("guardrail", root, "Say whether the message is harmless.", shown, "harmless", parallel=True)
        if h.fan_out:
            self.fan_out(root, user)
        rounds = 0
        while True:
            more_tools = rounds < 4 and self.rng.random() < h.tools and not (h.handoff and rounds == 0)
            calls = self.tool_calls() if more_tools else ()
            if h.experts and rounds == 0 and self.rng.random() < 0.7:
                calls = self.expert_calls()
            if h.handoff and rounds == 0 and len(self.tips) % 2 == 1:
                calls = [ToolCall("call_" + self.w.uuid()[:8], "transfer", {})]
            answer = self.answer(calls)
            if (
                h.compaction
                and h.compaction_in_turn
                and len(self.history) + len(turn) > h.compaction_limit
                and len(turn) > 2
            ):
                self.history, turn = [], self.compact(root, self.history + turn)
                late = None
            context = self.context(turn)
            trouble = len(self.tips) % 2 == 1 and not (
                h.branch and len(self.tips) + 1 == h.turns
            )  # nothing follows: which path went on?
            fails = h.failed_turn and rounds == self.fail_round and trouble
            if fails:
                self.last = self.ask(
                    self.main,
                    root,
                    context,
                    None,
                    after=self.last,
                    error="InternalServerError('500')",
                    agent=self.agent,
                )
                root["fails"] = "InternalServerError('500')"
                if h.failed_turn == "kept":
                    self.history += turn
                return ""
            if h.partial and not answer.tool_calls and self.shape.streams and trouble:
                answer.cut = True
                kept = h.partial == "kept"
                self.last = self.ask(
                    self.main,
                    root,
                    context,
                    answer if kept else None,
                    after=self.last,
                    error="APIConnectionError('Connection error.')",
                    candidates=() if kept else (answer,),
                    agent=self.agent,
                )
                self.history += turn + ([answer] if kept else [])
                return answer.content
            self.last = self.step(self.main, root, context, answer, after=self.last, late=late, agent=self.agent)
            turn.append(answer)
            if late is not None:
                late.append(answer)
            if not calls:
                break
            results = self.run_tools(root, answer)
            turn += results
            if late is not None:
                late += results
            rounds += 1
        if h.retrieval:
            del self.notes[user]
        if h.critic:
            turn = self.criticise(root, turn)
        self.history += turn
        if h.title:
            self.make_title(root)
        return self.history[-1].content

    def plain_history(self):
        h = self.h
        return h.history == "full" and not (
            h.compaction or h.retrieval or h.branch or h.retry or h.results != "whole" or h.critic or h.candidates
        )

    def context(self, turn):
        shown = self.view(turn)
        return self.system_seen() + self.seen(shown)

    def run_tools(self, root, answer):
        made = []
        for call in answer.tool_calls:
            result = (
                self.text("Result " + "x" * self.rng.choice([5, 60]))
                if not self.h.same_calls or self.rng.random() < 0.5
                else "Result: none"
            )
            if call.name == "transfer":
                self.agent = "expert desk" if self.agent == "desk" else "desk"
                self.agents.setdefault(self.agent, Message("system", self.instructions[self.agent], order_free=True))
                result = f"Transferred to {self.agent}."
            inside = None
            if call.name in ("ask_expert", "ask_archive"):
                result, inside = self.expert(call)
            m = self.message("tool", result, answers=call)
            made.append((call, m, inside))
        if self.h.experts == "parallel":
            self.together(root, made)
        else:
            for call, m, inside in made:
                self.run_tool(self.main, root, call, m.content, inside)
        for _, m, _ in made:
            if self.h.results == "cut":
                m.raw_output, m.content = m.content, m.content[:12] + "..."
        results = [m for _, m, _ in made]
        if self.h.traced_tools:
            self.main.results[answer] = list(results)
        if self.h.shuffled_results and not self.shape.wraps_results:  # without ids the order is all there is
            self.rng.shuffle(results)
        return results

    # ---- the talk as a whole

    def import_history(self):
        for _ in range(self.h.imported):
            self.history.append(self.message("user", self.text("Old question"), seen_only=True))
            if self.rng.random() < 0.4:
                calls = self.tool_calls()
                self.history.append(self.message("assistant", "", tool_calls=calls, seen_only=True))
                self.history += [
                    self.message("tool", self.text("Old result"), answers=c, seen_only=True) for c in calls
                ]
            self.history.append(self.message("assistant", self.text("Old answer"), seen_only=True))

    def go_back(self, i):
        """Regenerates, edits or switches to another branch: the history of an earlier turn comes back."""
        kind = self.h.branch
        if not kind or i < 2 or self.rng.random() < 0.5:
            return
        if kind == "again" and len(self.tips) > 1:
            known = set(self.tips[-2][0])
            self.again = next(
                (m for m in self.tips[-1][0] if m not in known and m.role == "user" and not m.optional), None
            )
            kind = "regenerate"
        pick = -2 if kind == "regenerate" else self.rng.randrange(len(self.tips) - 1) if len(self.tips) > 1 else None
        if pick is None or (kind == "regenerate" and len(self.tips) < 2):
            return
        history, last = self.tips[pick]
        self.history, self.last = list(history), last

    def play(self):
        self.import_history()
        self.fail_round = self.rng.choice([0, 0, 1])
        done = 0
        while done < self.h.turns:
            with self.talk.trace("turn", {"text": "in"}) as root:
                for _ in range(min(self.h.turns_in_trace, self.h.turns - done)):
                    self.go_back(done)
                    self.age_results()
                    if self.grew_too_long():
                        self.history = self.compact(root, self.history)
                    output = self.turn(root)
                    self.tips.append((list(self.history), self.last))
                    done += 1
                root["returns"] = {} if self.h.no_root_output else {"output": output}
            self.w.pass_time(20, 400)
            self.w.write_late_inputs()
        self.forget_unheld_partial()
        return self.talk

    def forget_unheld_partial(self):
        """A partial answer that no later context holds is no message of the main line."""
        held = {m for call in self.main.calls for m, _ in call.context}
        for call in self.main.calls:
            if call.answer and call.answer.cut and call.answer not in held:
                call.candidates.append(call.answer)
                call.answer = None


def play(seed, habits):
    """-> the rows of one conversation and its truth. The seed is a number or a text."""
    world = World(seed)
    world.coarse_clock = habits.coarse_clock
    talk = App(world, habits).play()
    return world.rows, talk.truth(str(seed))


def random_shape(seed):
    return random.Random(seed * 7 + 1).choice(sorted(SHAPES))
