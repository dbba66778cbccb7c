"""Who may do what: scopes, what each allows, and the roles that hold them.

Every operation asks for one scope; a role is a set of them, and a person has one role. `docs/people.md` shows the
table, and a test holds the two together.
"""

SCOPES = {
    "decide:write": "ask what to offer for a basket",
    "customers:read": "read what is believed of a customer, and why a plan is as it is",
    "customers:write": "tell a customer's tier and birthday",
    "holding:read": "read whether tills stand firm with a customer",
    "privacy:consent": "record that a customer consents or withdraws",
    "privacy:export": "hand out everything that is kept of a customer",
    "privacy:erase": "erase a customer",
    "rules:read": "read discounts and policies",
    "rules:write": "write and retire discounts and policies",
    "priors:read": "read and preview priors",
    "priors:write": "write down a prior",
    "priors:publish": "make a prior what the next fits start from",
    "fits:read": "read fits, their files and releases",
    "fits:ask": "ask for a fit, and cancel one",
    "releases:publish": "publish a fit, and go back to an earlier release",
    "experiments:read": "read experiments and what came of them",
    "experiments:write": "draft, start, ramp and stop experiments",
    "reports:read": "read till time, segments, turnover and where the shop stands",
    "segments:write": "say who answers for a segment",
    "turnover:write": "tell what the till system booked",
    "devices:read": "list tills and how far their records have arrived",
    "devices:enrol": "enrol and revoke tills",
    "firmware:read": "read firmware and how far it has come",
    "firmware:release": "publish firmware and roll it out",
    "audit:read": "read the audit trail",
    "people:manage": "add, change and disable people, end their sessions",
    "trust:write": "weigh down the records of a cashier or a till, and take that back",
}

_ANALYST = (
    "customers:read customers:write holding:read rules:read rules:write priors:read priors:write priors:publish"
    " fits:read fits:ask releases:publish experiments:read experiments:write reports:read segments:write"
    " turnover:write devices:read trust:write"
)
_IT = "turnover:write devices:read devices:enrol firmware:read firmware:release"
_AUDITOR = (
    "audit:read rules:read priors:read fits:read experiments:read reports:read devices:read firmware:read"
)

ROLES = {
    "cashier": frozenset({"decide:write", "privacy:consent"}),
    "analyst": frozenset(_ANALYST.split()),
    "it": frozenset(_IT.split()),
    "auditor": frozenset(_AUDITOR.split()),
    "admin": frozenset(SCOPES),
}

OF_A_STORE = frozenset({"decide:write", "privacy:consent", "reports:read", "turnover:write"})
"""The scopes that can be held to one store. Who belongs to a store has no other: they would reach every store."""


def scopes(role: str, store: str | None = None) -> frozenset[str]:
    """What somebody with this role may do; ``store`` is where they belong, None for all stores."""
    return ROLES[role] if store is None else ROLES[role] & OF_A_STORE


def table() -> str:
    """Roles and scopes as a table of Markdown."""
    lines = [f"| scope | allows to | {' | '.join(ROLES)} |", "|---|---|" + "---|" * len(ROLES)]
    for scope, meaning in SCOPES.items():
        marks = ["yes" if scope in held else "" for held in ROLES.values()]
        lines.append(f"| `{scope}` | {meaning} | {' | '.join(marks)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
