"""The schema, a class for each table of its name, by subject. Migrations create it; a test holds the two together.

Times are whole seconds since 1970 UTC, money is minor units, every 64-bit number is a BIGINT.
"""

from pricing_service.tables.audit import Audit, FactsTold, PublishedSnapshots, SnapshotParts
from pricing_service.tables.customers import Beliefs, Consents, Facts, Holding, Usage
from pricing_service.tables.erasure import ErasedBudgets, ErasedCounted, ErasedTakings, Erasures, Tombstones
from pricing_service.tables.firmware import FirmwareFiles, FirmwareImages, FirmwareReleases
from pricing_service.tables.fleet import FirmwareReports, Rollouts, RolloutTills
from pricing_service.tables.learning import Fits, Priors, Releases, Switches
from pricing_service.tables.log import Codes, Devices, Events, Quarantine, Service
from pricing_service.tables.people import Asks, People, Sessions
from pricing_service.tables.selling import Budgets, Discounts, Experiments, Leases, Owners, Policies, Turnover
from pricing_service.tables.trust import Distrust, Sweeps, Watches

__all__ = [
    "Asks",
    "Audit",
    "Beliefs",
    "Budgets",
    "Codes",
    "Consents",
    "Devices",
    "Discounts",
    "Distrust",
    "ErasedBudgets",
    "ErasedCounted",
    "ErasedTakings",
    "Erasures",
    "Events",
    "Experiments",
    "Facts",
    "FactsTold",
    "FirmwareFiles",
    "FirmwareImages",
    "FirmwareReleases",
    "FirmwareReports",
    "Fits",
    "Holding",
    "Leases",
    "Owners",
    "People",
    "Policies",
    "Priors",
    "PublishedSnapshots",
    "Quarantine",
    "Releases",
    "RolloutTills",
    "Rollouts",
    "Service",
    "Sessions",
    "SnapshotParts",
    "Sweeps",
    "Switches",
    "Tombstones",
    "Turnover",
    "Usage",
    "Watches",
]
