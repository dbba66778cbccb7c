"""An import contract that import-linter lacks: these modules import what is listed, and nothing else.

`type = "only"`, with `source_modules` (packages include what is in them), `allowed` (packages too) and, if the contract
is about the imports from one package, `within`. A list of what is forbidden would have to name a whole library.
"""

from typing import override

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


def inside(module: str, packages: list[str]) -> bool:
    """Is `module` one of `packages`, or in one of them?"""
    return any(module == package or module.startswith(package + ".") for package in packages)


class Only(Contract):
    """Direct imports only: what an allowed module imports is the business of that module's own contract."""

    # import-linter puts what it parsed in the place of these fields.
    source_modules: list[str] = fields.ListField(fields.StringField())  # pyright: ignore[reportAssignmentType]
    allowed: list[str] = fields.ListField(fields.StringField())  # pyright: ignore[reportAssignmentType]
    within: str | None = fields.StringField(required=False)  # pyright: ignore[reportAssignmentType]

    @override
    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        importers = sorted(module for module in graph.modules if inside(module, self.source_modules))
        missing = [name for name in self.source_modules if name not in graph.modules]
        strange = [
            f"{importer} imports {imported}"
            for importer in importers
            for imported in sorted(graph.find_modules_directly_imported_by(importer))
            if self._concerns(imported) and not inside(imported, self.allowed)
        ]
        strange += [f"{name} is not there" for name in missing]
        return ContractCheck(kept=not strange, metadata={"strange": strange})

    def _concerns(self, imported: str) -> bool:
        return not self.within or inside(imported, [self.within])

    @override
    def render_broken_contract(self, check: ContractCheck) -> None:
        for line in check.metadata["strange"]:
            output.print_error(f"- {line}")
