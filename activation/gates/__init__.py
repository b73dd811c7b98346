"""Gates: one file per rule, used twice.

The *plan gate* (journeys) judges every candidate at once, in SQL, at the decision time. The *send gate*
(delivery) judges one message in memory, at the rim's clock, just before it is handed to a channel:

    verdict = judge_send(message, facts, now)    # activation.contract.PlannedMessage, SendFacts, aware UTC
    if isinstance(verdict, Refusal):             # verdict.outcome: Outcome.SUPPRESSED or EXPIRED
        ...                                      # verdict.reason: Reason, verdict.detail: str
    else:                                        # a Permission: goes to the channel with the message
        channel.send(verdict, ...)

`facts` is delivery's view of the world (activation.gates.contract.SendFacts), two look-ups:

    facts.consent_records(identifiers, purpose, channel) -> Sequence[ConsentRecord]   # one each at most
    facts.is_suppressed(channel, address) -> bool                                     # address in any case

Consent is a type: `activation.gates.consent` alone can make a `Permission`, and nothing reaches a channel
without one. Gates are found by their file: a module with a `plugin` of type `Gate`.
"""

from activation.gates._send import judge_send
from activation.gates.contract import ConsentRecord, Gate, Permission, Refusal, SendFacts

__all__ = ["ConsentRecord", "Gate", "Permission", "Refusal", "SendFacts", "judge_send"]
