// Module SalvageRecord.
