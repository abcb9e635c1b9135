// The API's values are declared where they are made. These modules have nothing else that is public.
@_exported public import SalvageCoverage
@_exported public import SalvageRecord
@_exported public import SalvageReport
