// Module SalvageReport.
