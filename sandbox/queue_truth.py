"""The truth about call queues: the rows of the three reports, computed from the company's calls.

Every call to a ring group also enters the call queue of the same number. A call belongs to the window in
which it ends, as in the summaries, so queues, agents, calls and ring groups agree.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sandbox.calls import OFFER, Call
from sandbox.company import CallQueue, Extension, Pbx
from sandbox.rows import Row

SHORT = 15_000
"""Milliseconds: a shorter call counts as abandoned in handling."""
TRANSFERS = {0: "transferredToCallQueue", 1: "transferredToRingGroup", 2: "transferredToExternalNumber"}
"""Where an agent transfers every 25th answered call, and the two after it."""
SHARES = (
    *("acceptedCalls", "abandonedInWaitingCalls", "abandonedInHandlingCalls", "missedCalls", "divertedCalls"),
    *("transferredToCallQueue", "transferredToRingGroup"),
)


@dataclass(frozen=True)
class QueueWindow:
    """The calls of a PBX's queues that end in a window.

    Args:
        pbx: the PBX.
        queues: those of its queues that were requested.
        calls: its calls that end in the window; those to no queue are left out.
        active: the calls in progress at the end of the window.
        now: the moment of the request, which decides live fields.
        removed: the extensions that are no longer listed.
    """

    pbx: Pbx
    queues: Sequence[CallQueue]
    calls: Sequence[Call]
    active: Sequence[Call]
    now: datetime
    removed: frozenset[str] = frozenset()

    def of(self, queue: CallQueue) -> list[Call]:
        """Return the calls of a queue."""
        return [call for call in self.calls if call.group == queue.number]

    def agents(self, queues: Iterable[CallQueue]) -> list[Extension]:
        """Return the agents of queues that are still listed."""
        return [agent for agent in queue_agents(self.pbx, queues) if agent.number not in self.removed]

    @property
    def live(self) -> int:
        """A number that changes with each request, for point-in-time fields."""
        return int(self.now.timestamp()) % 3600


def queue_rows(window: QueueWindow) -> list[Row]:
    """Return the `callQueues` of `call-queue-metrics`: every queue, even without calls."""
    return [
        {
            "pbx": window.pbx.name,
            "site": queue.site,
            "id": queue.id,
            "name": queue.name,
            "deleted": False,
            "autoLogin": queue.auto_login,
            "extension": queue.number,
            "metrics": _queue_metrics(window, queue),
        }
        for queue in window.queues
    ]


def _queue_metrics(window: QueueWindow, queue: CallQueue) -> Row:
    calls = window.of(queue)
    answered = [call for call in calls if call.answered]
    accepted = [call for call in answered if call.talk >= SHORT]
    counts: Row = {
        "enteredCalls": len(calls),
        "acceptedCalls": len(accepted),
        "abandonedInWaitingCalls": sum(call.abandoned for call in calls),
        "abandonedInHandlingCalls": len(answered) - len(accepted),
        "missedCalls": sum(not (call.answered or call.abandoned or call.voicemail) for call in calls),
        "divertedCalls": sum(call.voicemail > 0 for call in calls),
        "forwardedToVoiceMail": sum(call.voicemail > 0 for call in calls),
        "completedCalls": len(calls),
        "activeCalls": sum(call.group == queue.number for call in window.active),
        **{name: sum(call.call_id % 25 == rest for call in accepted) for rest, name in TRANSFERS.items()},
    }
    shares = {f"{name}Percentage": _percentage(counts[name], len(calls)) for name in SHARES}
    ongoing = {
        "ongoingWaitingCalls": window.live % 3,
        "ongoingAvailableAgents": len(queue.agents) - window.live % 3,
        "ongoingLongestWaitingTime": window.live / 10,
    }
    return {
        **counts,
        **shares,
        **_times("HandlingTime", [call.talk for call in answered]),
        **_times("WaitingTime", [call.ring for call in calls]),
        **_times("TalkTime", [call.talk for call in answered]),
        **_times("OnHoldTime", []),
        "averageTimeToAnswer": _mean([_ringing(call) for call in answered]),
        **ongoing,
    }


def queue_agent_rows(window: QueueWindow) -> list[Row]:
    """Return the `queuesAgentActivity` of `queue-agent-activity`: every agent of every queue."""
    return [
        {
            "pbx": window.pbx.name,
            "site": queue.site,
            "queueId": queue.id,
            "queueExtension": queue.number,
            "queueName": queue.name,
            "autoLogin": queue.auto_login,
            "queueAgentActivity": [
                {
                    **_agent(window, agent),
                    "queueStatus": "HANDLING" if window.live % 2 else "AVAILABLE_IDLE",
                    "overflowAgent": agent.number in queue.overflow_agents,
                    "metrics": {
                        **_agent_metrics(window, agent, window.of(queue)),
                        "queueStatusTime": window.live * 0.5,
                    },
                }
                for agent in window.agents([queue])
            ],
            "summary": {"acceptedInteractions": sum(call.answered for call in window.of(queue))},
        }
        for queue in window.queues
    ]


def agent_rows(window: QueueWindow) -> list[Row]:
    """Return the `agentActivity` of `agent-activity`: every agent of any queue."""
    return [
        {
            **_agent(window, agent),
            "activityStatus": "AVAILABLE_IDLE",
            "loggedInQueues": [queue.number for queue in window.queues if agent in window.agents([queue])],
            "metrics": _agent_metrics(window, agent, window.calls),
        }
        for agent in window.agents(window.queues)
    ]


def queue_agents(pbx: Pbx, queues: Iterable[CallQueue]) -> list[Extension]:
    """Return everyone who is an agent of one of these queues."""
    numbers = {number for queue in queues for number in (*queue.agents, *queue.overflow_agents)}
    return [extension for extension in pbx.extensions if extension.number in numbers]


def _agent(window: QueueWindow, agent: Extension) -> Row:
    row: Row = {
        "userId": agent.agent_id,
        "agentExtension": agent.number,
        "agentName": f"{agent.first_name} {agent.last_name}",
        "userStatus": "ON_CALL" if window.live % 2 else "AVAILABLE",
    }
    if window.live % 2:
        row["interaction"] = {"caller": "Leo", "address": "+16175550123"}
    return row


def _agent_metrics(window: QueueWindow, agent: Extension, calls: Sequence[Call]) -> Row:
    accepted = [call for call in calls if call.answered and call.callee == agent.number]
    not_answered = [call for call in calls if agent.number in call.offered]
    rejected = [call for call in not_answered if (call.call_id + int(agent.number)) % 9 == 0]
    entered = len(accepted) + len(not_answered)
    talk, wrap_up = [call.talk for call in accepted], [_wrap_up(call) for call in accepted]
    counts = {
        "acceptedInteractions": len(accepted),
        "missedInteractions": len(not_answered) - len(rejected),
        "rejectedInteractions": len(rejected),
    }
    return {
        "enteredInteractions": entered,
        **counts,
        **{f"{name}Percentage": _percentage(count, entered) for name, count in counts.items()},
        "agentTotalTalkTime": sum(talk) / 1000,
        "totalInteractionTime": (sum(talk) + sum(wrap_up)) / 1000,
        "agentAverageTimeToAnswer": _mean([_ringing(call) for call in accepted]) if accepted else None,
        "averageTalkingInteractionsTime": _mean(talk),
        "averageOnHoldInteractionsTime": 0,
        "averageWrapUpTime": _mean(wrap_up),
        "userStatusTime": float(window.live),
        "ongoingHandlingInteractions": window.live % 2,
        "ongoingTalkingInteractionsTime": window.live % 2 * 42.5,
    }


def _ringing(call: Call) -> int:
    """Return how long the phone of the agent who answered rang."""
    return call.ring - OFFER * len(call.offered)


def _wrap_up(call: Call) -> int:
    """Return how long the agent wrapped up after the call."""
    return 5_000 + call.call_id % 26 * 1_000


def _percentage(part: int, whole: int) -> float:
    return round(100 * part / whole, 1) if whole else 0


def _mean(milliseconds: Sequence[int]) -> float:
    return round(sum(milliseconds) / len(milliseconds) / 1000, 2) if milliseconds else 0


def _times(name: str, milliseconds: Sequence[int]) -> Row:
    return {
        f"total{name}": sum(milliseconds) / 1000,
        f"average{name}": _mean(milliseconds),
        f"longest{name}": max(milliseconds, default=0) / 1000,
    }
