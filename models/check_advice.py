"""What each check of the gate is called in a report, and what to do when it fails; docs/gate.md says more."""

EXPLAINED = {
    "enough_data": (
        "Enough to learn from",
        "Wait for more visits, or fit several shops together.",
    ),
    "complete": (
        "All parameters are there",
        "Run it again; if it stays so, model and gate differ in version.",
    ),
    "chains": ("Several chains", "Run the fit with at least two chains."),
    "draws": ("Enough draws", "Run the fit with more draws."),
    "finite": (
        "All numbers are finite",
        "Look for a prior so wide that the sampler left the range of numbers.",
    ),
    "ranges": (
        "Values are possible",
        "A parameter has left what tills can use: narrow its prior, or fix it.",
    ),
    "rhat": (
        "The chains agree (R-hat)",
        "Run longer. If it stays, two stories fit the data: narrow a prior.",
    ),
    "ess_bulk": ("Enough independent draws, middle", "Run with more draws."),
    "ess_tail": ("Enough independent draws, tails", "Run with more draws."),
    "divergences": ("No divergences", "Narrow the prior of the parameter whose figure is most lopsided."),
    "energy": ("The sampler reached all of the posterior", "As for divergences; more tuning may help."),
    "likelihood": (
        "Likelihoods belong to the draws",
        "Run it again; parts of two fits, or of a changed one, are mixed.",
    ),
    "labels": (
        "Types mean the same in every chain",
        "Run again. If it stays, tighten the prior of the shares.",
    ),
    "types": ("Types are what the visits say", "Look for a prior of the shares that contradicts the shop."),
    "sensitive": (
        "Sensitive customers are in between",
        "Vary the depths offered: they are far from what customers need.",
    ),
    "acceptance_by_depth": (
        "Acceptance by depth",
        "The shop's curve has another shape: look for campaigns, mixed branches.",
    ),
    "acceptance_by_rung": (
        "Acceptance by number of the offer",
        "The climb has another shape: see whether ladders changed within the log, earlier visits are missing from it, "
        "or delta is fixed wrongly; last, whether rungs are skipped or keyed late at the till.",
    ),
    "acceptance_again": (
        "Acceptance on the next visit",
        "Customers change more, or less, than the fit says: shared cards, a season?",
    ),
    "loo": (
        "Not worse than the release in force",
        "Keep that release; look at what changed in the log since its fit.",
    ),
}
