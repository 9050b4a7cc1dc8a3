"""Everything an account may be asked whether it may do it, and the scope that a limited credential needs for it."""

from enum import StrEnum


class Action(StrEnum):
    """What somebody wants to do. ``policies.cedar`` says who may."""

    SEE_MARKET = "see_market"
    SEE_HOME = "see_home"
    GIVE_MANDATE = "give_mandate"
    PAUSE_TRADING = "pause_trading"
    FILE_PROPOSAL = "file_proposal"
    PLACE_ORDER = "place_order"
    RAISE_DISPUTE = "raise_dispute"
    SEE_DISPUTE = "see_dispute"
    ANSWER_DISPUTE = "answer_dispute"
    RECORD_RULING = "record_ruling"
    SEND_DATA = "send_data"
    REGISTER_DEVICE = "register_device"
    SEE_CASE = "see_case"
    DECIDE_CASE = "decide_case"
    WORK_CASE = "work_case"
    ANSWER_CASE = "answer_case"
    CONSENT_TO_TERMS = "consent_to_terms"
    SEE_OPERATION = "see_operation"
    STOP_MARKET = "stop_market"
    LIMIT_FEEDER = "limit_feeder"
    RESUME_MARKET = "resume_market"
    FILE_DAY = "file_day"
    APPROVE_DAY = "approve_day"
    SEE_RULES = "see_rules"
    DRAFT_RULE = "draft_rule"
    APPROVE_RULE = "approve_rule"
    SEE_BOOKS = "see_books"
    DRAFT_PAYMENT = "draft_payment"
    RELEASE_PAYMENT = "release_payment"
    SEE_ACCOUNTS = "see_accounts"
    INVITE_PERSON = "invite_person"
    LOCK_ACCOUNT = "lock_account"
    CHANGE_ROLE = "change_role"
    CONFIRM_ROLE = "confirm_role"
    SEE_SIGN_IN = "see_sign_in"
    CHANGE_SIGN_IN = "change_sign_in"
    MANAGE_KEYS = "manage_keys"
    ERASE_PERSON = "erase_person"
    MANAGE_WEBHOOKS = "manage_webhooks"
    CONCLUDE_CONTRACT = "conclude_contract"
    SEE_AUDIT = "see_audit"
    REGISTER_METER = "register_meter"
    STOP_KEY = "stop_key"
    REGISTER_PARTY = "register_party"
    SEE_PERSON = "see_person"
    EXPORT_PERSON = "export_person"
    PROVE_IDENTITY = "prove_identity"
    GIVE_CONSENT = "give_consent"
    WITHDRAW_CONSENT = "withdraw_consent"
    KEEP_VAULT = "keep_vault"


_OF_SCOPE: dict[str, tuple[Action, ...]] = {
    "market:read": (Action.SEE_MARKET,),
    "home:read": (Action.SEE_HOME,),
    "home:write": (Action.PAUSE_TRADING, Action.FILE_PROPOSAL, Action.REGISTER_DEVICE),
    "orders:write": (Action.PLACE_ORDER,),
    "mandate:write": (Action.GIVE_MANDATE,),
    "contracts:write": (Action.CONCLUDE_CONTRACT,),
    "data:write": (Action.SEND_DATA,),
    "cases:read": (Action.SEE_CASE, Action.SEE_DISPUTE),
    "cases:decide": (Action.DECIDE_CASE, Action.WORK_CASE, Action.RECORD_RULING),
    "cases:answer": (Action.ANSWER_CASE, Action.ANSWER_DISPUTE, Action.CONSENT_TO_TERMS),
    "operation:read": (Action.SEE_OPERATION,),
    "operation:control": (
        *(Action.STOP_MARKET, Action.LIMIT_FEEDER, Action.RESUME_MARKET),
        *(Action.FILE_DAY, Action.APPROVE_DAY),
    ),
    "rules:read": (Action.SEE_RULES,),
    "rules:write": (Action.DRAFT_RULE, Action.APPROVE_RULE),
    "books:read": (Action.SEE_BOOKS,),
    "payments:write": (Action.DRAFT_PAYMENT, Action.RELEASE_PAYMENT),
    "accounts:read": (Action.SEE_ACCOUNTS,),
    "accounts:write": (
        *(Action.INVITE_PERSON, Action.LOCK_ACCOUNT, Action.CHANGE_ROLE, Action.ERASE_PERSON),
        *(Action.CONFIRM_ROLE, Action.REGISTER_PARTY),
    ),
    "devices:write": (Action.REGISTER_METER, Action.STOP_KEY),
    "person:read": (Action.SEE_PERSON, Action.EXPORT_PERSON),
    "person:write": (Action.RAISE_DISPUTE, Action.PROVE_IDENTITY, Action.GIVE_CONSENT, Action.WITHDRAW_CONSENT),
    "webhooks:write": (Action.MANAGE_WEBHOOKS,),
    "audit:read": (Action.SEE_AUDIT,),
}

ONLY_SIGNED_IN = "only-signed-in"
"""The scope of what no key or token may do, whatever it was given: changing how somebody signs in, or secrets."""

SCOPES = frozenset(_OF_SCOPE)
"""Every scope a key or token can be given."""

SCOPE_OF: dict[Action, str] = dict.fromkeys(Action, ONLY_SIGNED_IN) | {
    action: scope for scope, actions in _OF_SCOPE.items() for action in actions
}
"""The scope that each action takes."""
