// Module SalvageCoverage.
