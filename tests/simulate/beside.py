"""The lanes beside an application's main one: agents that are tools, helpers that read along."""

import dataclasses

from world import Lane, Message, ToolCall


class Beside:
    """What an application asks of other models. Mixed into `App`."""

    # ---- sub-agents

    def expert_calls(self):
        names = ["ask_expert"] * (2 if self.h.experts == "parallel" else 1)
        return [ToolCall("call_" + self.w.uuid()[:12], n, {"request": self.text("Check")}) for n in names]

    def expert(self, call):
        """A tool that is an agent: its answer, and what runs below its run."""
        report = self.text("Report")

        def inside(run):
            key = call.name
            if self.h.experts == "memory" and key in self.experts:
                lane, history, last = self.experts[key]
            else:
                lane, history, last = Lane(call.name, call), [], None
                owner.sub_agents.append(lane)
            system = self.expert_systems.setdefault(key, {}).setdefault(
                lane, Message("system", f"You are {call.name}. Check things.")
            )
            task = self.message("user", call.arguments["request"])
            messages = [*history, task]
            nested = self.h.experts == "nested"
            if nested or self.rng.random() < 0.6:
                calls = (
                    [ToolCall("call_" + self.w.uuid()[:12], "ask_archive", {"request": self.text("Search")})]
                    if nested
                    else self.tool_calls()
                )
                answer = self.message("assistant", "", tool_calls=calls)
                last = self.ask(
                    lane, run, [(system, system.content), *self.seen(messages)], answer, after=last, agent=call.name
                )
                messages.append(answer)
                for c in calls:
                    text, below = self.nested_expert(c, lane) if nested else (self.text("Result"), None)
                    self.run_tool(lane, run, c, text, below)
                    messages.append(self.message("tool", text, answers=c))
            final = self.message("assistant", report)
            last = self.ask(
                lane, run, [(system, system.content), *self.seen(messages)], final, after=last, agent=call.name
            )
            self.experts[key] = (lane, [*messages, final], last)

        owner = self.main
        return report, inside

    def nested_expert(self, call, owner):
        report = self.text("Found")

        def inside(run):
            lane = Lane(call.name, call)
            owner.sub_agents.append(lane)
            system = Message("system", "You search the archive.")
            task = self.message("user", call.arguments["request"])
            self.ask(
                lane,
                run,
                [(system, system.content), (task, task.content)],
                self.message("assistant", report),
                after=None,
                agent=call.name,
            )

        return report, inside

    def together(self, root, made):
        """Tools that run at the same time: the runs are open together, their model calls take turns."""
        runs = []
        for call, m, _ in made:
            inputs, _, extra = self.shape.tool(call, m.content, None)
            runs.append(self.w.open("tool", call.name, root, inputs, self.talk.metadata(False), extra))
        for (_, _, inside), run in zip(made, runs, strict=True):
            if inside:
                inside(run)
        for (call, m, _), run in zip(made, runs, strict=True):
            self.w.close(run, self.shape.tool(call, m.content, None)[1])

    # ---- helpers beside the main line

    def side_call(self, kind, root, instruction, messages, answer, parallel=False, system=True):
        lane = self.talk.helper(kind)
        copies, own = self.copies.setdefault(kind, ({}, Message("system", instruction)))
        context = [(copies.setdefault(m, self.copy(m)), text) for m, text in self.seen(messages)]
        if system:
            context.insert(0, (own, instruction))
        else:
            context.append((Message("user", instruction), instruction))
        now = self.w.now
        self.ask(lane, root, context, self.message("assistant", answer), after=None, agent=kind)
        if parallel:
            self.w.now = now  # it ran beside what follows

    def copy(self, m):
        """Another lane's sight of a message is a message of its own in the truth."""
        return dataclasses.replace(
            m, content=self.notes.get(m, m.content), shown=False, raw_output=None, optional=False, order_free=False
        )

    def make_title(self, root):
        now = self.w.now
        if self.h.late_title:
            self.w.pass_time(100, 900)
        self.ask_for_title(root)
        if self.h.late_title:
            root["goes_on_until"], self.w.now = self.w.now, now

    def ask_for_title(self, root):
        if self.h.title == "pasted":
            text = "Title for:\n" + "\n".join(m.content for m in self.history)
            self.side_call("title", root, "You make titles.", [Message("user", text)], self.text("Title"))
        elif self.h.title == "own_system":
            ask = Message("user", "Give the talk a title.")
            self.side_call("title", root, "You make titles.", [*self.history, ask], self.text("Title"))
        else:
            self.side_call("title", root, "Give the talk a title.", self.history, self.text("Title"), system=False)

    def fan_out(self, root, user):
        for part in ("price", "stock"):
            text = f"You look only at the {part}."
            system = (
                Message("system", text)
                if self.h.fan_out == "draft"
                else self.copies.setdefault(part, Message("system", text))
            )
            task = Message("user", f"{user.content} Your part: {part}.")
            draft = self.message("assistant", self.text(f"Draft about {part}"))
            lane = self.talk.helper("worker") if self.h.fan_out == "single" else Lane("worker")
            context = [(system, system.content), (task, task.content)]
            call = self.ask(lane, root, context, draft, after=None, agent="worker")
            if self.h.fan_out == "draft":
                self.main.sub_agents.append(lane)
                more = Message("user", "Make it final.")
                context += [(draft, draft.content), (more, more.content)]
                self.ask(
                    lane,
                    root,
                    context,
                    self.message("assistant", self.text("Final report")),
                    after=call,
                    agent="worker",
                )

    def criticise(self, root, turn):
        """A critic reads the draft; the writer answers its remarks. The critic's lane is its own."""
        lane = Lane("critic") if self.h.critic == "memory" else self.talk.helper("critic")
        system = (
            self.copies.setdefault("critic", Message("system", "You are a strict critic."))
            if self.h.critic == "stateless"
            else Message("system", "You are a strict critic.")
        )
        seen, last = [(system, system.content)], None
        for round_ in range(2):
            draft = Message("user", f"Review this draft: {turn[-1].content}")
            remark = self.message("assistant", self.text("Too long") if round_ == 0 else "Approved.")
            if self.h.critic == "stateless":
                seen, last = [(system, system.content)], None
            seen = [*seen, (draft, draft.content)]
            last = self.ask(lane, root, seen, remark, after=last, agent="critic")
            seen = [*seen, (remark, remark.content)]
            if round_ == 0:
                turn = [*turn, self.message("user", f"Critic: {remark.content}")]
                answer = self.answer()
                self.last = self.ask(self.main, root, self.context(turn), answer, after=self.last, agent=self.agent)
                turn.append(answer)
        if self.h.critic == "memory":
            self.main.sub_agents.append(lane)
        return turn
