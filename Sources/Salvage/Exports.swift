// The API's values are declared where they are made; who imports Salvage sees them all.
@_exported public import SalvageCoverage
@_exported public import SalvageRecord
@_exported public import SalvageReport
