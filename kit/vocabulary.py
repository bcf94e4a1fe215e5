"""The words that YAML, code, tables and reports share. Codes are added here, never renamed."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Intent(StrEnum):
    """What a borrower's utterance means."""

    AFFIRM = "affirm"
    DENY = "deny"
    IS_CALLEE = "is_callee"
    WRONG_PERSON = "wrong_person"
    THIRD_PARTY = "third_party"
    CALLEE_UNAVAILABLE = "callee_unavailable"
    PROMISE_TO_PAY = "promise_to_pay"
    ALREADY_PAID = "already_paid"
    FORGOT = "forgot"
    CANNOT_PAY = "cannot_pay"
    REFUSE_TO_PAY = "refuse_to_pay"
    ASK_EXTENSION = "ask_extension"
    ASK_INSTALMENTS = "ask_instalments"
    ASK_WAIVER = "ask_waiver"
    DISPUTE = "dispute"
    ASK_AMOUNT = "ask_amount"
    ASK_DUE_DATE = "ask_due_date"
    ASK_HOW_TO_PAY = "ask_how_to_pay"
    ASK_BILL = "ask_bill"
    CHANGE_DETAILS = "change_details"
    ASK_WHO = "ask_who"
    ASK_PURPOSE = "ask_purpose"
    ASK_REPEAT = "ask_repeat"
    IS_ROBOT_QUESTION = "is_robot_question"
    CALL_BACK_LATER = "call_back_later"
    BUSY_NOW = "busy_now"
    REQUEST_HUMAN = "request_human"
    COMPLAINT = "complaint"
    STOP_CALLING = "stop_calling"
    VEHICLE_OK = "vehicle_ok"
    VEHICLE_ISSUE = "vehicle_issue"
    JOB_OK = "job_ok"
    JOB_CHANGED = "job_changed"
    INCOME_DOWN = "income_down"
    DETAILS_OK = "details_ok"
    DETAILS_CHANGED = "details_changed"
    PAPERS_OK = "papers_ok"
    PAPERS_ISSUE = "papers_issue"
    PREFERS = "prefers"
    REFUSES_RECORDING = "refuses_recording"
    VISIT_AGREED = "visit_agreed"
    CORRECTION = "correction"
    OTHER_LANGUAGE = "other_language"
    RATING = "rating"
    GREETING = "greeting"
    THANKS = "thanks"
    GOODBYE = "goodbye"
    HOLD_ON = "hold_on"
    BACKCHANNEL = "backchannel"
    ANNOUNCEMENT = "announcement"
    UNCLEAR = "unclear"


class Outcome(StrEnum):
    """How a call ended. One per call, the most specific; each has its retry rule."""

    PROMISE = "promise"
    PAID = "paid"
    PLAN_ASKED = "plan_asked"
    REFUSED = "refused"
    DISPUTE = "dispute"
    NO_COMMITMENT = "no_commitment"
    FOLLOWUP_DONE = "followup_done"
    FOLLOWUP_CONCERN = "followup_concern"
    SURVEY_DONE = "survey_done"
    RPC = "rpc"
    THIRD_PARTY = "third_party"
    WRONG_NUMBER = "wrong_number"
    HUNG_UP_EARLY = "hung_up_early"
    HUNG_UP_DURING = "hung_up_during"
    SILENT = "silent"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    OFF = "off"
    UNREACHABLE = "unreachable"
    INVALID_NUMBER = "invalid_number"
    SUSPENDED = "suspended"
    VOICEMAIL = "voicemail"
    ASSISTANT = "assistant"
    TRANSFERRED = "transferred"
    CALLBACK_BOOKED = "callback_booked"
    CARRIER_ERROR = "carrier_error"
    ABANDONED = "abandoned"
    UNKNOWN = "unknown"


RIGHT_PARTY = frozenset(
    {
        Outcome.RPC,
        Outcome.PROMISE,
        Outcome.PAID,
        Outcome.PLAN_ASKED,
        Outcome.REFUSED,
        Outcome.DISPUTE,
        Outcome.NO_COMMITMENT,
        Outcome.FOLLOWUP_DONE,
        Outcome.FOLLOWUP_CONCERN,
        Outcome.SURVEY_DONE,
    }
)
"""Outcomes of a call in which the borrower was identified (right party contact)."""


class SlotName(StrEnum):
    """What an utterance carries besides its intent."""

    PAY_ON = "pay_on"
    PAID_ON = "paid_on"
    CALLBACK_AT = "callback_at"
    VISIT_AT = "visit_at"
    AMOUNT_FEN = "amount_fen"
    VEHICLE_STATE = "vehicle_state"
    SCORE = "score"
    CHANNEL = "channel"
    HOURS = "hours"
    KIND = "kind"
    DIGITS = "digits"


class Announcement(StrEnum):
    """The kinds of recorded voices that answer instead of a person."""

    BUSY = "busy"
    OFF = "off"
    UNREACHABLE = "unreachable"
    INVALID_NUMBER = "invalid_number"
    SUSPENDED = "suspended"
    VOICEMAIL = "voicemail"
    ASSISTANT = "assistant"
    CALL_REMINDER = "call_reminder"


class Risk(StrEnum):
    """Risk categories, judged on every turn."""

    REGULATOR_COMPLAINT = "regulator_complaint"
    POLICE_REPORT = "police_report"
    LEGAL_ACTION = "legal_action"
    SELF_HARM = "self_harm"
    SERIOUS_ILLNESS = "serious_illness"
    INCOME_LOSS = "income_loss"
    INSOLVENCY = "insolvency"
    VEHICLE_DISPOSED = "vehicle_disposed"
    VEHICLE_ACCIDENT = "vehicle_accident"
    VEHICLE_SEIZED = "vehicle_seized"
    IDENTITY_FRAUD = "identity_fraud"
    WRONG_PERSON = "wrong_person"
    THIRD_PARTY = "third_party"
    STOP_CONTACT = "stop_contact"
    MEDIA_EXPOSURE = "media_exposure"
    VIOLENCE_THREAT = "violence_threat"
    DISPUTE = "dispute"
    PRIVACY_BREACH = "privacy_breach"
    MINOR_OR_STUDENT = "minor_or_student"
    BORROWER_DECEASED = "borrower_deceased"
    FAMILY_BEREAVEMENT = "family_bereavement"
    VULNERABLE = "vulnerable"
    SCAM_SUSPICION = "scam_suspicion"
    WANTS_HUMAN = "wants_human"


class Severity(IntEnum):
    """P0: a live person within a minute. P1: same working day. P2: 3 working days. P3: tag. Lower is graver."""

    P0 = 0
    P1 = 1
    P2 = 2
    P3 = 3


class Purpose(StrEnum):
    """Why somebody is called: law asks it before every attempt. A hold stops DUNNING purposes only."""

    COLLECTION = "collection"
    FOLLOWUP = "followup"
    CARE = "care"
    ANSWER = "answer"
    REQUESTED_BY_BORROWER = "requested_by_borrower"


class HangUpReason(StrEnum):
    """Who or what ended a call."""

    SCRIPT_ENDED = "script_ended"
    CALLEE = "callee"
    SILENCE = "silence"
    MACHINE = "machine"
    NO_MEDIA = "no_media"
    LENGTH_CAP = "length_cap"
    COMMAND = "command"
    TRANSFER_DONE = "transfer_done"
    FAULT = "fault"


class MediaMode(StrEnum):
    """How the carrier carries the voice."""

    STREAM = "stream"
    RECORD = "record"
    KEYPAD = "keypad"


class CallState(StrEnum):
    """What drives a call: a media worker or the webhooks (TALKING), nobody (DROPPED, LOST), a transfer, or nothing any more."""

    NEW = "new"
    TALKING = "talking"
    DROPPED = "dropped"
    LOST = "lost"
    TRANSFERRING = "transferring"
    ACCEPTED = "accepted"
    TRANSFER_FAILED = "transfer_failed"
    ENDED = "ended"


class Order(StrEnum):
    """What one of our processes tells the one that carries a call."""

    HAND_OVER = "hand_over"
    HANG_UP = "hang_up"
    LISTEN_IN = "listen_in"
    MACHINE_ANSWERED = "machine_answered"
